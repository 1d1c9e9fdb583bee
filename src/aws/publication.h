// Which record sets of a hosted zone must change so that it says what our decisions say. Pure.
//
// The names are ours because the settings list them; nothing else in the zone is touched, and nothing is ever removed or emptied.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "wire/aws/changes.h"

namespace evershore::aws {

// Route 53 takes 1,000 records and 32,000 characters of values in one batch, and an UPSERT counts twice.
inline constexpr size_t kBatchRecordsMax = 500;
inline constexpr size_t kBatchCharactersMax = 16'000;

struct Publication {
  std::vector<RecordChange> changes;
  std::vector<std::string> obstacles;  // what stands in the way of the rest, one sentence each, with what to do
  bool empty() const { return changes.empty() && obstacles.empty(); }
};

// `wanted`: simple sets with values. `present`: what the zone lists under these names; other names do not matter.
//
//   the zone has under the name                       then
//   nothing, or other types that may stand beside it  UPSERT
//   the set, with the same TTL and values             nothing (order, case and final dots of names do not count)
//   the set, otherwise (or an alias)                  UPSERT
//   the type with a set identifier                    obstacle: Route 53 chooses by itself there
//   a CNAME where we have another type, or vice versa obstacle
// A wanted set without values is left as it stands: an empty answer is never published.
Publication plan_publication(std::span<const RecordSet> wanted, std::span<const RecordSet> present);

// In the order given, each within the limits of one call.
std::vector<std::vector<RecordChange>> batches_of(std::vector<RecordChange> changes);

}  // namespace evershore::aws
