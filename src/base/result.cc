#include "base/result.h"

namespace evershore {

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::kNotFound: return "not found";
    case Fault::kRefused: return "refused";
    case Fault::kBusy: return "busy";
    case Fault::kTimedOut: return "timed out";
    case Fault::kPrecondition: return "precondition failed";
    case Fault::kInvalid: return "invalid";
    case Fault::kClosed: return "closed";
    case Fault::kBroken: return "broken";
  }
  return "unknown";
}

}  // namespace evershore
