#include "edge/answer.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "wire/http/range.h"

namespace evershore::edge {

namespace {
constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
}

std::string_view cache_word(CacheWord word) {
  switch (word) {
    case CacheWord::kHit: return "hit";
    case CacheWord::kMiss: return "miss";
    case CacheWord::kStale: return "stale";
    case CacheWord::kRevalidated: return "revalidated";
    case CacheWord::kNone: return "none";
  }
  return "none";
}

void add_provenance(http::Headers& headers, const Provenance& provenance) {
  if (!provenance.expose) return;
  std::string text;
  text.reserve(64);  // once, for nearly all
  text.append("region=").append(provenance.region.empty() ? "none" : provenance.region);
  text.append("; cache=").append(cache_word(provenance.cache));
  text.append("; attempts=").append(std::to_string(provenance.attempts));
  if (provenance.partly_asked) text.append("; unasked=some");
  headers.add("X-Evershore", text);
}

void add_common_fields(http::Headers& headers) {
  headers.set("Accept-Ranges", "bytes");
  if (!headers.has("via")) headers.add("Via", "1.1 evershore");
}

Refusal refuse(uint16_t status, std::string_view text) {
  Refusal refusal;
  refusal.head.status = status;
  refusal.head.headers.add("Content-Type", "text/plain; charset=utf-8");
  refusal.head.headers.add("Cache-Control", "no-store");
  refusal.head.headers.add("Via", "1.1 evershore");
  refusal.body = fmt::format("{} {}\n{}\n", status, http::standard_reason(status), text);
  return refusal;
}

Refusal refuse_method() {
  auto refusal = refuse(405, "This site is read-only.");
  refusal.head.headers.add("Allow", kAllow);
  return refusal;
}

http::ResponseHead allow_options() {
  http::ResponseHead head;
  head.status = 204;
  head.headers.add("Allow", kAllow);
  head.headers.add("Via", "1.1 evershore");
  return head;
}

void set_age(http::Headers& headers, Duration age) {
  const fmt::format_int seconds(std::chrono::duration_cast<std::chrono::seconds>(age).count());
  headers.set("Age", {seconds.data(), seconds.size()});
}

http::ResponseHead not_modified(const http::Headers& of_200) {
  http::ResponseHead head;
  head.status = 304;
  for (const auto& header : of_200) {
    const std::string name = to_lower(header.name);
    const bool about_body = name.starts_with("content-") && name != "content-location";
    if (!about_body) head.headers.add(header.name, header.value);
  }
  return head;
}

std::string multipart_part_head(ByteRange range, uint64_t size_bytes, std::string_view content_type, std::string_view boundary) {
  const auto type = content_type.empty() ? std::string() : fmt::format("Content-Type: {}\r\n", content_type);
  return fmt::format("--{}\r\n{}Content-Range: {}\r\n\r\n", boundary, type, http::format_content_range(range, size_bytes));
}

std::string multipart_end(std::string_view boundary) { return fmt::format("--{}--\r\n", boundary); }

std::string multipart_type(std::string_view boundary) { return fmt::format("multipart/byteranges; boundary={}", boundary); }

Multipart make_multipart(std::span<const uint8_t> object, std::span<const ByteRange> ranges, std::string_view content_type,
                         std::string_view boundary) {
  Multipart multipart;
  multipart.content_type = multipart_type(boundary);
  for (const auto& range : ranges) {
    multipart.body += multipart_part_head(range, object.size(), content_type, boundary);
    multipart.body += as_text(object.subspan(range.first, range.length));
    multipart.body += "\r\n";
  }
  multipart.body += multipart_end(boundary);
  return multipart;
}

std::string multipart_boundary(std::string_view etag, uint64_t size_bytes) {
  const auto digest = sha256(fmt::format("{} {}", etag, size_bytes));
  return "evershore_" + to_hex(std::span(digest).first(12));
}

}  // namespace evershore::edge
