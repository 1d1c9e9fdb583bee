// A bucket of tokens for work beyond the one attempt each request deserves: hedges, and retries at regions that are
// known not to work. It fills by a share of the requests and by a floor, so that hedging also works at low rates.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace evershore::edge {

struct BudgetRules {
  double per_request = 0.1;
  double per_second = 10;
  double tokens_at_start = 100;
  double tokens_max = 1'000;  // what one black hole may cost until its breaker opens
};

struct Budget {
  double tokens = 0;
  Mono filled_at = Mono::min();
};

Budget begin_budget(const BudgetRules& rules, Mono now);
void earn(const BudgetRules& rules, Budget& budget, Mono now);  // one request came in
// Takes a token; false and nothing taken if there is none.
bool spend(const BudgetRules& rules, Budget& budget, Mono now);

}  // namespace evershore::edge
