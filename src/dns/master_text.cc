#include "dns/master_text.h"

#include <fmt/format.h>

#include <iterator>

#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

void put_set(std::string& out, const std::string& owner, uint16_t type, const RecordSet& set) {
  for (const auto& rdata : set.rdata) {
    fmt::format_to(std::back_inserter(out), "{} {} IN {} {}\n", owner, set.ttl, dnswire::type_name(type),
                   dnswire::rdata_to_text(type, rdata));
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

}  // namespace evershore::dns
