// Which regions a read of one key may ask where copies are of different ages. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "routing/decide.h"

namespace evershore::routing {

// What is known of a region's copy of the key.
enum class CopyAge : uint8_t {
  kNewest,        // nothing speaks against it
  kPerhapsOlder,  // the region may be behind for any key
  kOlder,         // known to be older than one that was acknowledged
};

enum class Heeded : uint8_t {
  kNothing,    // all are alike
  kLeftOut,    // some are not asked
  kUndecided,  // none is known to hold the newest: asked as if nothing was known
};

struct CopyChoice {
  std::vector<RegionChoice> ask;    // never empty for an order that is not
  std::vector<RegionChoice> older;  // only if nobody in `ask` can be reached, and not as if it were the newest
  Heeded heeded = Heeded::kNothing;
};

// `ages`: of the regions in `order`, in its order, which is kept.
//   newest   perhaps older   older   ask            older             heeded
//   all      -               -       all            -                 kNothing
//   some     any             any     the newest     the rest          kLeftOut
//   none     some            some    the perhaps    the older         kLeftOut
//   none     all             -       all            -                 kUndecided
//   none     -               all     all            -                 kUndecided
CopyChoice heed_copies(std::vector<RegionChoice> order, std::span<const CopyAge> ages);

}  // namespace evershore::routing
