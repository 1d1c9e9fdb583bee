#include "dns/lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/dns/client.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::Name;
using dnswire::Rcode;
using dnswire::Record;
using dnswire::Response;
using Kind = Heard::Kind;

constexpr uint16_t kPayloadBytes = 1'232;
constexpr size_t kSoaMinimumBytes = 4;

Heard failed(std::string why) { return {.kind = Kind::kFailed, .why = std::move(why)}; }

bool answers(std::span<const uint8_t> packet, const Response& response, const LookupQuestion& question, uint16_t id) {
  if (response.id != id || (response.flags & dnswire::kFlagQr) == 0 || (response.flags & dnswire::kOpcodeMask) != 0) return false;
  if (!response.question || *response.question != question.name || response.question_type != question.type) return false;
  const size_t after = dnswire::skip_name(packet, dnswire::kHeaderBytes);
  return dnswire::load16(&packet[after + 2]) == dnswire::kClassIn;
}

const Record* find(const std::vector<Record>& records, const Name& owner, uint16_t type) {
  const auto at = std::ranges::find_if(
      records, [&](const Record& record) { return record.type == type && record.klass == dnswire::kClassIn && record.owner == owner; });
  return at == records.end() ? nullptr : &*at;
}

// RFC 2181 8: a TTL with the top bit set is 0.
uint32_t sound_ttl(uint32_t ttl) { return ttl > 0x7FFF'FFFFU ? 0 : ttl; }

Heard addresses_at(const Response& response, const Name& name, uint16_t type, uint32_t ttl) {
  Heard heard{.kind = Kind::kAddresses, .ttl_seconds = ttl};
  for (const auto& record : response.answers) {
    if (record.type != type || record.klass != dnswire::kClassIn || record.owner != name) continue;
    if (!dnswire::rdata_is_sound(type, record.rdata)) return failed("answers with a malformed address");
    heard.rdata.push_back(record.rdata);
    heard.ttl_seconds = std::min(heard.ttl_seconds, sound_ttl(record.ttl));
  }
  std::ranges::sort(heard.rdata);
  heard.rdata.erase(std::ranges::unique(heard.rdata).begin(), heard.rdata.end());
  if (heard.rdata.size() > kLookupAddressesMax) heard.rdata.resize(kLookupAddressesMax);
  return heard;
}

Heard nothing_at(const Response& response, const Name& name, uint32_t ttl) {
  for (const auto& record : response.authorities) {
    if (record.type != dnswire::kTypeSoa || record.klass != dnswire::kClassIn || !name.under(record.owner)) continue;
    if (!dnswire::rdata_is_sound(dnswire::kTypeSoa, record.rdata)) return failed("answers with a malformed SOA");
    const auto* minimum = reinterpret_cast<const uint8_t*>(record.rdata.data()) + record.rdata.size() - kSoaMinimumBytes;
    return {.kind = Kind::kNothing, .ttl_seconds = std::min({ttl, sound_ttl(record.ttl), dnswire::load32(minimum)})};
  }
  return failed(fmt::format("answers {} without addresses and without a SOA", dnswire::rcode_name(response.rcode)));
}

}  // namespace

std::vector<uint8_t> build_lookup(const LookupQuestion& question, uint16_t id) {
  return dnswire::build_query(question.name, question.type, id, {.recursion_desired = true, .edns_payload_bytes = kPayloadBytes});
}

Heard hear(std::span<const uint8_t> packet, const LookupQuestion& question, uint16_t id) {
  const auto response = dnswire::parse_response(packet);
  if (!response || !answers(packet, *response, question, id)) return {.kind = Kind::kForeign};
  if (response->truncated()) return {.kind = Kind::kTruncated};
  if (response->rcode != Rcode::kNoError && response->rcode != Rcode::kNxDomain) {
    return failed(fmt::format("answers {}", dnswire::rcode_name(response->rcode)));
  }
  Name name = question.name;
  uint32_t ttl = UINT32_MAX;
  for (size_t links = 0; links <= kLookupLinksMax; ++links) {
    if (find(response->answers, name, question.type) != nullptr) return addresses_at(*response, name, question.type, ttl);
    const auto* cname = find(response->answers, name, dnswire::kTypeCname);
    if (cname == nullptr) return nothing_at(*response, name, ttl);
    ttl = std::min(ttl, sound_ttl(cname->ttl));
    auto target = dnswire::rdata_target(dnswire::kTypeCname, cname->rdata);
    if (!target) return failed("answers with a malformed CNAME");
    name = *std::move(target);
  }
  return failed(fmt::format("answers with more than {} CNAMEs in a row", kLookupLinksMax));
}

}  // namespace evershore::dns
