#include "dns/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

constexpr size_t kV4Bits = 32, kV6Bits = 128;
constexpr size_t kPlacesMax = 60'000;

struct Key {
  uint64_t high = 0;
  uint64_t low = 0;
};

uint64_t mask64(size_t bits) { return bits == 0 ? 0 : ~uint64_t{0} << (64 - bits); }

Key masked(Key key, size_t bits) {
  if (bits >= 64) return {key.high, key.low & mask64(std::min<size_t>(bits, kV6Bits) - 64)};
  return {key.high & mask64(bits), 0};
}

uint64_t load64(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | at[i];
  return value;
}

Key key_of(std::span<const uint8_t> address) {
  if (address.size() == 16) return {load64(address.data()), load64(address.data() + 8)};
  uint64_t high = 0;
  for (const uint8_t byte : address) high = high << 8 | byte;
  return {high << 32, 0};
}

size_t common_bits(Key a, Key b) {
  if (a.high != b.high) return static_cast<size_t>(std::countl_zero(a.high ^ b.high));
  return 64 + static_cast<size_t>(std::countl_zero(a.low ^ b.low));
}

bool v4_in_v6(std::span<const uint8_t> address) {
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return address.size() == 16 && std::ranges::equal(address.first(12), kMapped);
}

}  // namespace

Result<Prefix> parse_prefix(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Fault::kInvalid, fmt::format("\"{}\" is not a network such as \"192.0.2.0/24\": {}", text, why));
  };
  const size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  Prefix prefix{.v6 = address.contains(':')};
  const auto bytes = dnswire::rdata_from_text(prefix.v6 ? dnswire::kTypeAaaa : dnswire::kTypeA, address);
  if (!bytes) return wrong("its address is malformed");
  std::ranges::copy(*bytes, prefix.address.begin());
  const size_t longest = prefix.v6 ? kV6Bits : kV4Bits;
  size_t bits = longest;
  if (slash != std::string_view::npos) {
    const auto number = parse_u64(text.substr(slash + 1));
    if (!number || *number > longest) return wrong(fmt::format("its length must be a number from 0 to {}", longest));
    bits = static_cast<size_t>(*number);
  }
  prefix.bits = static_cast<uint8_t>(bits);
  const Key key = key_of(std::span(prefix.address).first(prefix.v6 ? 16 : 4));
  const Key kept = masked(key, bits);
  if (kept.high != key.high || kept.low != key.low) return wrong("there are bits behind its length");
  return prefix;
}

// --- Building ---

class PlaceTable::Builder {
 public:
  explicit Builder(PlaceTable& table) : table_(table) {}

  void fill(std::vector<Entry>& entries, std::span<const Area> areas, bool v6) {
    std::vector<const Area*> sorted;
    for (const Area& area : areas) {
      if (area.prefix.v6 == v6) sorted.push_back(&area);
    }
    // Equal ones in the order given.
    std::ranges::sort(sorted, {}, [](const Area* area) { return std::tuple(area->prefix.address, area->prefix.bits, area); });
    const auto same = std::ranges::unique(sorted, [](const Area* a, const Area* b) { return a->prefix == b->prefix; });
    sorted.erase(same.begin(), same.end());
    entries.reserve(sorted.size());
    for (const Area* area : sorted) entries.push_back(entry_of(entries, *area));
  }

 private:
  Entry entry_of(const std::vector<Entry>& before, const Area& area) {
    const Key key = key_of(std::span(area.prefix.address).first(area.prefix.v6 ? 16 : 4));
    Entry entry{.high = key.high, .low = key.low, .bits = area.prefix.bits};
    // The prefix before it, or one of those around that, is around this one too; or there is none.
    entry.parent = static_cast<uint32_t>(before.size());
    while (entry.parent != 0 && !contains(before[entry.parent - 1], key.high, key.low)) entry.parent = before[entry.parent - 1].parent;
    std::vector<std::string> names = area.names;
    if (entry.parent != 0) {
      for (const auto& name : table_.places_[before[entry.parent - 1].place]) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
      }
    }
    entry.place = intern(std::move(names));
    return entry;
  }

  uint16_t intern(std::vector<std::string> names) {
    const auto known = index_.find(names);
    if (known != index_.end()) return known->second;
    if (table_.places_.size() == kPlacesMax) return 0;
    const auto place = static_cast<uint16_t>(table_.places_.size());
    table_.places_.push_back(names);
    index_.emplace(std::move(names), place);
    return place;
  }

  PlaceTable& table_;
  std::map<std::vector<std::string>, uint16_t> index_{{{}, 0}};
};

std::shared_ptr<const PlaceTable> PlaceTable::build(std::span<const Area> areas) {
  auto table = std::make_shared<PlaceTable>();
  Builder builder(*table);
  builder.fill(table->v4_, areas, false);
  builder.fill(table->v6_, areas, true);
  return table;
}

// --- Finding ---

bool PlaceTable::contains(const Entry& entry, uint64_t high, uint64_t low) {
  const Key kept = masked({high, low}, entry.bits);
  return kept.high == entry.high && kept.low == entry.low;
}

PlaceTable::Found PlaceTable::find_in(const std::vector<Entry>& entries, uint64_t high, uint64_t low, size_t bits) {
  const Key key = masked({high, low}, bits);
  const auto not_after = [&](const Entry& entry) {
    if (entry.high != key.high) return entry.high < key.high;
    return entry.low != key.low ? entry.low < key.low : entry.bits <= bits;
  };
  const auto next = std::ranges::partition_point(entries, not_after);
  // The nearest prefixes on both sides limit how far the answer holds.
  size_t scope = next == entries.end() ? 0 : common_bits(key, {next->high, next->low}) + 1;
  auto at = static_cast<uint32_t>(next - entries.begin());
  while (at != 0 && !contains(entries[at - 1], key.high, key.low)) {
    const Entry& beside = entries[at - 1];
    scope = std::max(scope, common_bits(key, {beside.high, beside.low}) + 1);
    at = beside.parent;
  }
  Found found;
  if (at != 0) {
    found.place = entries[at - 1].place;
    scope = std::max<size_t>(scope, entries[at - 1].bits);
  }
  found.scope_bits = static_cast<uint8_t>(std::min(scope, bits));
  return found;
}

PlaceTable::Found PlaceTable::find(std::span<const uint8_t> address, size_t bits) const {
  if (v4_in_v6(address)) return find(address.subspan(12), bits > 96 ? bits - 96 : 0);
  if (address.size() != 4 && address.size() != 16) return {};
  const Key key = key_of(address);
  const bool v6 = address.size() == 16;
  return find_in(v6 ? v6_ : v4_, key.high, key.low, std::min(bits, v6 ? kV6Bits : kV4Bits));
}

}  // namespace evershore::dns
