// How much a region may be asked for in a second: a bucket of tokens that fills steadily, one second's worth at most. Pure.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace evershore::replicate {

struct BudgetRules {
  uint64_t bytes_per_second = 0;  // read and written; 0 = no limit
  uint32_t requests_per_second = 0;
};

class TokenBucket {
 public:
  explicit TokenBucket(double per_second) : per_second_(per_second), level_(per_second) {}
  bool limited() const { return per_second_ > 0; }
  // Takes them now, on credit if need be; returns how long to wait before acting. In turn: who asks later waits longer.
  Duration take(double tokens, Mono now);

 private:
  double per_second_;
  double level_;  // below zero: owed
  Mono filled_{};
};

}  // namespace evershore::replicate
