#include "health/calculated.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

std::vector<CheckStatus> children(std::initializer_list<Health> healths) {
  const char* names[] = {"bucket", "cdn", "third"};
  std::vector<CheckStatus> statuses;
  for (const Health health : healths) statuses.push_back({.name = names[statuses.size()], .health = health});
  return statuses;
}

constexpr Health kUp = Health::kUp, kDown = Health::kDown, kUnknown = Health::kUnknown;

struct Row {
  const char* sentence;
  std::vector<CheckStatus> children;
  uint32_t healthy_at_least;
  Health expected;
};

TEST(Calculate, counts_children_against_the_threshold) {
  const Row rows[] = {
      {"enough children are healthy", children({kUp, kUp}), 2, kUp},
      {"one child too few is healthy", children({kUp, kDown}), 2, kDown},
      {"one of two is enough if one is asked for", children({kUp, kDown}), 1, kUp},
      {"a threshold of 0 is always healthy", children({kDown, kDown}), 0, kUp},
      {"a threshold over the number of children is never healthy", children({kUp, kUp}), 3, kDown},
      {"an unknown child is not down", children({kUp, kUnknown}), 2, kUnknown},
      {"an unknown child that is not needed leaves the verdict known", children({kUp, kUnknown}), 1, kUp},
      {"unknown cannot make up for too many down", children({kDown, kUnknown}), 2, kDown},
      {"all unknown is unknown", children({kUnknown, kUnknown}), 1, kUnknown},
  };
  for (const Row& row : rows) EXPECT_EQ(calculate(row.children, row.healthy_at_least).health, row.expected) << row.sentence;
}

TEST(Calculate, says_which_children_decide) {
  EXPECT_EQ(calculate(children({kUp, kDown, kUnknown}), 3).why,
            "1 of 3 children healthy, 3 needed; down: cdn; unknown, so not held against it: third");
}

TEST(PublishedHealth, disabled_is_healthy_and_inversion_comes_last) {
  EXPECT_EQ(published_health(kDown, {}), kDown);
  EXPECT_EQ(published_health(kDown, {.inverted = true}), kUp);
  EXPECT_EQ(published_health(kUp, {.inverted = true}), kDown);
  EXPECT_EQ(published_health(kDown, {.disabled = true}), kUp);
  EXPECT_EQ(published_health(kUp, {.inverted = true, .disabled = true}), kDown);
  EXPECT_EQ(published_health(kUnknown, {.inverted = true}), kUnknown);
  EXPECT_EQ(published_health(kUnknown, {.disabled = true}), kUp);
}

}  // namespace
}  // namespace evershore::health
