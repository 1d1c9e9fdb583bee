#include "wire/dns/svcb.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "wire/dns/message.h"
#include "wire/dns/name.h"
#include "wire/dns/text_escape.h"

namespace evershore::dnswire {

namespace {

constexpr uint16_t kMandatory = 0, kAlpn = 1, kNoDefaultAlpn = 2, kPort = 3, kIpv4Hint = 4, kEch = 5, kIpv6Hint = 6, kInvalidKey = 65'535;
constexpr std::array<std::string_view, 7> kKeyNames{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"};
constexpr size_t kAlpnBytesMax = 255;
constexpr size_t kValueBytesMax = 65'535;

using Params = std::map<uint16_t, std::string>;  // in wire form

std::unexpected<Error> bad(std::string text) { return fail(Fault::kInvalid, std::move(text)); }

std::string two_bytes(size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
uint16_t load(std::string_view bytes, size_t at) { return load16(as_bytes(bytes).subspan(at, 2).data()); }

std::string key_name(uint16_t key) { return key < kKeyNames.size() ? std::string(kKeyNames[key]) : fmt::format("key{}", key); }

// RFC 9460 2.1: a name, or "key" and a number without leading zeros.
Result<uint16_t> key_of(std::string_view text) {
  const auto known = std::ranges::find(kKeyNames, text);
  if (known != kKeyNames.end()) return static_cast<uint16_t>(known - kKeyNames.begin());
  if (text.starts_with("key")) {
    const auto digits = text.substr(3);
    const auto number = parse_u64(digits);
    const bool plain = digits.size() == 1 || !digits.starts_with('0');
    if (number && plain && *number < kInvalidKey) return static_cast<uint16_t>(*number);
  }
  return bad(fmt::format("\"{}\" is not a parameter of a service; there are {} and key0 to key65534", text, fmt::join(kKeyNames, ", ")));
}

// --- values, from text (escapes resolved) ---

// RFC 9460 A.1: commas separate; a backslash takes a comma or a backslash along.
Result<std::vector<std::string>> list_of(std::string_view text) {
  std::vector<std::string> items(1);
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ',') {
      items.emplace_back();
      continue;
    }
    if (text[at] == '\\' && ++at == text.size()) return bad("a backslash at the end of a list");
    items.back() += text[at];
  }
  if (std::ranges::any_of(items, [](const std::string& item) { return item.empty(); })) return bad("an empty member in a list");
  return items;
}

Result<std::string> mandatory(std::string_view text) {
  std::vector<uint16_t> keys;
  for (const auto word : split(text, ',')) {
    TRY(const auto key, key_of(word));
    keys.push_back(key);
  }
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) != keys.end()) return bad("mandatory names a key twice");
  std::string out;
  for (const uint16_t key : keys) out += two_bytes(key);
  return out;
}

Result<std::string> alpn(std::string_view text) {
  TRY(const auto items, list_of(text));
  std::string out;
  for (const auto& item : items) {
    if (item.size() > kAlpnBytesMax) return bad("a protocol of alpn has at most 255 bytes");
    out += static_cast<char>(item.size());
    out += item;
  }
  return out;
}

Result<std::string> port(std::string_view text) {
  const auto number = parse_u64(text);
  if (!number || *number > 65'535) return bad(fmt::format("\"{}\" is not a port (0 to 65535)", text));
  return two_bytes(*number);
}

Result<std::string> hints(int family, std::string_view text) {
  std::string out;
  for (const auto word : split(text, ',')) {
    std::array<uint8_t, 16> bytes{};
    if (word.contains('\0') || inet_pton(family, std::string(word).c_str(), bytes.data()) != 1) {
      return bad(fmt::format("\"{}\" is not an IPv{} address", word, family == AF_INET ? 4 : 6));
    }
    out += as_text(bytes).substr(0, family == AF_INET ? 4 : 16);
  }
  return out;
}

Result<std::string> ech(std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes || bytes->empty()) return bad("ech is a list of configurations in base64");
  return std::string(as_text(*bytes));
}

// `word`: how the key was written. keyNNN takes any value as it stands, also for a key that has a name (RFC 9460 2.1).
Result<std::string> value_from_text(uint16_t key, std::string_view word, const std::optional<std::string>& text) {
  if (word.starts_with("key")) return text.value_or("");
  const std::string_view value = text ? std::string_view(*text) : std::string_view();
  if (key == kNoDefaultAlpn && text) return bad("no-default-alpn has no value");
  if (key < kKeyNames.size() && key != kNoDefaultAlpn && value.empty()) return bad(fmt::format("{} needs a value", kKeyNames[key]));
  switch (key) {
    case kMandatory: return mandatory(value);
    case kAlpn: return alpn(value);
    case kPort: return port(value);
    case kIpv4Hint: return hints(AF_INET, value);
    case kEch: return ech(value);
    case kIpv6Hint: return hints(AF_INET6, value);
    default: return std::string();  // no-default-alpn
  }
}

// --- the text ---

bool blank(char c) { return c == ' ' || c == '\t'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
    return at_ == text_.size();
  }
  std::string_view word() {
    const size_t start = at_;
    while (at_ < text_.size() && !blank(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  std::string_view key() {
    const size_t start = at_;
    while (at_ < text_.size() && !blank(text_[at_]) && text_[at_] != '=') ++at_;
    return text_.substr(start, at_ - start);
  }
  // "=value" or "=\"value\"", escapes resolved; nullopt: there is no '='.
  Result<std::optional<std::string>> value() {
    if (at_ == text_.size() || text_[at_] != '=') return std::nullopt;
    ++at_;
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) ++at_;
    std::string out;
    while (at_ < text_.size() && (quoted ? text_[at_] != '"' : !blank(text_[at_]))) {
      if (!quoted && text_[at_] == '"') return bad("a quote inside a value");
      const auto byte = take_escaped(text_, at_);
      if (!byte) return bad("a backslash needs one character or three digits up to 255");
      out += *byte;
    }
    if (!quoted) return out;
    if (at_ == text_.size()) return bad("the closing quote is missing");
    ++at_;
    if (at_ < text_.size() && !blank(text_[at_])) return bad("a value goes on behind its closing quote");
    return out;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// --- soundness (RFC 9460 7, 8) ---

bool alpn_is_sound(std::string_view value) {
  size_t at = 0;
  while (at < value.size() && value[at] != '\0') at += 1 + static_cast<uint8_t>(value[at]);
  return at == value.size() && !value.empty();
}

bool mandatory_is_sound(std::string_view value, const Params& params) {
  if (value.empty() || value.size() % 2 != 0) return false;
  for (size_t at = 0; at < value.size(); at += 2) {
    const uint16_t key = load(value, at);
    if (key == kMandatory || !params.contains(key) || (at > 0 && load(value, at - 2) >= key)) return false;
  }
  return true;
}

bool param_is_sound(uint16_t key, std::string_view value, const Params& params) {
  switch (key) {
    case kMandatory: return mandatory_is_sound(value, params);
    case kAlpn: return alpn_is_sound(value);
    case kNoDefaultAlpn: return value.empty() && params.contains(kAlpn);
    case kPort: return value.size() == 2;
    case kIpv4Hint: return !value.empty() && value.size() % 4 == 0;
    case kEch: return !value.empty();
    case kIpv6Hint: return !value.empty() && value.size() % 16 == 0;
    default: return key != kInvalidKey;
  }
}

struct Parts {
  uint16_t priority = 0;
  std::string_view target;
  Params params;
};

std::optional<Parts> take_apart(std::string_view rdata) {
  if (rdata.size() < 3) return std::nullopt;
  size_t at = 2;
  while (at < rdata.size() && rdata[at] != '\0') {
    if (static_cast<uint8_t>(rdata[at]) > kLabelBytesMax) return std::nullopt;
    at += 1 + static_cast<uint8_t>(rdata[at]);
  }
  if (++at > rdata.size() || at - 2 > kNameBytesMax) return std::nullopt;
  Parts parts{.priority = load(rdata, 0), .target = rdata.substr(2, at - 2), .params = {}};
  for (std::optional<uint16_t> last; at < rdata.size();) {
    if (rdata.size() - at < 4) return std::nullopt;
    const uint16_t key = load(rdata, at);
    const size_t size = load(rdata, at + 2);
    if (rdata.size() - at - 4 < size || (last && key <= *last)) return std::nullopt;
    parts.params.emplace(key, rdata.substr(at + 4, size));
    last = key;
    at += 4 + size;
  }
  return parts;
}

// --- to text ---

// A quoted string; inside a list commas and backslashes are escaped twice over (RFC 9460 A.1).
void put_quoted(std::string& out, std::string_view bytes, bool in_list) {
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < ' ' || byte >= 0x7F) {
      out += fmt::format("\\{:03}", byte);
    } else if (in_list && (c == ',' || c == '\\')) {
      out += c == ',' ? "\\\\," : "\\\\\\\\";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
}

std::string hints_to_text(int family, std::string_view value) {
  const size_t step = family == AF_INET ? 4 : 16;
  std::string out;
  for (size_t at = 0; at < value.size(); at += step) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family, value.data() + at, text.data(), text.size());
    out += fmt::format("{}{}", out.empty() ? "" : ",", text.data());
  }
  return out;
}

std::string alpn_to_text(std::string_view value) {
  std::string out = "\"";
  for (size_t at = 0; at < value.size(); at += 1 + static_cast<uint8_t>(value[at])) {
    if (at > 0) out += ',';
    put_quoted(out, value.substr(at + 1, static_cast<uint8_t>(value[at])), true);
  }
  return out + '"';
}

std::string mandatory_to_text(std::string_view value) {
  std::string out;
  for (size_t at = 0; at < value.size(); at += 2) out += (at > 0 ? "," : "") + key_name(load(value, at));
  return out;
}

std::string value_to_text(uint16_t key, std::string_view value) {
  switch (key) {
    case kMandatory: return mandatory_to_text(value);
    case kAlpn: return alpn_to_text(value);
    case kPort: return fmt::format("{}", load(value, 0));
    case kIpv4Hint: return hints_to_text(AF_INET, value);
    case kEch: return to_base64(as_bytes(value));
    case kIpv6Hint: return hints_to_text(AF_INET6, value);
    default: break;
  }
  std::string out = "\"";
  put_quoted(out, value, false);
  return out + '"';
}

}  // namespace

Result<std::string> svcb_from_text(std::string_view text) {
  Reader reader(text);
  const auto priority = reader.at_end() ? std::optional<uint64_t>() : parse_u64(reader.word());
  if (!priority || *priority > 65'535 || reader.at_end()) return bad("a SVCB or HTTPS record is: PRIORITY TARGET [KEY=VALUE]...");
  TRY(const auto target, Name::parse(reader.word()));
  Params params;
  while (!reader.at_end()) {
    const auto word = reader.key();
    TRY(const auto key, key_of(word));
    TRY(const auto value_text, reader.value());
    TRY(auto value, value_from_text(key, word, value_text));
    if (value.size() > kValueBytesMax) return bad(fmt::format("the value of {} is too long", key_name(key)));
    if (!params.emplace(key, std::move(value)).second) return bad(fmt::format("{} is there twice", key_name(key)));
  }
  std::string out = two_bytes(*priority) + std::string(target.wire());
  for (const auto& [key, value] : params) {
    if (!param_is_sound(key, value, params)) {
      if (key == kMandatory) return bad("mandatory may only name keys that are there, and not itself");
      return bad(key == kNoDefaultAlpn ? "no-default-alpn needs an alpn" : fmt::format("{} has a bad value", key_name(key)));
    }
    out += two_bytes(key) + two_bytes(value.size()) + value;
  }
  return out;
}

std::string svcb_to_text(std::string_view rdata) {
  const auto parts = take_apart(rdata);
  if (!parts) return {};
  const auto target = Name::from_wire(parts->target);
  std::string out = fmt::format("{} {}", parts->priority, target ? target->text() : ".");
  for (const auto& [key, value] : parts->params) {
    out += " " + key_name(key);
    if (!value.empty()) out += "=" + value_to_text(key, value);
  }
  return out;
}

bool svcb_is_sound(std::string_view rdata) {
  const auto parts = take_apart(rdata);
  return parts && Name::from_wire(parts->target) &&
         std::ranges::all_of(parts->params, [&](const auto& param) { return param_is_sound(param.first, param.second, parts->params); });
}

}  // namespace evershore::dnswire
