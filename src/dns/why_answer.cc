#include "dns/why_answer.h"

#include <algorithm>

#include "base/text.h"
#include "dns/compile.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

constexpr size_t kStringBytesMax = 255;  // RFC 1035 3.3

std::string txt_rdata(std::string_view text) {
  std::string out;
  do {
    const auto part = text.substr(0, kStringBytesMax);
    out += static_cast<char>(part.size());
    out += part;
    text.remove_prefix(part.size());
  } while (!text.empty());
  return out;
}

RecordSet txt_set(const std::vector<std::string>& sentences) {
  RecordSet set{.ttl = 0};
  size_t bytes = 0;
  for (const auto& sentence : sentences) {
    auto rdata = txt_rdata(sentence);
    bytes += rdata.size() + 12;  // with the record's head
    if (bytes > kRecordSetBytesMax) break;
    if (std::ranges::find(set.rdata, rdata) == set.rdata.end()) set.rdata.push_back(std::move(rdata));
  }
  return set;
}

// A zone of one name. Nobody sees its SOA: it only makes the zone whole.
PlainZone zone_of_one(const Name& name, RecordSet txt) {
  const std::string soa_without_meaning(2 + 5 * sizeof(uint32_t), '\0');
  PlainZone zone{.apex = name, .contents = {}};
  auto& node = zone.contents[name];
  node[dnswire::kTypeSoa] = {.ttl = 0, .rdata = {soa_without_meaning}};
  node[dnswire::kTypeTxt] = std::move(txt);
  return zone;
}

}  // namespace

std::shared_ptr<const CompiledSnapshot> why_answer(std::span<const uint8_t> packet, const WhyState& state, const CompiledSnapshot& snapshot,
                                                   std::span<const uint8_t> address) {
  dnswire::Query query;
  if (!state.allowed.contains(address) || dnswire::parse_query(packet, query) != dnswire::Verdict::kOk) return nullptr;
  if (query.type != dnswire::kTypeTxt || query.klass != dnswire::kClassIn) return nullptr;
  const auto asked = Name::from_wire(as_text(packet.subspan(dnswire::kHeaderBytes, query.name_bytes)));
  if (!asked || !equal_ignoring_case(asked->label(), "_why")) return nullptr;
  const auto why = why_of(state, snapshot, asked->parent());
  if (!why) return nullptr;
  const auto* closest = snapshot.fixed->table.closest(*asked);
  const auto row = static_cast<uint16_t>(closest == nullptr ? 0 : snapshot.row_of(closest->zone));
  return compile({zone_of_one(*asked, txt_set(why_sentences(*why)))},
                 {.nsid = snapshot.nsid, .client_subnet = snapshot.client_subnet, .counter_rows = {row}});
}

}  // namespace evershore::dns
