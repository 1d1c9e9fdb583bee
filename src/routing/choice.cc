#include "routing/choice.h"

#include <algorithm>
#include <cmath>

#include "base/mix.h"
#include "base/text.h"

namespace evershore::routing {

uint64_t key_hash(std::string_view key) {
  // FNV-1a, then scattered: its upper bits alone are too regular for short keys.
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : key) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return mixed(hash);
}

Permille place_of(uint64_t key_hash) {
  constexpr uint64_t kRampSalt = 0x9E3779B97F4A7C15ULL;  // apart from the draw by weight: 1 % is 1 % of each region's keys
  return static_cast<Permille>(mixed(key_hash ^ kRampSalt) % kAllKeys);
}

namespace {

// Weighted rendezvous (Schindelhauer, Schomaker 2005): each region draws a number for the key, the largest wins. -weight/ln(u) makes
// the chances as the weights are, whoever else takes part.
double draw(uint64_t key_hash, const std::string& region, uint32_t weight) {
  if (weight == 0) return 0;
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  const uint64_t bits = mixed(key_hash ^ routing::key_hash(region)) >> 11;
  const double u = (static_cast<double>(bits) + 0.5) / kSteps;  // in (0, 1)
  return -static_cast<double>(weight) / std::log(u);
}

uint32_t weight_of(const SiteSettings& site, const std::string& region) {
  const auto at = site.reads.weights.find(region);
  return at == site.reads.weights.end() ? 0 : at->second;
}

using Choices = std::span<RegionChoice>;

// By insertion: stable, and there are few.
template <class Key>
void sort_by(Choices list, Key key) {
  for (auto at = list.begin(); at != list.end(); ++at)
    std::rotate(std::upper_bound(list.begin(), at, *at, [&](const auto& a, const auto& b) { return key(a) < key(b); }), at, at + 1);
}

void by_weight(const SiteSettings& site, Choices usable, uint64_t key_hash) {
  sort_by(usable, [&](const RegionChoice& choice) { return -draw(key_hash, choice.region, weight_of(site, choice.region)); });
}

void by_nearness(Choices usable, const std::vector<std::string>& nearest) {
  sort_by(usable, [&](const RegionChoice& choice) { return std::ranges::find(nearest, choice.region) - nearest.begin(); });
}

}  // namespace

std::vector<RegionChoice> order_for_key(const SiteSettings& site, std::vector<RegionChoice> order, uint64_t key_hash,
                                        const RegionPreference& preference) {
  const auto end = std::ranges::find_if(order, [](const RegionChoice& choice) { return choice.standing != Standing::kUsable; });
  const Choices usable(order.begin(), end);
  if (usable.size() < 2) return order;
  const bool pinned = usable.front().why == Why::kPinned;
  const Choices free = pinned ? usable.subspan(1) : usable;
  const auto nearest = preference.nearest.find(site.name);
  if (site.reads.choice == ChoiceMode::kWeights) by_weight(site, free, key_hash);
  if (site.reads.choice == ChoiceMode::kNearest && nearest != preference.nearest.end()) by_nearness(free, nearest->second);
  if (preference.shares.empty()) return order;
  sort_by(usable, [&](const RegionChoice& choice) {
    const auto share = preference.shares.find({site.name, choice.region});
    return share != preference.shares.end() && place_of(key_hash) >= share->second;
  });
  return order;
}

std::optional<Permille> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto point = text.find('.');
  const auto whole = parse_u64(text.substr(0, point));
  const auto tenths = point == std::string_view::npos ? std::optional<uint64_t>(0) : parse_u64(text.substr(point + 1));
  const bool one_digit = point == std::string_view::npos || text.size() - point == 2;
  if (!whole || !tenths || !one_digit || *whole > 100) return std::nullopt;
  const uint64_t permille = *whole * 10 + *tenths;
  if (permille == 0 || permille > kAllKeys) return std::nullopt;
  return static_cast<Permille>(permille);
}

}  // namespace evershore::routing
