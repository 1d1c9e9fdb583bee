#include "health/alert_desk.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

using namespace std::chrono_literals;

const Mono kStart{};

Mono never_silenced(const AlertEvent&) { return kNotSilenced; }

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
  AlertDesk desk({}, never_silenced);
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
  AlertDesk desk({.hold = 30s}, never_silenced);
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart + 29s), "");
  EXPECT_EQ(desk.next(), kStart + 30s);
  EXPECT_EQ(told(desk, kStart + 30s), "east down");
}

TEST(AlertDesk, says_nothing_of_trouble_that_was_too_short) {
  AlertDesk desk({.hold = 30s}, never_silenced);
  desk.take(east("down"), kStart);
  desk.take(east("up"), kStart + 29s);
  EXPECT_EQ(told(desk, kStart + 1h), "");
  EXPECT_EQ(desk.open(), 0u);
}

TEST(AlertDesk, counts_the_hold_from_the_first_news) {
  AlertDesk desk({.hold = 30s}, never_silenced);
  desk.take(east("failing"), kStart);
  desk.take(east("expiring"), kStart + 20s);
  EXPECT_EQ(told(desk, kStart + 30s), "east expiring") << "the newer words";
}

TEST(AlertDesk, repeats_while_it_lasts) {
  AlertDesk desk({.repeat = 1h}, never_silenced);
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  EXPECT_EQ(told(desk, kStart + 59min), "");
  EXPECT_EQ(told(desk, kStart + 60min), "east still down");
  EXPECT_EQ(told(desk, kStart + 120min), "east still down");
  desk.take(east("up"), kStart + 121min);
  EXPECT_EQ(told(desk, kStart + 240min), "east again up");
}

TEST(AlertDesk, tells_another_state_at_once_and_the_same_one_not) {
  AlertDesk desk({.hold = 30s}, never_silenced);
  desk.take(east("failing"), kStart);
  EXPECT_EQ(told(desk, kStart + 30s), "east failing");
  desk.take(east("failing"), kStart + 31s);
  EXPECT_EQ(told(desk, kStart + 31s), "");
  desk.take(east("expiring"), kStart + 32s);
  EXPECT_EQ(told(desk, kStart + 32s), "east still expiring");
}

TEST(AlertDesk, keeps_the_end_to_itself_where_it_is_not_wanted) {
  AlertDesk desk({.recovery = false}, never_silenced);
  desk.take(east("down"), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  desk.take(east("up"), kStart + 1s);
  EXPECT_EQ(told(desk, kStart + 1s), "");
  desk.take(east("down"), kStart + 2s);
  EXPECT_EQ(told(desk, kStart + 2s), "east down");
}

TEST(AlertDesk, tells_the_end_of_trouble_from_before_a_restart) {
  AlertDesk desk({.hold = 30s}, never_silenced);
  desk.take(east("up"), kStart);
  EXPECT_EQ(told(desk, kStart), "east again up");
}

TEST(AlertDesk, tells_what_came_first_first) {
  AlertDesk desk({}, never_silenced);
  for (const char* name : {"west", "east", "north"}) desk.take({.kind = "region", .name = name, .state = "down"}, kStart);
  EXPECT_EQ(told(desk, kStart), "west down, east down, north down");
}

TEST(AlertDesk, does_not_grow_for_ever) {
  AlertDesk desk({}, never_silenced);
  for (size_t i = 0; i < kAlertsOpenMax; ++i) EXPECT_TRUE(desk.take({.kind = "k", .name = std::to_string(i), .state = "down"}, kStart));
  EXPECT_FALSE(desk.take(east("down"), kStart));
  EXPECT_TRUE(desk.take({.kind = "k", .name = "7", .state = "up"}, kStart)) << "what is open can end";
}

AlertEvent of(const std::string& name, const std::string& state) {
  return {.kind = "region", .name = name, .state = state, .before = "", .why = "probes"};
}

TEST(AlertDesk, tells_together_what_comes_within_the_group) {
  AlertDesk desk({.group = 10s}, never_silenced);
  desk.take(of("west", "down"), kStart);
  desk.take(of("east", "down"), kStart + 9s);
  EXPECT_EQ(told(desk, kStart + 9s), "");
  EXPECT_EQ(desk.next(), kStart + 10s);
  EXPECT_EQ(told(desk, kStart + 10s), "west down, east down");
  desk.take(of("east", "up"), kStart + 60s);
  EXPECT_EQ(told(desk, kStart + 69s), "");
  EXPECT_EQ(told(desk, kStart + 70s), "east again up");
}

TEST(AlertDesk, holds_back_what_is_silenced_until_that_ends) {
  Mono until = kStart + 1h;
  AlertDesk desk({}, [&until](const AlertEvent& event) { return event.name == "east" ? until : kNotSilenced; });
  desk.take(of("east", "down"), kStart);
  desk.take(of("west", "down"), kStart);
  EXPECT_EQ(told(desk, kStart), "west down");
  EXPECT_EQ(desk.next(), kStart + 1h);
  until = kNotSilenced;  // ended by hand
  EXPECT_EQ(told(desk, kStart + 5min), "east down");
}

TEST(AlertDesk, says_nothing_of_what_began_and_ended_silenced) {
  AlertDesk desk({}, [](const AlertEvent&) { return kStart + 1h; });
  desk.take(of("east", "down"), kStart);
  desk.take(of("east", "up"), kStart + 30min);
  EXPECT_EQ(told(desk, kStart + 2h), "");
  EXPECT_EQ(desk.open(), 0u);
}

TEST(AlertDesk, tells_the_end_of_what_was_told_also_while_it_is_silenced) {
  Mono until = kNotSilenced;
  AlertDesk desk({.repeat = 10min}, [&until](const AlertEvent&) { return until; });
  desk.take(of("east", "down"), kStart);
  EXPECT_EQ(told(desk, kStart), "east down");
  until = kStart + 1h;
  EXPECT_EQ(told(desk, kStart + 30min), "") << "no repetition";
  desk.take(of("east", "up"), kStart + 40min);
  EXPECT_EQ(told(desk, kStart + 40min), "east again up");
}

}  // namespace
}  // namespace evershore::health
