#include "dns/decision_log.h"

#include <gtest/gtest.h>

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using routing::Why;

RecordDecision decision(std::string name, std::string answer, Why why = Why::kPreferred) {
  return {.name = std::move(name), .type = "A", .chosen = {std::move(answer)}, .why = why};
}
constexpr Wall at(std::chrono::seconds seconds) { return Wall{seconds}; }

TEST(DecisionLog, TellsSinceWhenARecordAnswersWhatItDoes) {
  DecisionLog log;
  log.note({decision("a", "one"), decision("b", "one")}, at(10s));
  log.note({decision("a", "one"), decision("b", "two", Why::kFailedOver)}, at(20s));
  log.note({decision("a", "one"), decision("b", "two", Why::kFailedOver)}, at(30s));
  EXPECT_EQ(log.entries()[0].since, at(10s));
  EXPECT_EQ(log.entries()[0].changes, 0U);
  EXPECT_EQ(log.entries()[1].since, at(20s));
  EXPECT_EQ(log.entries()[1].changes, 1U);
  EXPECT_EQ(log.entries()[1].now.chosen.front(), "two");
}

TEST(DecisionLog, AnotherReasonForTheSameAnswerIsAChange) {
  DecisionLog log;
  log.note({decision("a", "one")}, at(10s));
  log.note({decision("a", "one", Why::kFailOpen)}, at(20s));
  EXPECT_EQ(log.entries()[0].since, at(20s));
}

TEST(DecisionLog, ARecordKeepsItsPastWhenOthersComeAndGo) {
  DecisionLog log;
  log.note({decision("a", "one"), decision("b", "one")}, at(10s));
  log.note({decision("new", "one"), decision("b", "one")}, at(20s));
  ASSERT_EQ(log.entries().size(), 2U);
  EXPECT_EQ(log.entries()[0].since, at(20s));
  EXPECT_EQ(log.entries()[1].since, at(10s));
  log.note({decision("b", "two")}, at(30s));
  EXPECT_EQ(log.entries()[0].since, at(30s));
  EXPECT_EQ(log.entries()[0].changes, 1U);
}

}  // namespace
}  // namespace evershore::dns
