#include "io/geo_database.h"

#include <fmt/format.h>
#include <maxminddb.h>

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/assert.h"

namespace evershore::io {

namespace {

constexpr size_t kV4Bits = 32, kV6Bits = 128, kV4InV6 = 96;

// An opened file.
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    if (open_) MMDB_close(&database_);
  }

  Result<void> open(const std::string& path) {
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database_);
    open_ = status == MMDB_SUCCESS;
    if (open_) return {};
    return fail(status == MMDB_FILE_OPEN_ERROR ? Fault::kNotFound : Fault::kInvalid,
                fmt::format("cannot read {}: {}", path, MMDB_strerror(status)));
  }

  const MMDB_s& get() const { return database_; }

 private:
  MMDB_s database_{};
  bool open_ = false;
};

std::string text_at(MMDB_entry_s entry, const char* group, const char* key) {
  MMDB_entry_data_s data{};
  const char* path[] = {group, key, nullptr};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
  constexpr size_t kCodeBytesMax = 8;
  return {data.utf8_string, std::min<size_t>(data.data_size, kCodeBytesMax)};
}

// Walks the tree of prefixes, the left half of each before the right one.
class Walk {
 public:
  explicit Walk(const MMDB_s& database)
      : database_(database),
        bits_max_(database.metadata.ip_version == 6 ? kV6Bits : kV4Bits),
        visits_left_(2 * size_t{database.metadata.node_count} + 2) {}

  Result<std::vector<GeoNetwork>> networks() {
    find_v4_start();
    pending_.push_back({});
    while (!pending_.empty()) {
      const Place at = pending_.back();
      pending_.pop_back();
      TRY_VOID(visit(at));
    }
    return std::move(networks_);
  }

 private:
  struct Place {
    uint32_t node = 0;
    uint8_t bits = 0;
    std::array<uint8_t, 16> address{};
  };

  // Each node is met once in a sound file: other ways to the v4 part are passed over.
  Result<void> visit(const Place& at) {
    MMDB_search_node_s node{};
    if (visits_left_-- == 0 || at.bits >= bits_max_ || MMDB_read_node(&database_, at.node, &node) != MMDB_SUCCESS) return malformed();
    Place right = at;
    right.address[at.bits / 8] |= static_cast<uint8_t>(0x80 >> (at.bits % 8));
    TRY_VOID(take(right, node.right_record_type, node.right_record, node.right_record_entry));
    return take(at, node.left_record_type, node.left_record, node.left_record_entry);
  }

  Result<void> take(Place half, uint8_t type, uint64_t record, MMDB_entry_s entry) {
    ++half.bits;
    if (type == MMDB_RECORD_TYPE_EMPTY) return {};
    if (type == MMDB_RECORD_TYPE_DATA) return add(half, entry);
    if (type != MMDB_RECORD_TYPE_SEARCH_NODE) return malformed();
    half.node = static_cast<uint32_t>(record);
    if (is_alias_of_v4(half)) return {};
    pending_.push_back(half);
    return {};
  }

  // ::/96, where the v4 networks are. Other v6 notations of v4 addresses lead there too.
  void find_v4_start() {
    if (bits_max_ != kV6Bits) return;
    uint32_t at = 0;
    for (size_t i = 0; i < kV4InV6; ++i) {
      MMDB_search_node_s node{};
      const bool goes_on = MMDB_read_node(&database_, at, &node) == MMDB_SUCCESS && node.left_record_type == MMDB_RECORD_TYPE_SEARCH_NODE;
      if (!goes_on) return;
      at = static_cast<uint32_t>(node.left_record);
    }
    v4_start_ = at;
  }

  bool is_alias_of_v4(const Place& at) const {
    if (at.node != v4_start_) return false;
    const bool zeros = std::ranges::all_of(at.address, [](uint8_t byte) { return byte == 0; });
    return !zeros || at.bits != kV4InV6;
  }

  Result<void> add(const Place& at, MMDB_entry_s entry) {
    const auto [known, fresh] = told_.try_emplace(entry.offset);
    if (fresh) {
      known->second = {text_at(entry, "country", "iso_code"), text_at(entry, "continent", "code")};
      if (known->second.first.empty()) known->second.first = text_at(entry, "registered_country", "iso_code");
    }
    if (known->second.first.empty() && known->second.second.empty()) return {};
    if (networks_.size() == kGeoNetworksMax) return fail(Fault::kInvalid, fmt::format("more than {} networks", kGeoNetworksMax));
    GeoNetwork network{
        .address = at.address, .bits = at.bits, .v6 = true, .country = known->second.first, .continent = known->second.second};
    const auto high = std::span(at.address).first(kV4InV6 / 8);
    if (bits_max_ == kV4Bits) {
      network.v6 = false;
    } else if (at.bits >= kV4InV6 && std::ranges::all_of(high, [](uint8_t byte) { return byte == 0; })) {
      network.v6 = false;
      network.bits = static_cast<uint8_t>(at.bits - kV4InV6);
      network.address = {};
      std::ranges::copy(std::span(at.address).last(4), network.address.begin());
    }
    networks_.push_back(std::move(network));
    return {};
  }

  static std::unexpected<Error> malformed() { return fail(Fault::kInvalid, "its search tree is malformed"); }

  const MMDB_s& database_;
  const size_t bits_max_;
  size_t visits_left_;
  std::optional<uint32_t> v4_start_;
  std::vector<Place> pending_;
  std::unordered_map<uint32_t, std::pair<std::string, std::string>> told_;  // by place in the file: country and continent
  std::vector<GeoNetwork> networks_;
};

}  // namespace

Result<std::vector<GeoNetwork>> read_geo_database(const std::string& path) {
  Database database;
  TRY_VOID(database.open(path));
  auto networks = Walk(database.get()).networks();
  if (!networks) return wrap(std::move(networks).error(), path);
  return networks;
}

}  // namespace evershore::io
