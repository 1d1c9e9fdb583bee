#include "wire/http/uri.h"

#include <algorithm>

#include "base/text.h"
#include "wire/http/chars.h"

namespace evershore::http {

namespace {

constexpr CharTable kUnreserved = [] {  // RFC 3986 2.3
  CharTable table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 32)] = true;
  for (const char c : std::string_view("-._~")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

enum class Plus : uint8_t { kPlus, kSpace };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  if (!text.contains('%') && (plus == Plus::kPlus || !text.contains('+'))) return std::string(text);  // most
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i] == '+' && plus == Plus::kSpace ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

std::optional<QueryParameter> parse_parameter(std::string_view member) {
  const auto equals = member.find('=');
  auto name = decode(member.substr(0, equals), Plus::kSpace);
  if (!name) return std::nullopt;
  if (equals == std::string_view::npos) return QueryParameter{std::move(*name), {}, false};
  auto value = decode(member.substr(equals + 1), Plus::kSpace);
  if (!value) return std::nullopt;
  return QueryParameter{std::move(*name), std::move(*value), true};
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view bytes, Slash slash) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (kUnreserved[byte] || (c == '/' && slash == Slash::kKeep)) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
}

std::string percent_encode(std::string_view bytes, Slash slash) {
  std::string out;
  out.reserve(bytes.size());
  append_percent_encoded(out, bytes, slash);
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, Plus::kPlus); }

std::optional<std::vector<QueryParameter>> parse_query(std::string_view query) {
  std::vector<QueryParameter> parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto member = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (member.empty()) continue;
    auto parameter = parse_parameter(member);
    if (!parameter || parameters.size() == kQueryParametersMax) return std::nullopt;
    parameters.push_back(std::move(*parameter));
  }
  return parameters;
}

const QueryParameter* find_parameter(const std::vector<QueryParameter>& query, std::string_view name) {
  const auto found = std::ranges::find(query, name, &QueryParameter::name);
  return found == query.end() ? nullptr : &*found;
}

}  // namespace evershore::http
