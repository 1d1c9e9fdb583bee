#include "dns/plain_zone.h"

#include <algorithm>

#include "dns/flatten.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeSoa;

constexpr size_t kSoaNumbersBytes = 20;

RecordDecision describe(const DecidedRecord& record, const Chosen& chosen) {
  RecordDecision decision{
      .name = record.owner.text(), .type = record.type == kTypeAlias ? "ALIAS" : dnswire::type_name(record.type), .why = chosen.why};
  if (decision.name.size() > 1) decision.name.pop_back();
  for (const auto* answer : chosen.used) {
    if (!answer->id.empty()) {
      decision.chosen.push_back(answer->id);
    } else {
      decision.chosen.push_back(record.type == kTypeAlias ? answer->rdata : dnswire::rdata_to_text(record.type, answer->rdata));
    }
  }
  return decision;
}

RecordSet plain_set(uint32_t ttl, const std::vector<const DecidedAnswer*>& answers) {
  RecordSet set{.ttl = ttl};
  for (const auto* answer : answers) {
    if (std::ranges::find(set.rdata, answer->rdata) == set.rdata.end()) set.rdata.push_back(answer->rdata);
  }
  return set;
}

std::string& soa_rdata(PlainZone& zone) { return zone.contents[zone.apex][kTypeSoa].rdata.front(); }

}  // namespace

PlainZones plain_zones(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
                       const Places& places, const LastUsable& before) {
  PlainZones out;
  Chooser chooser(zones, health, steering, sites, places, before);
  std::vector<PendingAlias> aliases;
  for (const auto& zone : zones) {
    PlainZone plain{.apex = zone.apex, .contents = zone.fixed};
    for (const auto& record : zone.decided) {
      auto chosen = chooser.choose(record);
      out.decisions.push_back(describe(record, chosen));
      auto& node = plain.contents[record.owner];  // the name is there even if it has no data
      if (record.type == kTypeAlias) {
        aliases.push_back({out.zones.size(), &record, std::move(chosen.tree)});
        continue;
      }
      auto set = set_of(chosen.tree, record.type, [&](const auto& answers) { return plain_set(record.ttl, answers); });
      if (!set.rdata.empty()) node[record.type] = std::move(set);
    }
    out.zones.push_back(std::move(plain));
  }
  place_aliases(out.zones, std::move(aliases));
  out.usable = chooser.take_usable();
  return out;
}

uint32_t serial_of(const PlainZone& zone) {
  const auto& rdata = zone.contents.at(zone.apex).at(kTypeSoa).rdata.front();
  return dnswire::load32(reinterpret_cast<const uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes);
}

void set_serial(PlainZone& zone, uint32_t serial) {
  auto& rdata = soa_rdata(zone);
  dnswire::store32(reinterpret_cast<uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes, serial);
}

bool serial_after(uint32_t a, uint32_t b) { return a != b && a - b < 0x8000'0000U; }

uint32_t next_serial(std::optional<uint32_t> previous, uint32_t in_file, uint32_t clock_seconds) {
  const uint32_t wanted = in_file != 0 && serial_after(in_file, clock_seconds) ? in_file : clock_seconds;
  if (!previous || serial_after(wanted, *previous)) return wanted;
  return *previous + 1;
}

}  // namespace evershore::dns
