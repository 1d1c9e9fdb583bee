#include "edge/budget.h"

#include <algorithm>

namespace evershore::edge {

namespace {

void refill(const BudgetRules& rules, Budget& budget, Mono now) {
  const std::chrono::duration<double> passed = now - budget.filled_at;
  if (passed.count() <= 0) return;
  budget.tokens = std::min(rules.tokens_max, budget.tokens + passed.count() * rules.per_second);
  budget.filled_at = now;
}

}  // namespace

Budget begin_budget(const BudgetRules& rules, Mono now) { return {rules.tokens_at_start, now}; }

void earn(const BudgetRules& rules, Budget& budget, Mono now) {
  refill(rules, budget, now);
  budget.tokens = std::min(rules.tokens_max, budget.tokens + rules.per_request);
}

bool spend(const BudgetRules& rules, Budget& budget, Mono now) {
  refill(rules, budget, now);
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

}  // namespace evershore::edge
