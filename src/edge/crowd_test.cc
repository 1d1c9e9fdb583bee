#include "edge/crowd.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

struct Row {
  const char* name;
  double limit;
  size_t in_flight;
  CrowdEnd end;
  Duration since_cut;
  double next;
};

TEST(Crowd, table) {
  const CrowdRules rules{.start = 100, .least = 4, .most = 200, .cut_to = 0.7, .cut_at_most_every = 500ms};
  const Row rows[] = {
      {"a good answer near the limit raises it a little", 100, 100, CrowdEnd::kFine, 10s, 100.01},
      {"half the limit is near enough", 100, 50, CrowdEnd::kFine, 10s, 100.01},
      {"a limit that is not reached stays", 100, 49, CrowdEnd::kFine, 10s, 100},
      {"there is a most", 200, 200, CrowdEnd::kFine, 10s, 200},
      {"an overload cuts it", 100, 100, CrowdEnd::kOverloaded, 10s, 70},
      {"to a share of what was in flight", 100, 50, CrowdEnd::kOverloaded, 10s, 35},
      {"a queue that was longer does not count", 100, 120, CrowdEnd::kOverloaded, 10s, 70},
      {"once for all that was under way", 100, 100, CrowdEnd::kOverloaded, 499ms, 100},
      {"and again", 100, 100, CrowdEnd::kOverloaded, 500ms, 70},
      {"there is a least", 5, 5, CrowdEnd::kOverloaded, 10s, 4},
      {"a refusal says nothing", 100, 100, CrowdEnd::kNeutral, 10s, 100},
  };
  const Mono now = Mono() + 1h;
  for (const auto& row : rows) {
    const auto got = crowd_end(rules, {.limit = row.limit, .in_flight = row.in_flight, .cut_at = now - row.since_cut}, row.end, now);
    EXPECT_DOUBLE_EQ(got.limit, row.next) << row.name;
    EXPECT_EQ(got.in_flight, row.in_flight - 1) << row.name;
  }
}

TEST(Crowd, the_first_overload_ever_cuts) {
  CrowdState at;
  at.in_flight = 128;
  EXPECT_LT(crowd_end({}, at, CrowdEnd::kOverloaded, Mono() + 1ms).limit, 100);
}

TEST(Crowd, it_is_full_at_its_limit) {
  CrowdState at{.limit = 4.5, .in_flight = 4};
  EXPECT_FALSE(is_full(at));
  at = crowd_begin(at);
  EXPECT_TRUE(is_full(at));
}

}  // namespace
}  // namespace evershore::edge
