// From a host name to a connected stream: cached look-ups, several addresses tried side by side (RFC 8305), TLS.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/http_client.h"

namespace evershore::io {

// What a dial waits for at the moment, so that it can be given up. Outlives the dial.
class DialUnderWay {
 public:
  void close();  // the dial ends with kClosed, soon

 private:
  friend class Dialer;
  std::vector<Stream*> streams_;  // null where nothing is waited for
  bool closed_ = false;
};

class Dialer {
 public:
  static constexpr size_t kAddressesTriedMax = 4;
  static constexpr size_t kNamesMax = 1'024;
  static constexpr Duration kNextAddressAfter = Millis(250);  // RFC 8305 5: the delay between two attempts

  Dialer(Loop& loop, std::shared_ptr<TlsClientContext> tls, Duration resolve_ttl)
      : loop_(loop), tls_(std::move(tls)), resolve_ttl_(resolve_ttl) {}

  // Look-up, connecting and the TLS handshake together end by `deadline`. `*this` and `under_way` outlive it.
  Task<Result<std::unique_ptr<Stream>>> dial(HttpOrigin origin, Mono deadline, DialUnderWay& under_way);

 private:
  struct Name {
    std::vector<std::string> addresses;  // in the order to try them
    Mono at = {};
  };
  struct Race;
  Task<Result<std::vector<std::string>>> addresses_of(std::string host, Mono deadline);
  Task<Result<std::unique_ptr<Stream>>> connect_first(HttpOrigin origin, std::vector<std::string> addresses, Mono deadline,
                                                      DialUnderWay& under_way);
  static Task<void> attempt(Race& race, Loop& loop, Endpoint endpoint, Mono deadline, size_t index);
  void prefer(const std::string& host, const std::string& address);

  Loop& loop_;
  std::shared_ptr<TlsClientContext> tls_;
  Duration resolve_ttl_;
  std::map<std::string, Name> names_;
};

// The first address first, then the families in turn. At most `max`.
std::vector<std::string> interleave_families(std::vector<std::string> addresses, size_t max);

}  // namespace evershore::io
