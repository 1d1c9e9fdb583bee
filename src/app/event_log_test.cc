#include "app/event_log.h"

#include <gtest/gtest.h>

#include "base/fake_scheduler.h"

namespace evershore::app {
namespace {

using namespace std::chrono_literals;

class EventLogTest : public testing::Test {
 protected:
  std::unique_ptr<EventLog> make() {
    auto log = std::make_unique<EventLog>(scheduler_, Log());
    log->restore({board_.begin(), board_.end()}, [this](std::string key, std::optional<std::string> value) {
      if (value) board_[key] = *value;
      if (!value) board_.erase(key);
    });
    return log;
  }
  static std::string texts(const std::vector<console::Event>& events) {
    std::string all;
    for (const auto& event : events) all += (all.empty() ? "" : ", ") + std::to_string(event.id) + " " + event.text;
    return all;
  }

  FakeScheduler scheduler_;
  std::map<std::string, std::string> board_{{"drain/east", "{}"}};
};

TEST_F(EventLogTest, goes_on_after_a_restart) {
  auto log = make();
  log->add("region", "east", "east \"down\"");
  log->add("region", "west", "west down");
  log.reset();
  log = make();
  log->add("region", "east", "east up");
  EXPECT_EQ(texts(log->after(0)), "1 east \"down\", 2 west down, 3 east up");
  EXPECT_EQ(texts(log->about("east", 10)), "3 east up, 1 east \"down\"");
  EXPECT_TRUE(board_.contains("drain/east"));
}

TEST_F(EventLogTest, puts_what_came_before_the_restore_behind_the_earlier_events) {
  make()->add("node", "n", "first run");
  EventLog log(scheduler_, Log());
  log.add("node", "n", "second run");
  log.restore({board_.begin(), board_.end()}, [](std::string, std::optional<std::string>) {});
  EXPECT_EQ(texts(log.after(0)), "1 first run, 2 second run");
}

TEST_F(EventLogTest, forgets_by_number_and_by_age_also_on_the_board) {
  auto log = make();
  for (size_t i = 0; i < kEventsKept + 3; ++i) log->add("region", "east", "x");
  EXPECT_EQ(board_.size(), kEventsKept + 1);
  EXPECT_EQ(log->after(0).front().id, 4u);
  scheduler_.run_for(kEventAgeMax + 1s);
  log->add("region", "east", "new");
  EXPECT_EQ(texts(log->after(0)), std::to_string(kEventsKept + 4) + " new");
  EXPECT_EQ(board_.size(), 2u);
}

TEST_F(EventLogTest, forgets_what_cannot_be_read) {
  board_["event/0000000000000001"] = "{}";
  board_["event/what"] = R"({"time":"2026-01-01T00:00:00Z","kind":"k","subject":"s","text":"t"})";
  EXPECT_EQ(make()->after(0).size(), 0u);
  EXPECT_EQ(board_.size(), 1u);
}

TEST_F(EventLogTest, finds_what_happened_at_a_time) {
  auto log = make();
  const Wall begin = scheduler_.wall();
  for (int i = 0; i < 5; ++i) {
    log->add("region", "east", std::string(1, static_cast<char>('a' + i)));
    scheduler_.run_for(1min);
  }
  EXPECT_EQ(texts(log->between(begin + 1min, begin + 3min, 10)), "2 b, 3 c, 4 d");
  EXPECT_EQ(texts(log->between(begin, begin + 10min, 2)), "4 d, 5 e");
}

}  // namespace
}  // namespace evershore::app
