// What the zones say in one state of health: every decision taken, every alias flattened. Plain records only, as a
// zone transfer would show them; the compiled answers are made from this.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dns/choose.h"
#include "dns/zone.h"

namespace evershore::dns {

struct PlainZone {
  Name apex;
  Contents contents;
  Contents signatures{};  // of a signed zone as secondaries get it: RRSIGs by owner and covered type
  bool operator==(const PlainZone&) const = default;
};

// What a decided record answers now, and why; for logs, status and explain.
struct RecordDecision {
  std::string name;  // without the final dot
  std::string type;
  std::vector<std::string> chosen;  // answer ids, or the value where there is no id
  routing::Why why = routing::Why::kPreferred;
  bool operator==(const RecordDecision&) const = default;
};

struct PlainZones {
  std::vector<PlainZone> zones;
  std::vector<RecordDecision> decisions;  // in the order of the settings, zone by zone
  LastUsable usable;                      // for the next plain_zones()
};

// A decided record becomes empty because of health only where its settings say so (WhenAllDown::kNone). A site without an address of
// a record's family, and a place that no answer is for, leave the name there without data. `before` is the `usable` of the last state.
PlainZones plain_zones(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
                       const Places& places = {}, const LastUsable& before = {});

// The serial in the SOA at the apex, read and replaced.
uint32_t serial_of(const PlainZone& zone);
void set_serial(PlainZone& zone, uint32_t serial);

// RFC 1982: does `a` come after `b`?
bool serial_after(uint32_t a, uint32_t b);
// The serial for changed content: after `previous` in any case, and otherwise the later of the clock's seconds and the file's own.
uint32_t next_serial(std::optional<uint32_t> previous, uint32_t in_file, uint32_t clock_seconds);

}  // namespace evershore::dns
