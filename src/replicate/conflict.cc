#include "replicate/conflict.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "replicate/version.h"

namespace evershore::replicate {

namespace {
constexpr size_t kNameBytesMax = 800;  // prefix, version, mark and a region's name (64) fit into 1,024 with it
constexpr size_t kVersionDigits = 20, kMarkDigits = 8;
constexpr char kHashed = '~';  // in front of the hash of a key that is too long
}  // namespace

std::string conflict_mark(uint64_t size_bytes, const std::string& etag) {
  const auto digest = sha256(fmt::format("{} {}", size_bytes, etag));
  return to_hex(std::span(digest).first(kMarkDigits / 2));
}

// A key that begins like a hashed one is hashed, too, so that no two names are alike.
bool fits_conflict_name(const ObjectKey& key) { return key.size() <= kNameBytesMax && !key.starts_with(kHashed); }

ObjectKey conflict_key(const ConflictId& id) {
  const auto name = fits_conflict_name(id.key) ? id.key : kHashed + to_hex(sha256(id.key));
  return fmt::format("{}{}@{}-{}.{}", kConflictPrefix, name, format_version(id.version), id.mark, id.region);
}

std::optional<ConflictId> parse_conflict_key(const ObjectKey& key) {
  if (!key.starts_with(kConflictPrefix)) return std::nullopt;
  const std::string_view text = std::string_view(key).substr(kConflictPrefix.size());
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const auto rest = text.substr(at + 1);
  constexpr size_t kHead = kVersionDigits + 1 + kMarkDigits + 1;
  if (rest.size() <= kHead || rest[kVersionDigits] != '-' || rest[kHead - 1] != '.') return std::nullopt;
  const auto version = parse_version(rest.substr(0, kVersionDigits));
  if (!version) return std::nullopt;
  ConflictId id{.key = std::string(text.substr(0, at)),
                .version = *version,
                .region = std::string(rest.substr(kHead)),
                .mark = std::string(rest.substr(kVersionDigits + 1, kMarkDigits))};
  if (id.key.starts_with(kHashed)) id.key.clear();
  return id;
}

}  // namespace evershore::replicate
