#include "replicate/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "replicate/version.h"

namespace evershore::replicate {

namespace {
constexpr std::string_view kStorageClass = "x-amz-storage-class";

// FNV-1a with a length before each text, so that ("ab","c") and ("a","bc") differ.
class TextHash {
 public:
  void add(std::string_view text) {
    add_byte(static_cast<uint8_t>(text.size()));
    add_byte(static_cast<uint8_t>(text.size() >> 8));
    for (const char c : text) add_byte(static_cast<uint8_t>(c));
  }
  uint64_t value() const { return value_ == 0 ? 1 : value_; }

 private:
  void add_byte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  uint64_t value_ = 0xcbf29ce484222325ULL;
};
}  // namespace

ContentId content_id_of(uint64_t size_bytes, const std::string& etag) {
  ContentId id{};
  if (etag.empty()) return id;
  const auto md5_bytes = etag.size() == 32 ? from_hex(etag) : std::nullopt;
  if (md5_bytes) {
    std::ranges::copy(*md5_bytes, id.begin());
    return id;
  }
  const auto digest = sha256(fmt::format("{} {}", size_bytes, etag));
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

namespace {
uint64_t hash_of(const StandardHeaders& headers, const UserMetadata& metadata, TagsTravel tags) {
  TextHash hash;
  for (const auto& [name, value] : headers) {
    if (name == kStorageClass || (name == kTagsHeader && tags == TagsTravel::kNo)) continue;
    hash.add(name);
    hash.add(value);
  }
  hash.add("");
  for (const auto& [name, value] : metadata) {
    if (name.starts_with(kOwnMetadataPrefix)) continue;
    hash.add(name);
    hash.add(value);
  }
  return hash.value();
}
}  // namespace

uint64_t meta_hash_of(const StandardHeaders& headers, const UserMetadata& metadata) { return hash_of(headers, metadata, TagsTravel::kYes); }

uint64_t untagged_hash_of(const StandardHeaders& headers, const UserMetadata& metadata) {
  return hash_of(headers, metadata, TagsTravel::kNo);
}

uint64_t tags_hash_of(const StandardHeaders& headers) {
  const auto at = headers.find(std::string(kTagsHeader));
  if (at == headers.end() || at->second.empty()) return 0;
  TextHash hash;
  hash.add(at->second);
  return hash.value();
}

// A storage class is a price, not part of the object: it follows only where the settings say so.
StandardHeaders headers_to_copy(const StandardHeaders& headers, TagsTravel tags, const std::string& storage_class) {
  StandardHeaders copy = headers;
  if (tags == TagsTravel::kNo) copy.erase(std::string(kTagsHeader));
  if (storage_class == kClassOfSource) return copy;
  copy.erase(std::string(kStorageClass));
  if (!storage_class.empty()) copy.emplace(kStorageClass, storage_class);
  return copy;
}

UserMetadata metadata_to_copy(const UserMetadata& metadata, std::string stamp) {
  UserMetadata copy;
  for (const auto& [name, value] : metadata) {
    if (!name.starts_with(kOwnMetadataPrefix)) copy.emplace(name, value);
  }
  copy.emplace(std::string(kStampName), std::move(stamp));
  return copy;
}

}  // namespace evershore::replicate
