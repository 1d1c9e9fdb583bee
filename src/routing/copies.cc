#include "routing/copies.h"

#include <algorithm>

#include "base/assert.h"

namespace evershore::routing {

CopyChoice heed_copies(std::vector<RegionChoice> order, std::span<const CopyAge> ages) {
  EVERSHORE_ASSERT(order.size() == ages.size());
  CopyChoice choice;
  if (order.empty()) return choice;
  const CopyAge best = *std::ranges::min_element(ages);
  const bool alike = std::ranges::all_of(ages, [best](CopyAge age) { return age == best; });
  if (alike) {
    choice.ask = std::move(order);
    choice.heeded = best == CopyAge::kNewest ? Heeded::kNothing : Heeded::kUndecided;
    return choice;
  }
  choice.heeded = Heeded::kLeftOut;
  for (const CopyAge age : {CopyAge::kNewest, CopyAge::kPerhapsOlder, CopyAge::kOlder})
    for (size_t i = 0; i < order.size(); ++i)
      if (ages[i] == age) (age == best ? choice.ask : choice.older).push_back(order[i]);
  return choice;
}

}  // namespace evershore::routing
