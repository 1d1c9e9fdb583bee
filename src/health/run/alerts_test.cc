#include "health/run/alerts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "health/run/test_targets.h"
#include "io/files.h"
#include "io/test_support.h"

namespace evershore::health {
namespace {

using io::Loop;

const AlertEvent kDown{.kind = "region", .name = "east", .state = "down", .before = "up", .why = "3 of 3 \"probes\" failed", .at = Wall{}};

TEST(AlertJson, holds_the_change_and_a_line_for_people) {
  const auto json = nlohmann::json::parse(alert_json(kDown, "node-1"));
  EXPECT_EQ(json["kind"], "region");
  EXPECT_EQ(json["name"], "east");
  EXPECT_EQ(json["state"], "down");
  EXPECT_EQ(json["before"], "up");
  EXPECT_EQ(json["node"], "node-1");
  EXPECT_EQ(json["text"], "region east down: 3 of 3 \"probes\" failed");
}

TEST(AlertJson, survives_bytes_that_are_no_text) {
  AlertEvent event = kDown;
  event.why = "\xff\xfe";
  EXPECT_TRUE(nlohmann::json::accept(alert_json(event, "n")));
}

HealthChange change(const std::string& name, Health before, Health now) {
  return {.check = {.name = name, .health = now}, .before = before};
}

TEST(AlertOf, tells_regions_from_checks_and_stays_silent_on_the_rest) {
  EXPECT_EQ(alert_of(change("region/east", Health::kUp, Health::kDown))->kind, "region");
  EXPECT_EQ(alert_of(change("region/east", Health::kUp, Health::kDown))->name, "east");
  EXPECT_EQ(alert_of(change("bucket", Health::kDown, Health::kUp))->kind, "health_check");
  EXPECT_TRUE(alert_of(change("bucket", Health::kUnknown, Health::kDown)).has_value());
  EXPECT_FALSE(alert_of(change("bucket", Health::kUnknown, Health::kUp)).has_value());
  EXPECT_FALSE(alert_of(change("edge/n1", Health::kUp, Health::kDown)).has_value());
}

Alerts::Options options() { return {.node = "node-1", .first_retry_after = 10ms, .webhook_timeout = 1s, .exec_timeout = 5s}; }

Task<void> until_counted(Loop& loop, const Counter& counter, uint64_t value) {
  const Mono deadline = loop.now() + 10s;
  while (counter.get() < value && loop.now() < deadline) co_await sleep_for(loop, 5ms);
  EXPECT_EQ(counter.get(), value);
}

Task<void> webhook(Loop& loop) {
  Target target(loop);
  Alerts alerts(loop, {{.on = {"region"}, .webhook = target.url() + "/hook"}}, options(), {});
  AlertEvent other = kDown;
  other.kind = "replication";
  alerts.tell(other);
  alerts.tell(kDown);
  co_await until_counted(loop, alerts.counters().delivered, 1);
  EXPECT_EQ(target.asked(), (std::vector<std::string>{"POST /hook"}));
  EXPECT_EQ(target.last().headers.get("content-type"), "application/json");
  EXPECT_EQ(nlohmann::json::parse(target.last_body())["name"], "east");

  target.answer(500);
  alerts.tell(kDown);
  co_await target.until_asked(3);
  target.answer(200);
  co_await until_counted(loop, alerts.counters().delivered, 2);

  target.answer(500);
  alerts.tell(kDown);
  co_await until_counted(loop, alerts.counters().failed, 1);
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, are_posted_tried_again_and_given_up_in_the_end) {
  Loop loop;
  loop.run_until_done(webhook(loop));
}

Task<void> program(Loop& loop, const io::ScratchDirectory& scratch) {
  Alerts alerts(loop, {{.on = {"region"}, .exec = {"/bin/sh", "-c", "cat > " + scratch.file("alert")}}}, options(), {});
  alerts.tell(kDown);
  co_await until_counted(loop, alerts.counters().delivered, 1);
  co_await alerts.stop();
  const auto written = io::read_whole_file(scratch.file("alert"), 4096);
  EXPECT_EQ(written.value_or(""), alert_json(kDown, "node-1"));
}

TEST(Alerts, are_the_input_of_a_program) {
  Loop loop;
  const io::ScratchDirectory scratch;
  loop.run_until_done(program(loop, scratch));
}

Task<void> pile_up(Loop& loop) {
  Target target(loop);
  target.fall_silent();
  Alerts alerts(loop, {{.on = {"region"}, .webhook = target.url() + "/hook"}}, options(), {});
  for (size_t i = 0; i < kAlertsQueuedMax + 10; ++i) alerts.tell(kDown);
  EXPECT_EQ(alerts.counters().dropped.get(), 10u);
  co_await alerts.stop();  // does not wait for the silent receiver
  co_await target.kill();
}

TEST(Alerts, that_pile_up_are_dropped_oldest_first) {
  Loop loop;
  loop.run_until_done(pile_up(loop));
}

}  // namespace
}  // namespace evershore::health
