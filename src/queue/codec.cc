#include "queue/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/assert.h"

namespace evershore::queue {
namespace {

constexpr uint8_t kLayout = 1;
constexpr size_t kRegionsMax = 1024;  // of the facts of one site; a guard against nonsense

class Writer {
 public:
  Writer() { byte(kLayout); }
  void byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  // LEB128: seven bits a byte, lowest first.
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<uint8_t>(value | 0x80));
    byte(static_cast<uint8_t>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }
  void raw(std::span<const uint8_t> value) { out_.append(reinterpret_cast<const char*>(value.data()), value.size()); }
  void time(Wall value) { number(static_cast<uint64_t>(value.time_since_epoch().count())); }
  void regions(RegionSet value) { number(value.bits); }
  void hint(const Hint& value) {
    byte(value.source);
    number(value.size_bytes);
    text(value.etag);
    regions(value.absent);
    regions(value.reported);
    regions(value.removed);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// After the first thing that does not fit, everything reads as zero and finish() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {
    if (byte() != kLayout) broken_ = true;
  }
  uint8_t byte() {
    if (rest_.empty()) return fail_once();
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  uint8_t byte_up_to(uint8_t max) {
    const uint8_t value = byte();
    return value <= max ? value : fail_once();
  }
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t next = byte();
      value |= static_cast<uint64_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return value;
    }
    return fail_once();
  }
  std::string text() {
    const uint64_t length = number();
    if (length > rest_.size()) {
      fail_once();
      return {};
    }
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  void raw(std::span<uint8_t> into) {
    for (uint8_t& value : into) value = byte();
  }
  Wall time() { return Wall(std::chrono::microseconds(static_cast<int64_t>(number()))); }
  uint16_t number16() {
    const uint64_t value = number();
    return value <= UINT16_MAX ? static_cast<uint16_t>(value) : fail_once();
  }
  RegionSet regions() { return RegionSet{number16()}; }
  Hint hint() {
    Hint value;
    value.source = byte();
    value.size_bytes = number();
    value.etag = text();
    value.absent = regions();
    value.reported = regions();
    value.removed = regions();
    return value;
  }
  bool broken() const { return broken_; }
  template <class T>
  Result<T> finish(T value, std::string_view what) {
    if (!broken_ && rest_.empty()) return value;
    return fail(Fault::kBroken, fmt::format("state: a {} cannot be read: it is damaged or from a newer version", what));
  }

 private:
  uint8_t fail_once() {
    broken_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace

std::string stored_key(std::string_view site, std::string_view key) {
  EVERSHORE_ASSERT(site.find('\0') == std::string_view::npos);
  std::string stored;
  stored.reserve(site.size() + 1 + key.size());
  stored.append(site).push_back('\0');
  stored.append(key);
  return stored;
}

Result<SiteKey> split_stored_key(std::string_view stored) {
  const auto zero = stored.find('\0');
  if (zero == std::string_view::npos) return fail(Fault::kBroken, "state: a key without a site");
  return SiteKey{stored.substr(0, zero), stored.substr(zero + 1)};
}

std::string encode(const TaskRow& row) {
  Writer out;
  out.number(row.generation);
  out.byte(static_cast<uint8_t>(row.why));
  out.byte(static_cast<uint8_t>(row.lane));
  out.hint(row.hint);
  out.time(row.first_seen);
  out.time(row.last_seen);
  out.number(row.attempts);
  out.time(row.next_try);
  out.regions(row.waiting_for);
  out.text(row.error);
  return out.take();
}

Result<TaskRow> decode_task(ObjectKey key, std::string_view bytes) {
  Reader in(bytes);
  TaskRow row{.key = std::move(key)};
  row.generation = in.number();
  row.why = static_cast<Why>(in.byte_up_to(static_cast<uint8_t>(Why::kRequested)));
  row.lane = static_cast<Lane>(in.byte_up_to(kLanes - 1));
  row.hint = in.hint();
  row.first_seen = in.time();
  row.last_seen = in.time();
  row.attempts = static_cast<uint32_t>(in.number());
  row.next_try = in.time();
  row.waiting_for = in.regions();
  row.error = in.text();
  return in.finish(std::move(row), "queue row");
}

std::string encode(const KeyRow& row) {
  Writer out;
  out.number(row.version.millis);
  out.number(row.version.counter);
  out.number(row.version.node);
  out.byte(row.tombstone ? 1 : 0);
  out.number(row.size_bytes);
  out.text(row.etag);
  out.raw(row.content_id);
  out.number(row.meta_hash);
  out.byte(row.origin);
  out.regions(row.synced);
  out.number(row.seen.size());
  for (const auto& [slot, etag] : row.seen) {
    out.byte(slot);
    out.text(etag);
  }
  return out.take();
}

Result<KeyRow> decode_row(ObjectKey key, std::string_view bytes) {
  Reader in(bytes);
  KeyRow row{.key = std::move(key)};
  row.version.millis = in.number();
  row.version.counter = in.number16();
  row.version.node = in.number16();
  row.tombstone = in.byte_up_to(1) == 1;
  row.size_bytes = in.number();
  row.etag = in.text();
  in.raw(row.content_id);
  row.meta_hash = in.number();
  row.origin = in.byte();
  row.synced = in.regions();
  for (uint64_t left = std::min<uint64_t>(in.number(), kRegionSlotsMax); left > 0 && !in.broken(); --left) {
    const RegionSlot slot = in.byte();
    row.seen.emplace_back(slot, in.text());
  }
  return in.finish(std::move(row), "key row");
}

std::string encode(const SiteFacts& facts) {
  Writer out;
  out.number(facts.regions.size());
  for (const RegionFacts& region : facts.regions) {
    out.text(region.name);
    out.byte(region.slot);
    out.byte(static_cast<uint8_t>((region.retired ? 1 : 0) | (region.needs_full_scan ? 2 : 0) | (region.catching_up ? 4 : 0)));
    out.text(region.marker_id);
    out.time(region.last_scan_started);
    out.time(region.last_scan_ended);
  }
  return out.take();
}

Result<SiteFacts> decode_facts(std::string_view bytes) {
  Reader in(bytes);
  SiteFacts facts;
  for (uint64_t left = std::min<uint64_t>(in.number(), kRegionsMax); left > 0 && !in.broken(); --left) {
    RegionFacts region;
    region.name = in.text();
    region.slot = in.byte();
    const uint8_t flags = in.byte_up_to(7);
    region.retired = (flags & 1) != 0;
    region.needs_full_scan = (flags & 2) != 0;
    region.catching_up = (flags & 4) != 0;
    region.marker_id = in.text();
    region.last_scan_started = in.time();
    region.last_scan_ended = in.time();
    facts.regions.push_back(std::move(region));
  }
  return in.finish(std::move(facts), "site's facts");
}

}  // namespace evershore::queue
