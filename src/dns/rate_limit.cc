#include "dns/rate_limit.h"

#include <algorithm>

#include "base/mix.h"

namespace evershore::dns {

namespace {

constexpr uint64_t kBurstUs = 1'000'000;
constexpr size_t kNetworkBytesV4 = 3;
constexpr size_t kNetworkBytesV6 = 7;
constexpr uint64_t kRefusalBit = 1;

uint64_t owner_of(std::span<const uint8_t> address, uint32_t answer) {
  uint64_t network = address.size();
  for (const uint8_t byte : address.first(std::min(address.size(), address.size() == 4 ? kNetworkBytesV4 : kNetworkBytesV6))) {
    network = network << 8 | byte;
  }
  return mixed(network ^ mixed(answer)) & ~kRefusalBit;
}

}  // namespace

RateLimiter::RateLimiter(uint32_t per_second) : sets_(std::make_unique<Set[]>(kSets)) { set_rate(per_second); }

void RateLimiter::set_rate(uint32_t per_second) {
  cost_us_.store(per_second == 0 ? 0 : std::max<uint64_t>(1, kBurstUs / per_second), std::memory_order_relaxed);
}

// The owner's account, or the one that has been paid for longest.
RateLimiter::Account& RateLimiter::account_for(uint64_t owner) {
  auto& accounts = sets_[(owner >> 32) % kSets].accounts;
  Account* oldest = accounts.data();
  for (auto& account : accounts) {
    if ((account.owner.load(std::memory_order_relaxed) & ~kRefusalBit) == owner) return account;
    if (account.due_us.load(std::memory_order_relaxed) < oldest->due_us.load(std::memory_order_relaxed)) oldest = &account;
  }
  oldest->owner.store(owner, std::memory_order_relaxed);
  oldest->due_us.store(0, std::memory_order_relaxed);
  return *oldest;
}

RateLimiter::Verdict RateLimiter::take(std::span<const uint8_t> address, uint32_t answer, uint64_t now_us) {
  const uint64_t cost_us = cost_us_.load(std::memory_order_relaxed);
  if (cost_us == 0) return Verdict::kSend;
  Account& account = account_for(owner_of(address, answer));
  const uint64_t due_us = std::max(account.due_us.load(std::memory_order_relaxed), now_us) + cost_us;
  if (due_us <= now_us + kBurstUs) {
    account.due_us.store(due_us, std::memory_order_relaxed);
    return Verdict::kSend;
  }
  const bool again = (account.owner.fetch_xor(kRefusalBit, std::memory_order_relaxed) & kRefusalBit) != 0;
  return again ? Verdict::kDrop : Verdict::kTruncate;
}

}  // namespace evershore::dns
