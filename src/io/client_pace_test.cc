#include "io/client_pace.h"

#include <gtest/gtest.h>

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

constexpr PaceRules kRules{.bytes_per_second = 1'000, .window = 10s};

TEST(ClientPace, JudgesOnlyWhenTheWindowIsFullOfWaiting) {
  ClientPace pace;
  EXPECT_FALSE(pace.due(kRules));
  pace.begin(500);
  pace.add_wait(9s);
  EXPECT_FALSE(pace.due(kRules));
  EXPECT_EQ(pace.left(kRules), 1s);
  pace.add_wait(1s);
  EXPECT_TRUE(pace.due(kRules));
}

TEST(ClientPace, TheRateIsTheAverageOverTheWindow) {
  for (const uint64_t given : {9'999U, 10'000U}) {
    ClientPace pace;
    pace.begin(500);
    pace.add_wait(10s);
    EXPECT_EQ(pace.judge(kRules, 500 + given), given >= 10'000) << given;
    EXPECT_FALSE(pace.measuring());
  }
}

TEST(ClientPace, WithoutARateOneByteIsEnough) {
  const PaceRules rules{.bytes_per_second = 0, .window = 1s};
  ClientPace pace;
  pace.begin(7);
  pace.add_wait(1s);
  EXPECT_FALSE(pace.judge(rules, 7));
  pace.begin(7);
  pace.add_wait(1s);
  EXPECT_TRUE(pace.judge(rules, 8));
}

}  // namespace
}  // namespace evershore::io
