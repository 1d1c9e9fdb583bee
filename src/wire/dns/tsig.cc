#include "wire/dns/tsig.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "wire/dns/message.h"

namespace evershore::dnswire {

namespace {

constexpr uint16_t kClassAny = 255;
constexpr size_t kRecordHeadBytes = 10;  // type, class, TTL, length
constexpr size_t kTimersBytes = 8;       // time and fudge
constexpr size_t kTimeBytes = 6;

struct AlgorithmName {
  HmacKind kind;
  std::string_view text;
};
constexpr std::array kAlgorithms{AlgorithmName{HmacKind::kSha256, "hmac-sha256"}, AlgorithmName{HmacKind::kSha384, "hmac-sha384"},
                                 AlgorithmName{HmacKind::kSha512, "hmac-sha512"}};

std::unexpected<Error> malformed(std::string_view what) { return fail(Fault::kInvalid, "malformed TSIG message: " + std::string(what)); }

Name algorithm_name(HmacKind kind) {
  for (const auto& known : kAlgorithms) {
    if (known.kind == kind) return *Name::parse(known.text);
  }
  return Name();
}

void put16(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

void put48(std::string& out, uint64_t value) {
  put16(out, value >> 32 & 0xFFFF);
  put16(out, value >> 16 & 0xFFFF);
  put16(out, value & 0xFFFF);
}

// A name that stands whole in the message (RFC 8945 4.2: never compressed), and moves `at` past it.
Result<Name> whole_name(std::span<const uint8_t> bytes, size_t& at) {
  const size_t end = skip_name(bytes, at);
  if (end == 0) return malformed("a name leaves its place");
  TRY(auto name, Name::from_wire(as_text(bytes.subspan(at, end - at))));
  at = end;
  return name;
}

Result<TsigRecord> read_rdata(std::span<const uint8_t> rdata, TsigRecord record) {
  size_t at = 0;
  TRY(record.algorithm, whole_name(rdata, at));
  if (rdata.size() - at < kTimersBytes + 2) return malformed("the record is too short");
  record.signed_at = uint64_t{load16(&rdata[at])} << 32 | load32(&rdata[at + 2]);
  record.fudge_seconds = load16(&rdata[at + 6]);
  const size_t mac_bytes = load16(&rdata[at + 8]);
  at += kTimersBytes + 2;
  if (rdata.size() - at < mac_bytes + 6) return malformed("the signature leaves its record");
  record.mac = as_text(rdata.subspan(at, mac_bytes));
  at += mac_bytes;
  record.original_id = load16(&rdata[at]);
  record.error = load16(&rdata[at + 2]);
  const size_t other_bytes = load16(&rdata[at + 4]);
  at += 6;
  if (rdata.size() - at != other_bytes) return malformed("the record's length is wrong");
  record.other = as_text(rdata.subspan(at, other_bytes));
  return record;
}

// RFC 8945 4.3.3: names in lower case, class ANY, TTL 0.
std::string variables(const Name& key, const Name& algorithm, std::string_view timers, uint16_t error, std::string_view other) {
  std::string out(key.lower().wire());
  put16(out, kClassAny);
  out.append(4, '\0');
  out += algorithm.lower().wire();
  out += timers;
  put16(out, error);
  put16(out, other.size());
  out += other;
  return out;
}

std::string timers_of(uint64_t seconds, uint16_t fudge) {
  std::string out;
  put48(out, seconds);
  put16(out, fudge);
  return out;
}

// What comes first in the digest of an answer: the MAC it answers to, or the one of the message before.
std::string mac_before(std::string_view mac) {
  std::string out;
  if (mac.empty()) return out;
  put16(out, mac.size());
  return out.append(mac);
}

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

std::optional<HmacKind> tsig_algorithm(std::string_view text) {
  for (const auto& known : kAlgorithms) {
    if (equal_ignoring_case(known.text, text)) return known.kind;
  }
  return std::nullopt;
}

Result<std::optional<TsigRecord>> find_tsig(std::span<const uint8_t> packet) {
  if (packet.size() < kHeaderBytes) return malformed("shorter than its header");
  const size_t questions = load16(&packet[4]);
  const size_t records = size_t{load16(&packet[6])} + load16(&packet[8]) + load16(&packet[10]);
  const size_t additionals = load16(&packet[10]);
  size_t at = kHeaderBytes;
  for (size_t i = 0; i < questions; ++i) {
    at = skip_name(packet, at);
    if (at == 0 || packet.size() - at < 4) return malformed("the question leaves the packet");
    at += 4;
  }
  for (size_t i = 0; i < records; ++i) {
    const size_t start = at;
    at = skip_name(packet, at);
    if (at == 0 || packet.size() - at < kRecordHeadBytes) return malformed("a record leaves the packet");
    const uint16_t type = load16(&packet[at]);
    const size_t length = load16(&packet[at + 8]);
    const size_t rdata_at = at + kRecordHeadBytes;
    if (packet.size() - rdata_at < length) return malformed("record data leaves the packet");
    at = rdata_at + length;
    if (type != kTypeTsig) continue;
    if (additionals == 0 || i + 1 != records || at != packet.size()) return malformed("the TSIG record is not the last one");
    const uint8_t* head = &packet[rdata_at - kRecordHeadBytes];
    if (load16(head + 2) != kClassAny || load32(head + 4) != 0) return malformed("class or TTL of the TSIG record");
    TsigRecord record{.at = start};
    size_t name_at = start;
    TRY(record.key, whole_name(packet, name_at));
    TRY(record, read_rdata(packet.subspan(rdata_at, length), std::move(record)));
    return std::optional(std::move(record));
  }
  // Bytes that belong to no record would become one under a signature's count.
  if (at != packet.size()) return malformed("bytes after the last record");
  return std::optional<TsigRecord>();
}

TsigCheck check_tsig(std::span<const uint8_t> packet, const TsigRecord& tsig, std::span<const TsigKey> keys, std::string_view request_mac,
                     uint64_t now_seconds) {
  const auto ours = [&](const TsigKey& key) { return key.name == tsig.key && algorithm_name(key.algorithm) == tsig.algorithm; };
  const auto key = std::ranges::find_if(keys, ours);
  if (key == keys.end()) return {.error = TsigError::kBadKey};
  // RFC 8945 5.2.2.1: longer than the hash, or shorter than half of it or 10 bytes, is no signature at all.
  const size_t whole = hmac_bytes(key->algorithm);
  if (tsig.mac.size() > whole || tsig.mac.size() < std::max<size_t>(10, whole / 2)) return {.error = TsigError::kFormErr};
  std::string signed_part = mac_before(request_mac);
  const size_t header_at = signed_part.size();
  signed_part += as_text(packet.first(tsig.at));
  auto* header = reinterpret_cast<uint8_t*>(signed_part.data()) + header_at;
  store16(header, tsig.original_id);
  store16(header + 10, load16(header + 10) - size_t{1});
  signed_part += variables(tsig.key, tsig.algorithm, timers_of(tsig.signed_at, tsig.fudge_seconds), tsig.error, tsig.other);
  const auto right = hmac(key->algorithm, key->secret, signed_part);
  if (!equal_constant_time(std::string_view(right).substr(0, tsig.mac.size()), tsig.mac)) return {.error = TsigError::kBadSig};
  if (distance(now_seconds, tsig.signed_at) > tsig.fudge_seconds) return {.error = TsigError::kBadTime, .key = &*key};
  if (tsig.mac.size() < whole) return {.error = TsigError::kBadTrunc, .key = &*key};
  return {.error = TsigError::kNone, .key = &*key};
}

namespace {

void append_record(std::vector<uint8_t>& message, const Name& key, const Name& algorithm, std::string_view timers, std::string_view mac,
                   uint16_t id, TsigError error, std::string_view other) {
  std::string record(key.wire());
  put16(record, kTypeTsig);
  put16(record, kClassAny);
  record.append(4, '\0');
  put16(record, algorithm.wire().size() + kTimersBytes + 2 + mac.size() + 6 + other.size());
  record += algorithm.wire();
  record += timers;
  put16(record, mac.size());
  record += mac;
  put16(record, id);
  put16(record, static_cast<uint16_t>(error));
  put16(record, other.size());
  record += other;
  const auto bytes = as_bytes(record);
  message.insert(message.end(), bytes.begin(), bytes.end());
  store16(&message[10], load16(&message[10]) + size_t{1});
}

}  // namespace

size_t TsigSigner::record_bytes() const {
  return key_.name.wire().size() + kRecordHeadBytes + algorithm_name(key_.algorithm).wire().size() + kTimersBytes + 2 +
         hmac_bytes(key_.algorithm) + 6 + kTimeBytes;
}

void TsigSigner::sign(std::vector<uint8_t>& message, uint64_t now_seconds) { append(message, now_seconds, TsigError::kNone, {}); }

void TsigSigner::sign_bad_time(std::vector<uint8_t>& message, uint64_t claimed_seconds, uint64_t now_seconds) {
  std::string ours;
  put48(ours, now_seconds);
  append(message, claimed_seconds, TsigError::kBadTime, ours);
}

void TsigSigner::append(std::vector<uint8_t>& message, uint64_t seconds, TsigError error, std::string_view other) {
  const auto algorithm = algorithm_name(key_.algorithm);
  const auto timers = timers_of(seconds, kTsigFudgeSeconds);
  std::string signed_part = mac_before(previous_mac_);
  signed_part += as_text(message);
  signed_part += later_ ? timers : variables(key_.name, algorithm, timers, static_cast<uint16_t>(error), other);
  previous_mac_ = hmac(key_.algorithm, key_.secret, signed_part);
  later_ = true;
  append_record(message, key_.name, algorithm, timers, previous_mac_, load16(message.data()), error, other);
}

void append_unsigned_tsig(std::vector<uint8_t>& message, const TsigRecord& request, TsigError error) {
  append_record(message, request.key, request.algorithm, timers_of(request.signed_at, request.fudge_seconds), {}, request.original_id,
                error, {});
}

}  // namespace evershore::dnswire
