#include "replicate/run/aimd.h"

#include <algorithm>

namespace evershore::replicate {

void AimdLimit::release(End end) {
  EVERSHORE_ASSERT(in_flight_ > 0);
  --in_flight_;
  if (end == End::kFine) limit_ = std::min(rules_.most, limit_ + 1 / limit_);
  if (end == End::kOverloaded && scheduler_.now() - halved_ >= rules_.halve_at_most_every) {
    halved_ = scheduler_.now();
    limit_ = std::max(rules_.least, limit_ / 2);
  }
  while (!waiters_.empty() && static_cast<double>(in_flight_) < limit_) {
    ++in_flight_;  // the waiter's, already
    scheduler_.post([waiter = waiters_.front()] { waiter.resume(); });
    waiters_.pop_front();
  }
}

}  // namespace evershore::replicate
