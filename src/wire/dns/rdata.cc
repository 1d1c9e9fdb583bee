#include "wire/dns/rdata.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/dns/message.h"
#include "wire/dns/svcb.h"
#include "wire/dns/text_escape.h"

namespace evershore::dnswire {

namespace {

constexpr size_t kStringBytesMax = 255;

std::unexpected<Error> bad(std::string text) { return fail(Fault::kInvalid, std::move(text)); }

void append16(std::string& out, uint64_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

Result<std::string> address(int family, std::string_view text) {
  std::array<uint8_t, 16> bytes{};
  const std::string ended(text);
  if (text.contains('\0') || inet_pton(family, ended.c_str(), bytes.data()) != 1) {
    return bad(fmt::format("\"{}\" is not an IPv{} address", text, family == AF_INET ? 4 : 6));
  }
  return std::string(as_text(bytes).substr(0, family == AF_INET ? 4 : 16));
}

// `rest` is the text of a TXT value; see the header for the two forms.
Result<std::string> strings(std::string_view rest) {
  std::vector<std::string> parts;
  if (rest.starts_with('"')) {
    TRY(const auto tokens, tokenize(rest));
    for (const auto& token : tokens) parts.push_back(token.text);
    for (const auto& part : parts) {
      if (part.size() > kStringBytesMax) return bad("a string of a TXT record is at most 255 bytes long; write it as several");
    }
  } else {
    std::string whole;
    for (size_t at = 0; at < rest.size();) {
      const auto byte = take_escaped(rest, at);
      if (!byte) return bad("a backslash needs one character or three digits up to 255");
      whole += *byte;
    }
    for (size_t at = 0; at < whole.size(); at += kStringBytesMax) parts.push_back(whole.substr(at, kStringBytesMax));
    if (parts.empty()) parts.emplace_back();
  }
  std::string out;
  for (const auto& part : parts) {
    out += static_cast<char>(part.size());
    out += part;
  }
  return out;
}

Result<uint64_t> number(const Token& token, uint64_t max, std::string_view what) {
  const auto value = parse_u64(token.text);
  if (!value || *value > max) return bad(fmt::format("\"{}\" is not a {} (0 to {})", token.text, what, max));
  return *value;
}

Result<std::string> soa(const std::vector<Token>& t) {
  if (t.size() != 7) return bad("a SOA record is: PRIMARY CONTACT SERIAL REFRESH RETRY EXPIRE MINIMUM");
  TRY(const auto primary, Name::parse(t[0].raw));
  TRY(const auto contact, Name::parse(t[1].raw));
  std::string out = std::string(primary.wire()) + std::string(contact.wire());
  for (size_t i = 2; i < 7; ++i) {
    TRY(const auto value, number(t[i], 0xFFFFFFFF, "32-bit number"));
    append16(out, value >> 16);
    append16(out, value & 0xFFFF);
  }
  return out;
}

Result<std::string> srv(const std::vector<Token>& t) {
  if (t.size() != 4) return bad("a SRV record is: PRIORITY WEIGHT PORT TARGET");
  std::string out;
  for (size_t i = 0; i < 3; ++i) {
    TRY(const auto value, number(t[i], 0xFFFF, "16-bit number"));
    append16(out, value);
  }
  TRY(const auto target, Name::parse(t[3].raw));
  return out + std::string(target.wire());
}

Result<std::string> mx(const std::vector<Token>& t) {
  if (t.size() != 2) return bad("an MX record is: PREFERENCE HOST");
  TRY(const auto preference, number(t[0], 0xFFFF, "preference"));
  TRY(const auto host, Name::parse(t[1].raw));
  std::string out;
  append16(out, preference);
  return out + std::string(host.wire());
}

bool caa_tag(std::string_view tag) {
  const auto alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'); };
  return !tag.empty() && tag.size() <= kStringBytesMax && std::ranges::all_of(tag, alphanumeric);
}

// RFC 8659 4.1
Result<std::string> caa(const std::vector<Token>& t) {
  if (t.size() != 3) return bad("a CAA record is: FLAGS TAG \"VALUE\"");
  TRY(const auto flags, number(t[0], 255, "flags value"));
  if (!caa_tag(t[1].text)) return bad("a CAA tag has 1 to 255 letters and digits");
  std::string out(1, static_cast<char>(flags));
  out += static_cast<char>(t[1].text.size());
  return out + t[1].text + t[2].text;
}

// RFC 3597 5: \# LENGTH HEX...
Result<std::string> generic(uint16_t type, std::string_view rest) {
  TRY(const auto t, tokenize(rest));
  if (t.empty()) return bad("the generic form is: \\# LENGTH HEX");
  TRY(const auto length, number(t[0], kRdataBytesMax, "length"));
  std::string hex;
  for (size_t i = 1; i < t.size(); ++i) hex += t[i].text;
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != length) return bad(fmt::format("\\# announces {} bytes, the hex digits give another length", length));
  std::string out(as_text(*bytes));
  if (!rdata_is_sound(type, out)) return bad(fmt::format("the bytes are not a {} record", type_name(type)));
  return out;
}

Result<std::string> one_name(uint16_t type, const std::vector<Token>& t) {
  if (t.size() != 1) return bad(fmt::format("a {} record is one name", type_name(type)));
  TRY(const auto name, Name::parse(t[0].raw));
  return std::string(name.wire());
}

// Bytes of the uncompressed name at `at`; 0 = none.
size_t name_bytes(std::string_view rdata, size_t at) {
  const auto bytes = as_bytes(rdata);
  size_t end = at;
  while (end < bytes.size() && bytes[end] != 0) {
    if (bytes[end] > kLabelBytesMax) return 0;
    end += 1 + size_t{bytes[end]};
  }
  if (end >= bytes.size() || end + 1 - at > kNameBytesMax) return 0;
  return end + 1 - at;
}

bool strings_are_sound(std::string_view rdata) {
  size_t at = 0;
  while (at < rdata.size()) at += 1 + static_cast<uint8_t>(rdata[at]);
  return at == rdata.size() && !rdata.empty();
}

std::string quoted(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < ' ' || byte >= 0x7F) {
      out += fmt::format("\\{:03}", byte);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

std::string strings_to_text(std::string_view rdata) {
  std::string out;
  for (size_t at = 0; at < rdata.size(); at += 1 + static_cast<uint8_t>(rdata[at])) {
    if (!out.empty()) out += ' ';
    out += quoted(rdata.substr(at + 1, static_cast<uint8_t>(rdata[at])));
  }
  return out;
}

std::string address_to_text(int family, std::string_view rdata) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, rdata.data(), text.data(), text.size());
  return text.data();
}

// Numbers before the names, the names, numbers after them: MX, SRV, SOA and the one-name types.
std::string fields_to_text(uint16_t type, std::string_view rdata) {
  const auto layout = rdata_layout(type);
  const auto bytes = as_bytes(rdata);
  std::string out;
  size_t at = 0;
  for (; at < layout.skip; at += 2) out += fmt::format("{} ", load16(&bytes[at]));
  for (size_t i = 0; i < layout.names; ++i) {
    const size_t size = name_bytes(rdata, at);
    const auto name = Name::from_wire(rdata.substr(at, size));
    out += (i > 0 ? " " : "") + (name ? name->text() : std::string("."));
    at += size;
  }
  for (; at < rdata.size(); at += 4) out += fmt::format(" {}", load32(&bytes[at]));
  return out;
}

}  // namespace

RdataLayout rdata_layout(uint16_t type) {
  switch (type) {
    case kTypeNs:
    case kTypeCname:
    case kTypePtr: return {.skip = 0, .names = 1, .compress = true};
    case kTypeSoa: return {.skip = 0, .names = 2, .compress = true};
    case kTypeMx: return {.skip = 2, .names = 1, .compress = true};
    case kTypeSrv: return {.skip = 6, .names = 1, .compress = false};  // RFC 2782: no compression
    case kTypeDname: return {.skip = 0, .names = 1, .compress = false};
    default: return {};
  }
}

bool rdata_is_sound(uint16_t type, std::string_view rdata) {
  if (rdata.size() > kRdataBytesMax) return false;
  if (type == kTypeA) return rdata.size() == 4;
  if (type == kTypeAaaa) return rdata.size() == 16;
  if (type == kTypeTxt) return strings_are_sound(rdata);
  if (type == kTypeSvcb || type == kTypeHttps) return svcb_is_sound(rdata);
  if (type == kTypeCaa) {
    const size_t tag = rdata.size() < 2 ? 0 : static_cast<uint8_t>(rdata[1]);
    return rdata.size() >= 2 + tag && caa_tag(rdata.substr(rdata.size() < 2 ? 0 : 2, tag));
  }
  const auto layout = rdata_layout(type);
  if (layout.names == 0) return true;
  size_t at = layout.skip;
  for (size_t i = 0; i < layout.names; ++i) {
    const size_t size = at < rdata.size() ? name_bytes(rdata, at) : 0;
    if (size == 0) return false;
    at += size;
  }
  return rdata.size() - at == (type == kTypeSoa ? 20U : 0U);
}

Result<std::string> rdata_from_text(uint16_t type, std::string_view text) {
  text = trim(text);
  if (text == "\\#" || text.starts_with("\\# ") || text.starts_with("\\#\t")) return generic(type, text.substr(2));
  if (type == kTypeA) return address(AF_INET, text);
  if (type == kTypeAaaa) return address(AF_INET6, text);
  if (type == kTypeTxt) return strings(text);
  if (type == kTypeSvcb || type == kTypeHttps) return svcb_from_text(text);
  TRY(const auto tokens, tokenize(text));
  switch (type) {
    case kTypeCname:
    case kTypeNs:
    case kTypeDname:
    case kTypePtr: return one_name(type, tokens);
    case kTypeMx: return mx(tokens);
    case kTypeSoa: return soa(tokens);
    case kTypeSrv: return srv(tokens);
    case kTypeCaa: return caa(tokens);
    default: return bad(fmt::format("{} has no text form here; write it as \\# LENGTH HEX", type_name(type)));
  }
}

std::string rdata_to_text(uint16_t type, std::string_view rdata) {
  if (rdata_is_sound(type, rdata)) {
    if (type == kTypeA) return address_to_text(AF_INET, rdata);
    if (type == kTypeAaaa) return address_to_text(AF_INET6, rdata);
    if (type == kTypeTxt) return strings_to_text(rdata);
    if (type == kTypeSvcb || type == kTypeHttps) return svcb_to_text(rdata);
    if (type == kTypeCaa) {
      const size_t tag = static_cast<uint8_t>(rdata[1]);
      return fmt::format("{} {} {}", static_cast<uint8_t>(rdata[0]), rdata.substr(2, tag), quoted(rdata.substr(2 + tag)));
    }
    if (rdata_layout(type).names > 0) return fields_to_text(type, rdata);
  }
  return fmt::format("\\# {}{}{}", rdata.size(), rdata.empty() ? "" : " ", to_hex(as_bytes(rdata)));
}

Result<Name> rdata_target(uint16_t type, std::string_view rdata) {
  const auto layout = rdata_layout(type);
  if (layout.names == 0 || !rdata_is_sound(type, rdata)) return bad("no name in this record");
  return Name::from_wire(rdata.substr(layout.skip, name_bytes(rdata, layout.skip)));
}

}  // namespace evershore::dnswire
