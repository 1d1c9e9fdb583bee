#include "dns/master_text.h"

#include <fmt/format.h>

#include <iterator>

#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

void put_record(std::string& out, const std::string& owner, uint32_t ttl, uint16_t type, std::string_view rdata) {
  fmt::format_to(std::back_inserter(out), "{} {} IN {} {}\n", owner, ttl, dnswire::type_name(type), dnswire::rdata_to_text(type, rdata));
}

void put_set(std::string& out, const std::string& owner, uint16_t type, const RecordSet& set) {
  for (const auto& rdata : set.rdata) {
    put_record(out, owner, set.ttl, type, rdata);
  }
}

}  // namespace

std::string master_text(const PlainZone& zone) {
  std::string out;
  const auto apex = zone.apex.text();
  put_set(out, apex, dnswire::kTypeSoa, zone.contents.at(zone.apex).at(dnswire::kTypeSoa));
  for (ZoneCursor at(zone); !at.done(); at.next()) {
    const auto owner = at.name().text();
    for (const auto& [type, set] : at.node()) {
      if (type != dnswire::kTypeSoa || at.name() != zone.apex) put_set(out, owner, type, set);
    }
  }
  return out;
}

std::string master_text(RecordSource& records) {
  std::string out;
  ZoneRecordView record;
  for (bool first = true; records.next(record); first = false) {
    // A transfer ends with the SOA that it begins with.
    if (first || record.type != dnswire::kTypeSoa) put_record(out, record.owner->text(), record.ttl, record.type, record.rdata);
  }
  return out;
}

}  // namespace evershore::dns
