// Zones as the settings and their master files describe them: what never changes, and the records that health decides.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns/packed_records.h"
#include "dns/places.h"
#include "dns/record_set.h"
#include "model/settings.h"
#include "wire/dns/types.h"

namespace evershore::dns {

inline constexpr uint32_t kTtlMax = 0x7FFF'FFFF;      // RFC 2181 8
inline constexpr uint32_t kApexTtl = 3'600;           // of a SOA and NS made from the settings
inline constexpr uint32_t kNegativeTtl = 60;          // of a SOA made from the settings (RFC 2308): short, so that new names appear soon
inline constexpr size_t kRecordSetBytesMax = 60'000;  // one message must hold it
inline constexpr size_t kMultivalueAnswersMax = 8;    // as Route 53
inline constexpr uint16_t kTypeAlias = 0;             // our own: addresses of another name, flattened into A and AAAA

// One answer of a decided record. For ALIAS `rdata` is the presentation form: an address or a name.
struct DecidedAnswer {
  std::string id;
  std::string health_check;  // "" = none
  std::string rdata;
  uint32_t weight = 1;
  std::optional<Name> target_group{};         // the record of ours whose members' health counts too
  std::vector<std::string> areas{};           // geo: names as in PlaceTable
  bool for_others = false;                    // geo
  std::map<std::string, Duration> latency{};  // latency: how far the answer is from each area
};

// A record whose answer depends on health or on who asks. Failover: the primary first.
struct DecidedRecord {
  Name owner;
  uint16_t type = 0;  // or kTypeAlias
  uint32_t ttl = 0;
  RecordPolicy policy = RecordPolicy::kSimple;
  std::vector<DecidedAnswer> answers;
  std::string site;  // not empty: the answers are this site's edge addresses
  WhenAllDown when_all_down = WhenAllDown::kAll;
  std::optional<DecidedAnswer> fallback{};  // not among `answers`
};

struct Zone {
  Name apex;
  Contents fixed;  // with SOA (its serial as in the file, or 0) and NS at the apex; of a zone that is signed, all there is
  std::shared_ptr<const PackedRecords> packed{};  // of the names that are not in `fixed`, none of which is decided; nullptr if signed
  std::vector<DecidedRecord> decided;
};

// What is wrong, and where in the settings.
struct Problem {
  enum class Where : uint8_t { kZone, kRecord, kDns } where = Where::kRecord;
  size_t index = 0;     // into DnsSettings::zones or ::records; kDns: 0, the field is one of the whole
  std::string field;    // "name", "answers[1].value", ...
  std::string message;  // says what to do; problems inside a master file begin with "FILE:LINE: "
  bool operator==(const Problem&) const = default;
};

using MasterFiles = std::map<std::string, std::string>;  // by path: the text of each ZoneSettings::file and of what it includes

struct LoadedZones {
  std::vector<Zone> zones;
  std::shared_ptr<const PlaceTable> networks{};  // [dns.networks]
  std::vector<Problem> problems;                 // all of them; not empty = do not serve `zones`
};

// A zone's file that is not among `files` is passed over (its owner reports that it cannot be read).
LoadedZones load_zones(const DnsSettings& settings, const MasterFiles& files);

// What a name has beside its decided records; nullopt: nothing.
std::optional<Node> fixed_node(const Zone& zone, const Name& name);

// The zone that `name` belongs to: the one with the longest apex above it; zones.size() if there is none.
size_t zone_of(const std::vector<Zone>& zones, const Name& name);

}  // namespace evershore::dns
