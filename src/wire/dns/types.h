// Numbers of RFC 1035 and its followers, with the names people use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evershore::dnswire {

inline constexpr uint16_t kTypeA = 1, kTypeNs = 2, kTypeCname = 5, kTypeSoa = 6, kTypePtr = 12, kTypeMx = 15, kTypeTxt = 16, kTypeAaaa = 28,
                          kTypeSrv = 33, kTypeDname = 39, kTypeOpt = 41, kTypeDs = 43, kTypeRrsig = 46, kTypeNsec = 47, kTypeDnskey = 48,
                          kTypeCds = 59, kTypeCdnskey = 60, kTypeSvcb = 64, kTypeHttps = 65, kTypeTkey = 249, kTypeTsig = 250,
                          kTypeIxfr = 251, kTypeAxfr = 252, kTypeAny = 255, kTypeCaa = 257;
inline constexpr uint16_t kClassIn = 1, kClassChaos = 3;

enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,  // a name became too long by a DNAME (RFC 6672)
  kNotAuth = 9,   // not authoritative for the zone, or not authorised (RFC 2136, RFC 8945)
  kBadVers = 16,  // upper bits travel in the OPT record (RFC 6891)
  kBadCookie = 23,
};
std::string_view rcode_name(Rcode rcode);  // "NOERROR", ...; "OTHER" for the unnamed

// "a", "AAAA", "TYPE65280" (RFC 3597). Query-only types are not among them.
std::optional<uint16_t> parse_type(std::string_view text);
std::string type_name(uint16_t type);

}  // namespace evershore::dnswire
