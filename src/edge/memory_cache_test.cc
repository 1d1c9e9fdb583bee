#include "edge/memory_cache.h"

#include <gtest/gtest.h>

#include "edge/budget.h"
#include "edge/latency.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const StoredObject> object_of(size_t size) {
  return std::make_shared<const StoredObject>(make_stored({}, {}, std::make_shared<const Bytes>(size), "east"));
}

TEST(MemoryCache, what_was_put_is_found_until_removed) {
  MemoryCache cache(1 << 20);
  const auto object = object_of(100);
  cache.put("k", object);
  EXPECT_EQ(cache.find("k"), object);
  cache.remove("k");
  EXPECT_EQ(cache.find("k"), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(MemoryCache, stays_within_its_bytes_whatever_comes) {
  MemoryCache cache(1 << 20);
  for (int i = 0; i < 5000; ++i) {
    cache.put("k" + std::to_string(i * 7 % 1000), object_of(static_cast<size_t>(i % 40) * 1000));
    if (i % 3 == 0) cache.find("k" + std::to_string(i % 50));
    ASSERT_LE(cache.bytes(), uint64_t{1} << 20);
  }
  EXPECT_GT(cache.objects(), 10u);
}

TEST(MemoryCache, a_crawl_of_keys_asked_for_once_does_not_wash_out_what_is_used) {
  MemoryCache cache(1 << 20);
  for (int i = 0; i < 100; ++i) cache.put("used" + std::to_string(i), object_of(2000));
  for (int i = 0; i < 100; ++i) cache.find("used" + std::to_string(i));
  for (int i = 0; i < 20'000; ++i) cache.put("once" + std::to_string(i), object_of(2000));
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += cache.find("used" + std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_EQ(kept, 100);
}

TEST(MemoryCache, what_is_too_large_is_not_kept_and_replaces_nothing_but_its_own_old_version) {
  MemoryCache cache(1 << 20);
  cache.put("other", object_of(100));
  cache.put("k", object_of(100));
  cache.put("k", object_of(900'000));
  EXPECT_EQ(cache.find("k"), nullptr);
  EXPECT_NE(cache.find("other"), nullptr);
}

TEST(MemoryCache, an_object_in_use_outlives_its_eviction) {
  MemoryCache cache(1 << 20);
  cache.put("k", object_of(100));
  const auto held = cache.find("k");
  cache.remove("k");
  EXPECT_EQ(held->body->size, 100u);
}

TEST(RecentLatency, says_nothing_before_it_knows_anything) {
  RecentLatency latency;
  for (int i = 0; i < 7; ++i) latency.add(5ms);
  EXPECT_FALSE(latency.p95());
  latency.add(5ms);
  ASSERT_TRUE(latency.p95());
  EXPECT_NEAR(std::chrono::duration<double>(*latency.p95()).count(), 0.005, 0.001);
}

TEST(RecentLatency, forgets_what_was_long_ago) {
  RecentLatency latency;
  for (int i = 0; i < 300; ++i) latency.add(500ms);
  for (int i = 0; i < 1500; ++i) latency.add(2ms);
  EXPECT_LT(*latency.p95(), 10ms);
}

TEST(HedgeAfter, is_three_times_the_usual_within_its_borders) {
  EXPECT_EQ(hedge_after(std::nullopt, 2s), 100ms);
  EXPECT_EQ(hedge_after(2ms, 2s), 100ms);
  EXPECT_EQ(hedge_after(60ms, 2s), 180ms);
  EXPECT_EQ(hedge_after(900ms, 2s), 1s);
}

TEST(StallAfter, follows_the_gaps_so_far) {
  EXPECT_EQ(stall_after(1ms, 3s), 400ms);
  EXPECT_EQ(stall_after(100ms, 3s), 800ms);
  EXPECT_EQ(stall_after(1s, 3s), 3s);
}

TEST(StallAfter, one_hiccup_is_soon_forgotten) {
  Duration usual = 1ms;
  usual = usual_gap(usual, 400ms);
  EXPECT_LT(stall_after(usual, 3s), 450ms);
  for (int i = 0; i < 100; ++i) usual = usual_gap(usual, 200ms);
  EXPECT_GT(stall_after(usual, 3s), 1500ms);
}

TEST(Budget, is_spent_and_earned_by_requests_and_by_time) {
  const BudgetRules rules{.per_request = 0.5, .per_second = 1, .tokens_at_start = 1, .tokens_max = 2};
  Budget budget = begin_budget(rules, Mono{1h});
  EXPECT_TRUE(spend(rules, budget, Mono{1h}));
  EXPECT_FALSE(spend(rules, budget, Mono{1h}));
  earn(rules, budget, Mono{1h});
  earn(rules, budget, Mono{1h});
  EXPECT_TRUE(spend(rules, budget, Mono{1h}));
  EXPECT_TRUE(spend(rules, budget, Mono{1h} + 1s));
  EXPECT_TRUE(spend(rules, budget, Mono{1h} + 100s));
  EXPECT_TRUE(spend(rules, budget, Mono{1h} + 100s));
  EXPECT_FALSE(spend(rules, budget, Mono{1h} + 100s));
}

}  // namespace
}  // namespace evershore::edge
