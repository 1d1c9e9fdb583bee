#include "store/s3_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/date.h"
#include "wire/http/range.h"
#include "wire/s3/xml.h"

namespace evershore::store {
namespace {

constexpr std::string_view kMetaPrefix = "x-amz-meta-";
constexpr std::array kObjectHeaders = {std::string_view("cache-control"),
                                       std::string_view("content-disposition"),
                                       std::string_view("content-encoding"),
                                       std::string_view("content-language"),
                                       std::string_view("content-type"),
                                       std::string_view("expires"),
                                       std::string_view("x-amz-website-redirect-location"),
                                       std::string_view("x-amz-storage-class")};

// Ceph keeps checksum headers of uploads as if they were user metadata (reference: they are not part of the object).
bool is_stray(std::string_view name) { return name.starts_with("x-amz-checksum-") || name.starts_with("x-amz-sdk-"); }

struct Partial {
  ByteRange range;
  uint64_t size_bytes = 0;
};

// An unknown total ("*", RFC 9110 14.4) is of no use here.
Result<Partial> partial_of(const http::ResponseHead& head) {
  const std::string_view value = head.headers.get("content-range");
  const auto parsed = http::parse_content_range(value);
  if (parsed && parsed->size_bytes) return Partial{parsed->range, *parsed->size_bytes};
  return fail(Fault::kBroken, fmt::format("206 with the unusable Content-Range \"{}\"", value));
}

}  // namespace

void add_object_headers(const StandardHeaders& headers, const UserMetadata& metadata, http::Headers& into) {
  for (const auto& [name, value] : headers) into.add(name, value);
  for (const auto& [name, value] : metadata) into.add(fmt::format("{}{}", kMetaPrefix, name), value);
}

Result<ObjectInfo> object_info_of(const ObjectKey& key, const http::ResponseHead& head) {
  ObjectInfo info{.key = key};
  if (head.status == 206) {
    TRY(const auto partial, partial_of(head));
    info.size_bytes = partial.size_bytes;
  } else if (head.content_length) {
    info.size_bytes = *head.content_length;
  } else {
    return fail(Fault::kBroken, "an answer without Content-Length");
  }
  for (const http::Header& header : head.headers) {
    const std::string name = to_lower(header.name);
    if (name == "etag") info.etag = strong_etag(header.value);
    if (name == "last-modified") info.last_modified = http::parse_http_date(header.value).value_or(Wall{});
    if (name == "x-amz-mp-parts-count")
      info.part_count = static_cast<uint32_t>(std::min<uint64_t>(parse_u64(header.value).value_or(0), 10'000));
    if (name == "x-amz-tagging-count")
      info.tag_count = static_cast<uint32_t>(std::min<uint64_t>(parse_u64(header.value).value_or(0), 1'000));
    if (std::ranges::find(kObjectHeaders, name) != kObjectHeaders.end()) info.headers[name] = header.value;
    if (name.starts_with(kMetaPrefix) && !is_stray(std::string_view(name).substr(kMetaPrefix.size())))
      info.metadata[name.substr(kMetaPrefix.size())] = header.value;
  }
  return info;
}

Result<ByteRange> range_of(const http::ResponseHead& head) {
  if (head.status != 206) return ByteRange{0, head.content_length.value_or(0)};
  TRY(const auto partial, partial_of(head));
  return partial.range;
}

std::string strong_etag(std::string_view value) {
  if (value.starts_with("W/")) return {};
  return std::string(s3::unquote_etag(value));
}

}  // namespace evershore::store
