// The rows of replication: of a site, and of a region.
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }
#define CHOICE(Struct, Enum, member)                                          \
  Choice<Struct> {                                                            \
    [](Struct& at, size_t option) { at.member = static_cast<Enum>(option); }, \
        [](const Struct& at) { return static_cast<size_t>(at.member); }       \
  }

// In the order of the enums.
constexpr std::array<Option, 3> kReplicationModes{{{"off"}, {"async"}, {"quorum"}}};
constexpr std::array<Option, 3> kTagRules{{{"where-held"}, {"require"}, {"ignore"}}};

}  // namespace

std::span<const Row<SiteSettings>> site_replication_rows() {
  using S = SiteSettings;
  static const Row<S> rows[] = {
      {"replication.mode",
       CHOICE(S, ReplicationMode, replication.mode),
       {.options = kReplicationModes},
       Apply::kLive,
       "`off`, `async` (copy after the write) or `quorum` (a write is done when `copies` regions have it)."},
      {"replication.copies",
       FIELD(S, uint32_t, replication.copies),
       {.least = 1, .most = kRegionsMax},
       Apply::kLive,
       "For `quorum`: regions that must have a write before it counts as done."},
      {"replication.deletes", FIELD(S, bool, replication.deletes), {}, Apply::kLive, "Whether deletes are replicated."},
      {"replication.scan_interval",
       FIELD(S, Duration, replication.scan_interval),
       {.shortest = 100ms, .longest = 24h * 30},
       Apply::kLive,
       "Time between two full comparisons of the regions."},
      {"replication.tags",
       CHOICE(S, TagRule, replication.tags),
       {.options = kTagRules},
       Apply::kLive,
       "Tags of objects, where a region has none: `where-held` copies the object without them, `require` does not copy it, `ignore` leaves "
       "tags alone everywhere."},
      {"replication.read_only",
       FIELD(S, Texts, replication.read_only),
       {.format = Format::kName, .most = kRegionsMax},
       Apply::kLive,
       "Regions of the site that copies are only taken from: no object is written or deleted there."},
      {"replication.filter.exclude_prefixes",
       FIELD(S, Texts, replication.filter.exclude_prefixes),
       {.most = 256},
       Apply::kLive,
       "Keys that begin so, behind the site's prefix, are not replicated."},
      {"replication.filter.suffixes",
       FIELD(S, Texts, replication.filter.suffixes),
       {.most = 256, .default_text = "all"},
       Apply::kLive,
       "Only keys that end so are."},
      {"replication.filter.exclude_suffixes",
       FIELD(S, Texts, replication.filter.exclude_suffixes),
       {.most = 256},
       Apply::kLive,
       "Keys that end so are not."},
      {"replication.filter.min_size",
       FIELD(S, uint64_t, replication.filter.size_min),
       {.most = 1ULL << 46},
       Apply::kLive,
       "Smaller objects are not."},
      {"replication.filter.max_size",
       FIELD(S, uint64_t, replication.filter.size_max),
       {.most = 1ULL << 46, .default_text = "no limit"},
       Apply::kLive,
       "Larger ones are not."},
      {"replication.conflict_retention",
       FIELD(S, Duration, replication.conflict_retention),
       {.longest = 24h * 3650},
       Apply::kLive,
       "How long the loser of two crossing writes is kept below `.evershore/conflicts/`; `0s`: not at all."},
  };
  return rows;
}

std::array<Row<RegionSettings>, 4> region_replication_rows() {
  using S = RegionSettings;
  return {{
      {"event_queue",
       FIELD(S, std::string, event_queue),
       {.format = Format::kHttpUrl, .default_text = "none"},
       Apply::kLive,
       "URL of an SQS queue that tells of changes in the bucket; read with the region's keys and `signing_region`."},
      {"storage_class",
       FIELD(S, std::string, storage_class),
       {.format = Format::kName, .most = 64, .default_text = "the bucket's own"},
       Apply::kLive,
       "Class of the objects that replication writes there (`STANDARD_IA`, ...); `source` keeps that of the copied object."},
      {"replication.bytes_per_second",
       FIELD(S, uint64_t, replication_bytes_per_second),
       {.most = 1ULL << 40, .default_text = "no limit"},
       Apply::kLive,
       "What replication of each site reads from and writes to it in a second: a size, `50MB`."},
      {"replication.requests_per_second",
       FIELD(S, uint32_t, replication_requests_per_second),
       {.most = 1'000'000, .default_text = "no limit"},
       Apply::kLive,
       "Requests of replication of each site to it in a second."},
  }};
}

}  // namespace evershore::app
