#include "wire/dns/message.h"

#include <algorithm>
#include <cstring>

#include "wire/dns/name.h"

namespace evershore::dnswire {

namespace {

constexpr uint16_t kOptionNsid = 3, kOptionClientSubnet = 8, kOptionCookie = 10, kOptionKeepalive = 11, kOptionPadding = 12,
                   kOptionExtendedError = 15;
constexpr uint16_t kFamilyV4 = 1, kFamilyV6 = 2;

// RFC 7871 6. A malformed option is remembered as such: it matters only where the option does.
void parse_client_subnet(std::span<const uint8_t> option, ClientSubnet& subnet) {
  subnet = {.present = true, .sound = false};
  if (option.size() < 4) return;
  const uint16_t family = load16(option.data());
  subnet.v6 = family == kFamilyV6;
  const size_t bits_max = subnet.v6 ? 128 : 32;
  const auto address = option.subspan(4);
  if ((family != kFamilyV4 && family != kFamilyV6) || option[2] > bits_max) return;
  subnet.source_bits = option[2];
  // As many bytes as the length needs, no bits behind it; the scope is for answers.
  if (option[3] != 0 || address.size() != subnet.address_bytes()) return;
  const size_t rest = subnet.source_bits % 8;
  if (rest != 0 && (address.back() & (0xFF >> rest)) != 0) return;
  if (!address.empty()) std::memcpy(subnet.address.data(), address.data(), address.size());
  subnet.sound = true;
}

// RFC 7873 5.2.2: the client's 8 bytes, alone or with 8 to 32 of a server.
bool parse_cookie(std::span<const uint8_t> option, Edns& edns) {
  constexpr size_t kServerBytesMin = 8;
  const size_t server_bytes = option.size() - std::min(option.size(), kClientCookieBytes);
  if (option.size() < kClientCookieBytes || server_bytes > kServerCookieBytesMax) return false;
  if (server_bytes > 0 && server_bytes < kServerBytesMin) return false;
  if (!edns.client_cookie.empty()) return true;  // RFC 7873 5.2: of several the first counts
  edns.client_cookie = option.first(kClientCookieBytes);
  edns.server_cookie = option.subspan(kClientCookieBytes);
  return true;
}

bool parse_options(std::span<const uint8_t> rdata, Edns& edns) {
  for (size_t at = 0; at < rdata.size();) {
    if (rdata.size() - at < 4) return false;
    const uint16_t code = load16(&rdata[at]);
    const size_t length = load16(&rdata[at + 2]);
    at += 4;
    if (rdata.size() - at < length) return false;
    // RFC 5001 2.1: the query's NSID option is empty. Unknown options are passed over (RFC 6891 6.1.2).
    if (code == kOptionNsid && length == 0) edns.wants_nsid = true;
    if (code == kOptionCookie && !parse_cookie(rdata.subspan(at, length), edns)) return false;
    if (code == kOptionKeepalive && length == 0) edns.wants_keepalive = true;
    if (code == kOptionPadding) edns.wants_padding = true;
    if (code == kOptionClientSubnet) parse_client_subnet(rdata.subspan(at, length), edns.client_subnet);
    at += length;
  }
  return true;
}

// One record at `at`, moved past it. False: malformed.
bool pass_record(std::span<const uint8_t> packet, size_t& at, bool additional, Edns& edns) {
  const bool root_owner = at < packet.size() && packet[at] == 0;
  at = skip_name(packet, at);
  if (at == 0 || packet.size() - at < 10) return false;
  const uint16_t type = load16(&packet[at]);
  const uint16_t klass = load16(&packet[at + 2]);
  const uint32_t ttl = load32(&packet[at + 4]);
  const size_t length = load16(&packet[at + 8]);
  at += 10;
  if (packet.size() - at < length) return false;
  const auto rdata = packet.subspan(at, length);
  at += length;
  if (type != kTypeOpt) return true;
  // RFC 6891 6.1.1: one OPT, in the additional section, owned by the root; anything else is a FORMERR.
  if (!additional || !root_owner || edns.present) return false;
  edns.present = true;
  edns.payload_bytes = klass;
  edns.version = static_cast<uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & 0x8000) != 0;
  return parse_options(rdata, edns);
}

bool parse_records(std::span<const uint8_t> packet, size_t at, Edns& edns) {
  const size_t before = size_t{load16(&packet[6])} + load16(&packet[8]);
  const size_t all = before + load16(&packet[10]);
  for (size_t i = 0; i < all; ++i) {
    if (!pass_record(packet, at, i >= before, edns)) return false;
  }
  return at == packet.size();  // bytes after the last record belong to nothing
}

uint8_t* put_option_head(uint8_t* at, uint16_t code, size_t bytes) {
  store16(at, code);
  store16(at + 2, bytes);
  return at + 4;
}

uint8_t* put_bytes(uint8_t* at, std::span<const uint8_t> bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

uint8_t* put_small_option(uint8_t* at, uint16_t code, uint16_t value) {
  at = put_option_head(at, code, 2);
  store16(at, value);
  return at + 2;
}

uint8_t* put_client_subnet(uint8_t* at, const ClientSubnet& subnet) {
  at = put_option_head(at, kOptionClientSubnet, 4 + subnet.address_bytes());
  store16(at, subnet.v6 ? kFamilyV6 : kFamilyV4);
  at[2] = subnet.source_bits;
  at[3] = subnet.scope_bits;
  return put_bytes(at + 4, std::span(subnet.address).first(subnet.address_bytes()));
}

}  // namespace

size_t question_name_bytes(std::span<const uint8_t> packet) {
  size_t at = kHeaderBytes;
  while (at < packet.size()) {
    const uint8_t length = packet[at];
    // 11 would be a pointer, with nothing before it to point at; 01 and 10 are not label types (RFC 6891 5).
    if (length > kLabelBytesMax) return 0;
    at += 1 + size_t{length};
    if (at - kHeaderBytes > kNameBytesMax) return 0;
    if (length == 0) return at - kHeaderBytes;
  }
  return 0;
}

size_t skip_name(std::span<const uint8_t> packet, size_t at) {
  const size_t start = at;
  while (at < packet.size()) {
    const uint8_t length = packet[at];
    if (length == 0) return at + 1;
    if ((length & 0xC0) == 0xC0) return at + 2 <= packet.size() ? at + 2 : 0;
    if (length > kLabelBytesMax) return 0;
    at += 1 + size_t{length};
    if (at - start >= kNameBytesMax) return 0;
  }
  return 0;
}

Verdict parse_query(std::span<const uint8_t> packet, Query& query) {
  query = {};
  if (packet.size() < kHeaderBytes) return Verdict::kDrop;
  query.id = load16(packet.data());
  query.flags = load16(&packet[2]);
  if ((query.flags & kFlagQr) != 0) return Verdict::kDrop;
  if ((query.flags & kOpcodeMask) != 0) return Verdict::kNotImp;  // RFC 8906 8.1.4
  // RFC 7873 5.4: without a question, to learn or renew a cookie.
  if (load16(&packet[4]) == 0 && packet.size() > kHeaderBytes) {
    const bool sound = parse_records(packet, kHeaderBytes, query.edns) && !query.edns.client_cookie.empty();
    if (!sound) return Verdict::kFormErr;
    return query.edns.version > 0 ? Verdict::kBadVers : Verdict::kCookie;
  }
  // RFC 9619: exactly one question.
  if (load16(&packet[4]) != 1) return Verdict::kFormErr;
  const size_t name_bytes = question_name_bytes(packet);
  const size_t end = kHeaderBytes + name_bytes + 4;
  if (name_bytes == 0 || end > packet.size()) return Verdict::kFormErr;
  query.name_bytes = name_bytes;
  query.question_bytes = name_bytes + 4;
  query.type = load16(&packet[end - 4]);
  query.klass = load16(&packet[end - 2]);
  if (!parse_records(packet, end, query.edns)) return Verdict::kFormErr;
  if (query.type == kTypeOpt) return Verdict::kFormErr;
  return query.edns.version > 0 ? Verdict::kBadVers : Verdict::kOk;
}

size_t write_opt(const OptFields& fields, uint8_t* out) {
  const size_t size = opt_bytes(fields);
  out[0] = 0;
  store16(out + 1, kTypeOpt);
  store16(out + 3, fields.payload_bytes);
  store32(out + 5, uint32_t{fields.extended_rcode} << 24 | (fields.dnssec_ok ? 0x8000U : 0U));
  store16(out + 9, size - kOptBytes);
  uint8_t* at = out + kOptBytes;
  if (!fields.nsid.empty()) at = put_bytes(put_option_head(at, kOptionNsid, fields.nsid.size()), fields.nsid);
  if (fields.client_subnet != nullptr) at = put_client_subnet(at, *fields.client_subnet);
  if (!fields.client_cookie.empty()) {
    at = put_option_head(at, kOptionCookie, fields.client_cookie.size() + fields.server_cookie.size());
    at = put_bytes(put_bytes(at, fields.client_cookie), fields.server_cookie);
  }
  if (fields.keepalive_tenths != 0) at = put_small_option(at, kOptionKeepalive, fields.keepalive_tenths);
  if (fields.extended_error != ExtendedError::kNone)
    at = put_small_option(at, kOptionExtendedError, static_cast<uint16_t>(fields.extended_error));
  if (fields.padding_bytes) {
    at = put_option_head(at, kOptionPadding, *fields.padding_bytes);
    std::memset(at, 0, *fields.padding_bytes);
  }
  return size;
}

}  // namespace evershore::dnswire
