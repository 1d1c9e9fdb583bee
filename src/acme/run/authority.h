// Drives one Ordering against a real authority: signs, sends, waits. Control loop's own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/documents.h"
#include "acme/key.h"
#include "acme/ordering.h"
#include "base/sync.h"
#include "io/http_client.h"

namespace evershore::acme {

struct Binding {
  std::string key_id;  // "" = none
  std::string hmac_key;
};

struct OrderInput {
  Wish wish;
  Known known;
  const Key& account;
  std::string email;
  Binding binding;
  std::function<Result<void>(const Known&)> keep;                        // before each request
  std::function<Task<Result<void>>(std::vector<Proof> proofs)> publish;  // until the authority can see them
};

class Authority {
 public:
  // All outlive it.
  Authority(io::Loop& loop, io::HttpClient& client) : loop_(loop), stopping_(loop), client_(client) {}

  struct Failure {
    std::string why;
    std::optional<Duration> not_before{};
    bool order_stands = false;
  };
  // The chain in PEM form. Takes at most kOrderSpanMax. One at a time.
  Task<std::expected<std::string, Failure>> order(OrderInput input);
  // Ends a running order() soon.
  void stop();
  bool stopped() const { return stopped_; }
  // Waits, but not beyond stop().
  Task<void> pause(Duration span);

 private:
  Task<Event> carry_out(const OrderInput& input, Action action);
  Task<Event> send(const OrderInput& input, Send action);
  Task<Event> send_request(std::string url, io::HttpRequest request);

  io::Loop& loop_;
  Signal stopping_;
  io::HttpClient& client_;
  std::unique_ptr<io::HttpCancel> cancel_;
  bool stopped_ = false;
};

inline constexpr Duration kOrderSpanMax = std::chrono::minutes(10);

}  // namespace evershore::acme
