#include "wire/s3/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "wire/s3/encode.h"

namespace evershore::s3 {

std::string format_amz_date(Wall time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time - day)};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<Wall> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  return parse_iso8601(fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(9, 2),
                                   text.substr(11, 2), text.substr(13, 2)));
}

// Decoding first makes "%7e", "%7E" and "~" the same, as AWS does: it signs the key, not its spelling.
std::string canonical_path(std::string_view wire_path) {
  if (wire_path.empty()) return "/";
  return encode(decode(wire_path, PlusMeans::kPlus), Slash::kKept);
}

std::string canonical_query(std::string_view wire_query, std::string_view without) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto part : split(wire_query, '&')) {
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = decode(part.substr(0, equals), PlusMeans::kSpace);
    if (!without.empty() && name == without) continue;
    const auto value = equals == part.size() ? std::string() : decode(part.substr(equals + 1), PlusMeans::kSpace);
    parameters.emplace_back(encode(name, Slash::kEncoded), encode(value, Slash::kEncoded));
  }
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out.append(name).append(1, '=').append(value);
  }
  return out;
}

namespace {
// Trimmed, runs of spaces made one.
void append_collapsed(std::string& out, std::string_view value) {
  bool space = false;
  for (const char c : trim(value)) {
    if (c == ' ' && space) continue;
    space = c == ' ';
    out += c;
  }
}

void append_header(std::string& out, const http::Headers& headers, std::string_view name) {
  out.append(name).append(1, ':');
  bool first = true;
  for (const auto& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    if (!first) out += ',';
    first = false;
    append_collapsed(out, header.value);
  }
  out += '\n';
}
}  // namespace

std::string canonical_request(const CanonicalInput& input, const http::Headers& headers, std::span<const std::string> signed_names) {
  std::string out;
  out.reserve(512);
  out.append(input.method).append(1, '\n');
  out.append(canonical_path(input.path)).append(1, '\n');
  out.append(canonical_query(input.query, input.query_without)).append(1, '\n');
  for (const auto& name : signed_names) append_header(out, headers, name);
  out.append(1, '\n').append(join_names(signed_names)).append(1, '\n').append(input.payload_hash);
  return out;
}

std::string credential_scope(std::string_view date, std::string_view region, std::string_view service) {
  return fmt::format("{}/{}/{}/aws4_request", date, region, service);
}

std::string string_to_sign(std::string_view amz_date, std::string_view scope, std::string_view canonical) {
  return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, amz_date, scope, to_hex(sha256(canonical)));
}

Sha256 signing_key(std::string_view secret_key, std::string_view date, std::string_view region, std::string_view service) {
  const auto day = hmac_sha256(as_bytes(std::string("AWS4").append(secret_key)), date);
  return hmac_sha256(hmac_sha256(hmac_sha256(day, region), service), "aws4_request");
}

std::string signature_of(const Sha256& key, std::string_view to_sign) { return to_hex(hmac_sha256(key, to_sign)); }

std::string join_names(std::span<const std::string> names) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

}  // namespace evershore::s3
