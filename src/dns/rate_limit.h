// Response rate limiting: so that forged questions cannot aim many equal answers at a bystander. One limiter for all
// loops of a node; any thread, without locks. Two threads that count for the same network at the same instant may count one
// for both: the limit is a protection, not an account.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace evershore::dns {

class RateLimiter {
 public:
  // What to do with an answer. Of those over the limit every second goes out empty and with TC, so that a client that was not
  // forged can come back over TCP.
  enum class Verdict : uint8_t { kSend, kTruncate, kDrop };

  // `per_second` equal answers for each client network (IPv4 /24, IPv6 /56), as many at once; 0 = no limit.
  explicit RateLimiter(uint32_t per_second);
  void set_rate(uint32_t per_second);

  // `address`: the client's, 4 or 16 bytes. `answer` tells answers apart: equal ones share the limit. `now_us` never goes back.
  Verdict take(std::span<const uint8_t> address, uint32_t answer, uint64_t now_us);

 private:
  // GCRA: `due_us` is when the network has paid for what it has been sent.
  struct Account {
    std::atomic<uint64_t> owner{0};   // hash of network and answer; the lowest bit counts refusals
    std::atomic<uint64_t> due_us{0};  // in the past: the account is free for anybody
  };
  static constexpr size_t kWays = 4;
  struct alignas(64) Set {
    std::array<Account, kWays> accounts;
  };
  static constexpr size_t kSets = 1 << 14;  // 1 MiB; 65,536 networks and answers at once

  Account& account_for(uint64_t owner);

  std::atomic<uint64_t> cost_us_{0};  // of one answer; 0 = no limit
  std::unique_ptr<Set[]> sets_;
};

}  // namespace evershore::dns
