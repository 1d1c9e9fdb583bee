#include "health/alert_desk.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

using namespace std::chrono_literals;

const Mono kStart{};

AlertEvent east(const std::string& state) { return {.kind = "region", .name = "east", .state = state, .before = "up", .why = "probes"}; }

std::string told(AlertDesk& desk, Mono now) {
  std::string text;
  for (const auto& notice : desk.due(now)) {
    const char* kind = notice.kind == AlertNotice::Kind::kTrouble ? "" : notice.kind == AlertNotice::Kind::kAgain ? "still " : "again ";
    text += (text.empty() ? "" : ", ") + notice.event.name + " " + kind + notice.event.state;
  }
  return text;
}

TEST(AlertDesk, tells_trouble_and_its_end_at_once_without_rules) {
  AlertDesk desk({});
  desk.take(east("down"), kStart);
  EXPECT_EQ(desk.next(), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  EXPECT_EQ(told(desk, kStart + 1h), "") << "once";
  EXPECT_EQ(desk.next(), kNever);
  desk.take(east("up"), kStart + 1h);
  EXPECT_EQ(told(desk, kStart + 1h), "east again up");
  EXPECT_EQ(desk.open(), 0u);
}

TEST(AlertDesk, holds_trouble_back_until_it_has_lasted) {
  AlertDesk desk({.hold = 30s});
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart + 29s), "");
  EXPECT_EQ(desk.next(), kStart + 30s);
  EXPECT_EQ(told(desk, kStart + 30s), "east down");
}

TEST(AlertDesk, says_nothing_of_trouble_that_was_too_short) {
  AlertDesk desk({.hold = 30s});
  desk.take(east("down"), kStart);
  desk.take(east("up"), kStart + 29s);
  EXPECT_EQ(told(desk, kStart + 1h), "");
  EXPECT_EQ(desk.open(), 0u);
}

TEST(AlertDesk, counts_the_hold_from_the_first_news) {
  AlertDesk desk({.hold = 30s});
  desk.take(east("failing"), kStart);
  desk.take(east("expiring"), kStart + 20s);
  EXPECT_EQ(told(desk, kStart + 30s), "east expiring") << "the newer words";
}

TEST(AlertDesk, repeats_while_it_lasts) {
  AlertDesk desk({.repeat = 1h});
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  EXPECT_EQ(told(desk, kStart + 59min), "");
  EXPECT_EQ(told(desk, kStart + 60min), "east still down");
  EXPECT_EQ(told(desk, kStart + 120min), "east still down");
  desk.take(east("up"), kStart + 121min);
  EXPECT_EQ(told(desk, kStart + 240min), "east again up");
}

TEST(AlertDesk, tells_another_state_at_once_and_the_same_one_not) {
  AlertDesk desk({.hold = 30s});
  desk.take(east("failing"), kStart);
  EXPECT_EQ(told(desk, kStart + 30s), "east failing");
  desk.take(east("failing"), kStart + 31s);
  EXPECT_EQ(told(desk, kStart + 31s), "");
  desk.take(east("expiring"), kStart + 32s);
  EXPECT_EQ(told(desk, kStart + 32s), "east still expiring");
}

TEST(AlertDesk, keeps_the_end_to_itself_where_it_is_not_wanted) {
  AlertDesk desk({.recovery = false});
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  desk.take(east("up"), kStart + 1s);
  EXPECT_EQ(told(desk, kStart + 1s), "");
  desk.take(east("down"), kStart + 2s);
  EXPECT_EQ(told(desk, kStart + 2s), "east down");
}

TEST(AlertDesk, tells_the_end_of_trouble_from_before_a_restart) {
  AlertDesk desk({.hold = 30s});
  desk.take(east("up"), kStart);
  EXPECT_EQ(told(desk, kStart), "east again up");
}

TEST(AlertDesk, tells_what_came_first_first) {
  AlertDesk desk({});
  for (const char* name : {"west", "east", "north"}) desk.take({.kind = "region", .name = name, .state = "down"}, kStart);
  EXPECT_EQ(told(desk, kStart), "west down, east down, north down");
}

TEST(AlertDesk, does_not_grow_for_ever) {
  AlertDesk desk({});
  for (size_t i = 0; i < kAlertsOpenMax; ++i) EXPECT_TRUE(desk.take({.kind = "k", .name = std::to_string(i), .state = "down"}, kStart));
  EXPECT_FALSE(desk.take(east("down"), kStart));
  EXPECT_TRUE(desk.take({.kind = "k", .name = "7", .state = "up"}, kStart)) << "what is open can end";
}

}  // namespace
}  // namespace evershore::health
