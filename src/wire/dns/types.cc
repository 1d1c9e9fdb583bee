#include "wire/dns/types.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace evershore::dnswire {

namespace {
struct TypeName {
  uint16_t type;
  std::string_view name;
};
constexpr std::array kTypeNames{
    TypeName{kTypeA, "A"},         TypeName{kTypeNs, "NS"},           TypeName{kTypeCname, "CNAME"},
    TypeName{kTypeSoa, "SOA"},     TypeName{kTypePtr, "PTR"},         TypeName{kTypeMx, "MX"},
    TypeName{kTypeTxt, "TXT"},     TypeName{kTypeAaaa, "AAAA"},       TypeName{kTypeSrv, "SRV"},
    TypeName{kTypeDs, "DS"},       TypeName{kTypeCaa, "CAA"},         TypeName{kTypeDname, "DNAME"},
    TypeName{kTypeRrsig, "RRSIG"}, TypeName{kTypeNsec, "NSEC"},       TypeName{kTypeDnskey, "DNSKEY"},
    TypeName{kTypeCds, "CDS"},     TypeName{kTypeCdnskey, "CDNSKEY"}, TypeName{kTypeSvcb, "SVCB"},
    TypeName{kTypeHttps, "HTTPS"},
};
}  // namespace

std::string_view rcode_name(Rcode rcode) {
  switch (rcode) {
    case Rcode::kNoError: return "NOERROR";
    case Rcode::kFormErr: return "FORMERR";
    case Rcode::kServFail: return "SERVFAIL";
    case Rcode::kNxDomain: return "NXDOMAIN";
    case Rcode::kNotImp: return "NOTIMP";
    case Rcode::kRefused: return "REFUSED";
    case Rcode::kYxDomain: return "YXDOMAIN";
    case Rcode::kNotAuth: return "NOTAUTH";
    case Rcode::kBadVers: return "BADVERS";
    case Rcode::kBadCookie: return "BADCOOKIE";
  }
  return "OTHER";
}

std::optional<uint16_t> parse_type(std::string_view text) {
  for (const auto& known : kTypeNames) {
    if (equal_ignoring_case(known.name, text)) return known.type;
  }
  if (text.size() < 5 || !equal_ignoring_case(text.substr(0, 4), "TYPE")) return std::nullopt;
  const auto number = parse_u64(text.substr(4));
  if (!number || *number == 0 || *number > 0xFFFF) return std::nullopt;
  return static_cast<uint16_t>(*number);
}

std::string type_name(uint16_t type) {
  for (const auto& known : kTypeNames) {
    if (known.type == type) return std::string(known.name);
  }
  return fmt::format("TYPE{}", type);
}

}  // namespace evershore::dnswire
