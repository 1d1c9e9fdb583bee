#include "store/fake_store_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::store {
namespace {

constexpr std::array kHeadersAllowed = {"cache-control",
                                        "content-disposition",
                                        "content-encoding",
                                        "content-language",
                                        "content-type",
                                        "expires",
                                        "x-amz-website-redirect-location",
                                        "x-amz-storage-class",
                                        "x-amz-tagging"};

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool metadata_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

Result<void> check_key(const ObjectKey& key) {
  if (key.empty()) return fail(Fault::kInvalid, "the key is empty");
  if (key.size() > kObjectKeyBytesMax)
    return fail(Fault::kInvalid, fmt::format("the key has {} bytes, at most {} are allowed", key.size(), kObjectKeyBytesMax));
  return {};
}

Result<void> check_headers(const StandardHeaders& headers) {
  for (const auto& [name, value] : headers) {
    if (std::ranges::find(kHeadersAllowed, name) == kHeadersAllowed.end())
      return fail(Fault::kInvalid, fmt::format("the header '{}' is not one that is stored with an object", name));
    if (!printable(value)) return fail(Fault::kInvalid, fmt::format("the header '{}' has unprintable characters", name));
  }
  return {};
}

Result<void> check_metadata(const UserMetadata& metadata) {
  size_t total = 0;
  for (const auto& [name, value] : metadata) {
    if (!metadata_name(name)) return fail(Fault::kInvalid, fmt::format("'{}' is no name for user metadata", name));
    if (!printable(value)) return fail(Fault::kInvalid, fmt::format("the user metadata '{}' has unprintable characters", name));
    total += name.size() + value.size();
  }
  if (total > kUserMetadataBytesMax)
    return fail(Fault::kInvalid, fmt::format("the user metadata has {} bytes, at most {} are allowed", total, kUserMetadataBytesMax));
  return {};
}

std::string etag_of(std::string_view bytes) { return to_hex(md5(bytes)); }

Result<std::string> etag_of_parts(const std::vector<std::string>& part_etags) {
  Hasher hasher(HashKind::kMd5);
  for (const std::string& etag : part_etags) {
    const auto digest = from_hex(etag);
    if (!digest) return fail(Fault::kInvalid, fmt::format("'{}' is no part's etag", etag));
    hasher.update(*digest);
  }
  return fmt::format("{}-{}", to_hex(hasher.finish_as<Md5>()), part_etags.size());
}

}  // namespace evershore::store
