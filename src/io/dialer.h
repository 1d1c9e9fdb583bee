// From a host name to a connected stream: cached look-ups that are renewed, several addresses tried side by side (RFC 8305), TLS.
#pragma once

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

  static constexpr Duration kRefreshPatience = Millis(50);
  static constexpr Duration kAskAgainAfter = Millis(1'000);  // a failure, or when no address could be reached

  struct Options {
    std::shared_ptr<TlsClientContext> tls{};  // for origins without files of their own
    Duration resolve_ttl = std::chrono::seconds(10);
    Resolve resolve{};  // instead of the loop's
  };
  Dialer(Loop& loop, Options options);

  // Look-up, connecting and the TLS handshake together end by `deadline`. `*this` and `under_way` outlive it.
  Task<Result<std::unique_ptr<Stream>>> dial(HttpOrigin origin, Mono deadline, DialUnderWay& under_way);

 private:
  struct Question;
  struct Name;
  struct Names;
  struct Race;
  static Task<void> ask(std::shared_ptr<Names> names, Resolve resolve, std::string host, std::shared_ptr<Question> question);
  // known  due  what is done
  // no     -    ask, and wait for the answer; all who want the same name wait for one question
  // yes    no   use it
  // yes    yes  ask, wait kRefreshPatience from the question on, then use what is known
  // A look-up that fails changes nothing: while DNS is down, the last answer stays in use.
  Task<Result<std::vector<std::string>>> addresses_of(std::string host, Mono deadline);
  Result<std::shared_ptr<TlsClientContext>> tls_for(const HttpOrigin& origin);
  Task<Result<std::unique_ptr<Stream>>> connect_first(HttpOrigin origin, std::vector<std::string> addresses, Mono deadline,
                                                      DialUnderWay& under_way);
  static Task<void> attempt(Race& race, Loop& loop, Endpoint endpoint, Mono deadline, size_t index);
  void prefer(const std::string& host, const std::string& address);
  void doubt(const std::string& host);

  Loop& loop_;
  Options options_;
  TlsClientBook own_tls_;
  std::shared_ptr<Names> names_;  // a look-up under way holds it, too
};

// The first address first, then the families in turn. At most `max`.
std::vector<std::string> interleave_families(std::vector<std::string> addresses, size_t max);

}  // namespace evershore::io
