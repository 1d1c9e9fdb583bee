#include "replicate/version.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::replicate {

namespace {
constexpr uint64_t kMillisMax = (1ULL << 48) - 1;
constexpr size_t kVersionDigits = 20;
constexpr size_t kSealDigits = 16;
constexpr size_t kTagsDigits = 16;

uint64_t millis_of(Wall time) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return millis < 0 ? 0 : std::min(static_cast<uint64_t>(millis), kMillisMax);
}

// `rest` = the etag, behind the hash of the tags if there are any.
std::string seal(char layout, std::string_view version_text, std::string_view rest, const ObjectKey& key, uint64_t size_bytes) {
  const auto digest = sha256(fmt::format("evershore stamp {}\n{}\n{}\n{}\n{}", layout, version_text, size_bytes, rest, key));
  return to_hex(std::span(digest).first(kSealDigits / 2));
}
}  // namespace

Version HybridClock::tick(Wall now) {
  const uint64_t millis = millis_of(now);
  if (millis > last_.millis) {
    last_ = Version{millis, 0, node_};
  } else {
    last_ = next_after(last_);
    last_.node = node_;
  }
  return last_;
}

void HybridClock::receive(Version seen) { last_ = std::max(last_, seen); }

Version next_after(Version version) {
  if (version.counter < UINT16_MAX) return Version{version.millis, static_cast<uint16_t>(version.counter + 1), 0};
  return Version{std::min(version.millis + 1, kMillisMax), 0, 0};
}

Version version_of_time(Wall time) { return Version{millis_of(time), 0, 0}; }

std::string format_version(Version version) { return fmt::format("{:012x}{:04x}{:04x}", version.millis, version.counter, version.node); }

std::optional<Version> parse_version(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != kVersionDigits || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return Version{*parse_hex_u64(text.substr(0, 12)), static_cast<uint16_t>(*parse_hex_u64(text.substr(12, 4))),
                 static_cast<uint16_t>(*parse_hex_u64(text.substr(16, 4)))};
}

// "1-VERSION-SEAL-ETAG", with tags "2-VERSION-SEAL-TAGS-ETAG"; an ETag may hold dashes, so it comes last.
std::string encode_stamp(const Stamp& stamp, const ObjectKey& key, uint64_t size_bytes) {
  const auto version = format_version(stamp.version);
  const bool tagged = stamp.tags_hash != 0;
  const auto rest = tagged ? fmt::format("{:016x}-{}", stamp.tags_hash, stamp.source_etag) : stamp.source_etag;
  const char layout = tagged ? '2' : '1';
  return fmt::format("{}-{}-{}-{}", layout, version, seal(layout, version, rest, key, size_bytes), rest);
}

std::optional<Stamp> decode_stamp(std::string_view text, const ObjectKey& key, uint64_t size_bytes) {
  constexpr size_t kHead = 2 + kVersionDigits + 1 + kSealDigits + 1;
  const bool tagged = text.starts_with("2-");
  if (text.size() < kHead || text.size() > kStampBytesMax || (!tagged && !text.starts_with("1-"))) return std::nullopt;
  const auto version_text = text.substr(2, kVersionDigits);
  const auto version = parse_version(version_text);
  const auto seal_text = text.substr(2 + kVersionDigits + 1, kSealDigits);
  const auto rest = text.substr(kHead);
  if (!version || text[2 + kVersionDigits] != '-' || text[kHead - 1] != '-') return std::nullopt;
  if (seal_text != seal(text.front(), version_text, rest, key, size_bytes)) return std::nullopt;
  if (!tagged) return Stamp{*version, std::string(rest)};
  const auto tags = rest.size() > kTagsDigits && rest[kTagsDigits] == '-' ? parse_hex_u64(rest.substr(0, kTagsDigits)) : std::nullopt;
  if (!tags || *tags == 0 || fmt::format("{:016x}", *tags) != rest.substr(0, kTagsDigits)) return std::nullopt;
  return Stamp{*version, std::string(rest.substr(kTagsDigits + 1)), *tags};
}

std::optional<Stamp> stamp_of(const ObjectInfo& info) {
  const auto at = info.metadata.find(std::string(kStampName));
  return at == info.metadata.end() ? std::nullopt : decode_stamp(at->second, info.key, info.size_bytes);
}

}  // namespace evershore::replicate
