#include "acme/renewal.h"

#include <algorithm>

#include "base/digest.h"

namespace evershore::acme {

namespace {

constexpr Duration kFirstRetry = std::chrono::minutes(1), kLongestRetry = std::chrono::hours(6);
constexpr uint32_t kDoublingsMax = 9;
constexpr double kLeftAtRenewal = 3, kJitterPart = 20, kLeftAtAlarm = 6;

// 0 to 1, the same for the same host and node.
double share_of(std::string_view host, std::string_view node) {
  const auto digest = sha256(std::string(host) + '\0' + std::string(node));
  return static_cast<double>(digest[0] << 8 | digest[1]) / 65'536;
}

Wall plus(Wall at, Duration span) { return at + std::chrono::duration_cast<Wall::duration>(span); }
Duration part(Duration whole, double share) { return Duration(static_cast<int64_t>(static_cast<double>(whole.count()) * share)); }

}  // namespace

Wall renewal_due(Wall not_before, Wall not_after, std::string_view host, std::string_view node) {
  const Duration lifetime = not_after - not_before;
  return plus(not_after, -part(lifetime, 1 / kLeftAtRenewal + share_of(host, node) / kJitterPart));
}

Wall retry_due(const CertificateState& state, std::string_view host, std::string_view node) {
  if (state.failures == 0) return Wall{};
  const Duration span = std::min(kFirstRetry * (1U << std::min(state.failures - 1, kDoublingsMax)), kLongestRetry);
  const auto jittered = span + part(span, share_of(host, node) / 4);
  return plus(state.failed_at, std::max(jittered, state.retry_after.value_or(Duration::zero())));
}

Wall order_due(const CertificateState& state, std::string_view host, std::string_view node) {
  const auto retry = retry_due(state, host, node);
  if (!state.not_before || !state.not_after) return retry;
  return std::max(renewal_due(*state.not_before, *state.not_after, host, node), retry);
}

Expiry expiry_of(const CertificateState& state, Wall now) {
  if (!state.not_before || !state.not_after || now >= *state.not_after) return Expiry::kOver;
  const Duration lifetime = *state.not_after - *state.not_before;
  return *state.not_after - now < part(lifetime, 1 / kLeftAtAlarm) ? Expiry::kSoon : Expiry::kFine;
}

}  // namespace evershore::acme
