#include "edge/encoding.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "edge/cors.h"
#include "wire/http/lists.h"

namespace evershore::edge {

namespace {

// In order of preference.
constexpr std::array<Coding, 3> kOurs = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

// CloudFront's list, by its families; event streams must not wait in a compressor.
constexpr std::array<std::string_view, 14> kTypes = {"text/*",  // first: the commonest
                                                     "application/javascript",
                                                     "application/json",
                                                     "application/manifest+json",
                                                     "application/vnd.ms-fontobject",
                                                     "application/wasm",
                                                     "application/x-javascript",
                                                     "application/xml",
                                                     "font/otf",
                                                     "font/ttf",
                                                     "image/bmp",
                                                     "image/svg+xml",
                                                     "image/x-icon",
                                                     "application/x-ndjson"};

bool begins(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && equal_ignoring_case(text.substr(0, with.size()), with);
}
bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && equal_ignoring_case(text.substr(text.size() - with.size()), with);
}

bool type_fits(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with("/*")) return begins(type, pattern.substr(0, pattern.size() - 1));
  return equal_ignoring_case(pattern, type);
}

// RFC 9110 7.7. Asked of every answer, so without making anything.
bool no_transform(const http::Headers& headers) {
  constexpr std::string_view kNoTransform = "no-transform";
  return std::ranges::any_of(headers, [&](const http::Header& header) {
    return header.name.size() == 13 && header.value.size() >= kNoTransform.size() && equal_ignoring_case(header.name, "cache-control") &&
           http::list_contains(header.value, kNoTransform);
  });
}

// "q=0.5" among the parameters of a member, in thousandths; 1000 without; nullopt: cannot be read, so the member does not count.
std::optional<uint32_t> weight_in(std::string_view parameters) {
  for (const auto part : split(parameters, ';')) {
    auto text = trim(part);
    if (text.size() < 2 || ascii_lower(text.front()) != 'q' || text[1] != '=') continue;
    text.remove_prefix(2);
    if (text.empty() || text.size() > 5 || (text.front() != '0' && text.front() != '1')) return std::nullopt;
    std::string digits(text.substr(0, 1));
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    digits.append(text.size() > 2 ? text.substr(2) : "");
    digits.resize(4, '0');
    const auto value = parse_u64(digits);
    if (!value || *value > 1000) return std::nullopt;
    return static_cast<uint32_t>(*value);
  }
  return 1000;
}

}  // namespace

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::kIdentity: return "identity";
    case Coding::kBrotli: return "br";
    case Coding::kZstd: return "zstd";
    case Coding::kGzip: return "gzip";
  }
  return "identity";
}

std::string_view coding_suffix(Coding coding) {
  switch (coding) {
    case Coding::kIdentity: return "";
    case Coding::kBrotli: return ".br";
    case Coding::kZstd: return ".zst";
    case Coding::kGzip: return ".gz";
  }
  return "";
}

std::vector<Coding> accepted_codings(const http::Headers& request) {
  const auto field = request.joined("accept-encoding");
  if (field.empty()) return {};
  std::optional<uint32_t> any;
  std::array<std::optional<uint32_t>, kOurs.size()> said;
  for (const auto member : http::split_list(field)) {
    const auto semicolon = std::min(member.find(';'), member.size());
    const auto name = to_lower(trim(member.substr(0, semicolon)));
    const auto weight = weight_in(member.substr(semicolon));
    if (!weight) continue;
    if (name == "*") any = weight;
    for (size_t i = 0; i < kOurs.size(); ++i)
      if (name == coding_name(kOurs[i]) || (kOurs[i] == Coding::kGzip && name == "x-gzip")) said[i] = weight;
  }
  std::vector<std::pair<uint32_t, Coding>> taken;
  for (size_t i = 0; i < kOurs.size(); ++i)
    if (const auto weight = said[i] ? said[i] : any; weight.value_or(0) > 0) taken.emplace_back(*weight, kOurs[i]);
  std::ranges::sort(taken, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<Coding> codings;
  for (const auto& [weight, coding] : taken) codings.push_back(coding);
  return codings;
}

bool compressible_type(const CompressionSettings& settings, std::string_view content_type) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  if (!settings.types.empty()) return std::ranges::any_of(settings.types, [&](const auto& pattern) { return type_fits(pattern, type); });
  if (equal_ignoring_case(type, "text/event-stream")) return false;
  if (begins(type, "application/") && (ends(type, "+json") || ends(type, "+xml"))) return true;
  return std::ranges::any_of(kTypes, [&](std::string_view pattern) { return type_fits(pattern, type); });
}

bool worth_encoding(const CompressionSettings& settings, const http::ResponseHead& head, std::optional<uint64_t> size_bytes) {
  if (!settings.on || head.status != 200) return false;
  if (size_bytes && (*size_bytes < settings.least_bytes || *size_bytes > settings.most_bytes)) return false;
  if (!compressible_type(settings, head.headers.get("content-type"))) return false;
  return !head.headers.has("content-encoding") && !head.headers.has("content-range") && !no_transform(head.headers);
}

void become_encoded(http::Headers& headers, Coding coding) {
  add_vary(headers, "Accept-Encoding");
  headers.set("Content-Encoding", coding_name(coding));
  headers.remove("accept-ranges");
  headers.remove("content-md5");
  if (const auto etag = headers.find("etag"); etag && !etag->starts_with("W/")) headers.set("ETag", "W/" + std::string(*etag));
}

}  // namespace evershore::edge
