// The query side of RFC 1035 messages: what a server must understand of a packet before it can answer. Nothing here
// allocates; views point into the packet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/dns/cookie.h"
#include "wire/dns/types.h"

namespace evershore::dnswire {

inline constexpr size_t kHeaderBytes = 12;
inline constexpr size_t kMessageBytesMax = 65'535;
inline constexpr size_t kUdpBytesWithoutEdns = 512;
inline constexpr size_t kOptBytes = 11;

// Bits of the header's second 16-bit word.
inline constexpr uint16_t kFlagQr = 0x8000, kFlagAa = 0x0400, kFlagTc = 0x0200, kFlagRd = 0x0100, kFlagRa = 0x0080, kFlagAd = 0x0020,
                          kFlagCd = 0x0010, kOpcodeMask = 0x7800;

inline uint16_t load16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline void store16(uint8_t* at, size_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline uint32_t load32(const uint8_t* at) { return static_cast<uint32_t>(load16(at)) << 16 | load16(at + 2); }
inline void store32(uint8_t* at, uint32_t value) {
  store16(at, value >> 16);
  store16(at + 2, value & 0xFFFF);
}

// RFC 7871: the part of its client's address that a resolver tells.
struct ClientSubnet {
  bool present = false;
  bool sound = true;  // false: it breaks the RFC's rules; whoever heeds the option answers FORMERR (7.1.2)
  bool v6 = false;
  uint8_t source_bits = 0;
  uint8_t scope_bits = 0;
  std::array<uint8_t, 16> address{};  // v4: the first four; 0 behind source_bits
  std::span<const uint8_t> bytes() const { return std::span(address).first(v6 ? 16 : 4); }
  size_t address_bytes() const { return (size_t{source_bits} + 7) / 8; }  // in the option
};

// RFC 6891, RFC 5001.
struct Edns {
  bool present = false;
  uint8_t version = 0;
  uint16_t payload_bytes = 0;  // as sent; below 512 reads as 512
  bool dnssec_ok = false;
  bool wants_nsid = false;
  bool wants_padding = false;                // RFC 7830
  bool wants_keepalive = false;              // RFC 7828
  std::span<const uint8_t> client_cookie{};  // RFC 7873: 8 bytes, or empty; into the packet
  std::span<const uint8_t> server_cookie{};  // 8 to 32 bytes, or empty
  ClientSubnet client_subnet;
};

enum class Verdict : uint8_t {
  kDrop,     // too short for a header, or itself an answer: silence (RFC 1035 7.3, and never answer an answer)
  kNotImp,   // an opcode other than QUERY; nothing after the header was read
  kFormErr,  // malformed; `question_bytes` is 0 unless the question itself was sound
  kBadVers,  // EDNS version above 0
  kCookie,   // no question, only a cookie (RFC 7873 5.4)
  kOk,
};

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;
  size_t question_bytes = 0;  // of the echoed question, which starts at kHeaderBytes; 0 = none to echo
  size_t name_bytes = 0;      // the question's name, uncompressed, at kHeaderBytes
  uint16_t type = 0;
  uint16_t klass = 0;
  Edns edns;
};

// Fills `query` as far as the verdict says.
Verdict parse_query(std::span<const uint8_t> packet, Query& query);

// Of the question's name, which starts at kHeaderBytes: uncompressed, labels up to 63, up to 255 in all. 0 = malformed.
size_t question_name_bytes(std::span<const uint8_t> packet);

// Steps over a name that may be compressed. Returns the offset after it, 0 if it is malformed or leaves the packet.
// Pointers are not followed.
size_t skip_name(std::span<const uint8_t> packet, size_t at);

// RFC 8914.
enum class ExtendedError : uint16_t { kNone = 0, kProhibited = 18, kNotAuthoritative = 20 };

// Writes an OPT record: 11 bytes, plus an option for each field that is set. Returns its size; the caller has left room
// (opt_bytes()).
struct OptFields {
  uint16_t payload_bytes = 1232;
  uint8_t extended_rcode = 0;  // the upper 8 of the 12 bits
  bool dnssec_ok = false;
  std::span<const uint8_t> nsid = {};
  const ClientSubnet* client_subnet = nullptr;
  std::span<const uint8_t> client_cookie = {};  // comes with `server_cookie`
  std::span<const uint8_t> server_cookie = {};
  uint16_t keepalive_tenths = 0;  // of a second (RFC 7828); 0 = not told
  ExtendedError extended_error = ExtendedError::kNone;
  std::optional<uint16_t> padding_bytes = std::nullopt;  // comes last; set: the option is there, with so many zeros
};
inline constexpr size_t kSubnetOptionBytesMax = 4 + 4 + 16;
inline constexpr size_t kCookieOptionBytes = 4 + kCookieBytes;
inline constexpr size_t kSmallOptionBytes = 4 + 2;  // keepalive, extended error
inline size_t opt_bytes(const OptFields& fields) {
  return kOptBytes + (fields.nsid.empty() ? 0 : 4 + fields.nsid.size()) +
         (fields.client_subnet == nullptr ? 0 : 8 + fields.client_subnet->address_bytes()) +
         (fields.client_cookie.empty() ? 0 : 4 + fields.client_cookie.size() + fields.server_cookie.size()) +
         (fields.keepalive_tenths == 0 ? 0 : kSmallOptionBytes) + (fields.extended_error == ExtendedError::kNone ? 0 : kSmallOptionBytes) +
         (fields.padding_bytes ? 4 + size_t{*fields.padding_bytes} : 0);
}
size_t write_opt(const OptFields& fields, uint8_t* out);

}  // namespace evershore::dnswire
