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

const AlertEvent kUp{.kind = "region", .name = "east", .state = "up", .before = "down", .why = "probes succeed", .at = Wall{}};
const AlertNotice kNotice{.kind = AlertNotice::Kind::kTrouble, .event = kDown, .since = Wall{std::chrono::seconds(60)}};

TEST(AlertJson, holds_the_change_and_a_line_for_people) {
  const auto json = nlohmann::json::parse(alert_json(kNotice, "node-1"));
  EXPECT_EQ(json["kind"], "region");
  EXPECT_EQ(json["name"], "east");
  EXPECT_EQ(json["state"], "down");
  EXPECT_EQ(json["before"], "up");
  EXPECT_EQ(json["node"], "node-1");
  EXPECT_EQ(json["text"], "region east down: 3 of 3 \"probes\" failed");
}

TEST(AlertJson, survives_bytes_that_are_no_text) {
  AlertNotice notice = kNotice;
  notice.event.why = "\xff\xfe";
  for (const auto format : {AlertFormat::kJson, AlertFormat::kSlack, AlertFormat::kAlertmanager}) {
    EXPECT_TRUE(nlohmann::json::accept(alert_body(format, {&notice, 1}, "n", Wall{})));
  }
}

TEST(AlertBody, is_a_line_for_chat_systems) {
  AlertNotice notice = kNotice;
  notice.kind = AlertNotice::Kind::kAgain;
  const auto json = nlohmann::json::parse(alert_body(AlertFormat::kSlack, {&notice, 1}, "node-1", Wall{}));
  EXPECT_EQ(json, (nlohmann::json{{"text", "[node-1] region east still down: 3 of 3 \"probes\" failed"}}));
}

TEST(AlertBody, is_an_alert_that_ends_for_alertmanager) {
  AlertNotice notice = kNotice;
  auto json = nlohmann::json::parse(alert_body(AlertFormat::kAlertmanager, {&notice, 1}, "node-1", Wall{}));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["labels"],
            (nlohmann::json{{"alertname", "Evershore_region"}, {"kind", "region"}, {"name", "east"}, {"node", "node-1"}}));
  EXPECT_EQ(json[0]["startsAt"], "1970-01-01T00:01:00Z");
  EXPECT_FALSE(json[0].contains("endsAt"));
  notice.kind = AlertNotice::Kind::kRecovery;
  json = nlohmann::json::parse(alert_body(AlertFormat::kAlertmanager, {&notice, 1}, "node-1", Wall{std::chrono::seconds(120)}));
  EXPECT_EQ(json[0]["endsAt"], "1970-01-01T00:02:00Z");
}

TEST(AlertReceiverName, keeps_the_path_of_a_webhook_to_itself) {
  EXPECT_EQ(alert_receiver_name({.webhook = "https://hooks.example/services/T0/secret"}), "webhook https://hooks.example/...");
  EXPECT_EQ(alert_receiver_name({.webhook = "https://hooks.example"}), "webhook https://hooks.example");
  EXPECT_EQ(alert_receiver_name({.exec = {"/usr/bin/notify", "secret"}}), "exec /usr/bin/notify");
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
  alerts.tell(kUp);
  co_await target.until_asked(3);
  EXPECT_EQ(alerts.status().front().last_error, "answered 500");
  target.answer(200);
  co_await until_counted(loop, alerts.counters().delivered, 2);
  EXPECT_EQ(alerts.status().front().last_error, "");
  EXPECT_EQ(alerts.status().front().open, 0u);

  target.answer(500);
  alerts.tell(kDown);
  co_await until_counted(loop, alerts.counters().failed, 1);
  EXPECT_EQ(alerts.status().front().failed, 1u);
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
  EXPECT_EQ(written.value_or(""), alert_json(kNotice, "node-1"));
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
  for (size_t i = 0; i < kAlertsOpenMax + 10; ++i) alerts.tell({.kind = "region", .name = std::to_string(i), .state = "down"});
  EXPECT_EQ(alerts.counters().dropped.get(), 10u);
  co_await alerts.stop();  // does not wait for the silent receiver
  co_await target.kill();
}

TEST(Alerts, that_pile_up_are_dropped) {
  Loop loop;
  loop.run_until_done(pile_up(loop));
}

Task<void> backlog(Loop& loop) {
  Target target(loop);
  Alerts alerts(loop, {{.on = {"replication"}, .webhook = target.url() + "/hook", .token = Secret("open"), .behind = 10s}}, options(), {});
  EXPECT_TRUE(alerts.wants("replication"));
  EXPECT_FALSE(alerts.wants("region"));
  alerts.tell_backlog("assets", "west", 10s, 3);
  alerts.tell_backlog("assets", "west", 11s, 4);
  alerts.tell_backlog("assets", "west", 12s, 5);
  co_await until_counted(loop, alerts.counters().delivered, 1);
  const auto json = nlohmann::json::parse(target.last_body());
  EXPECT_EQ(json["name"], "assets/west");
  EXPECT_EQ(json["why"], "region west lacks 4 keys of site assets, the oldest for 11 s");
  EXPECT_EQ(target.last().headers.get("authorization"), "Bearer open");
  alerts.tell_backlog("assets", "west", 0s, 0);
  co_await until_counted(loop, alerts.counters().delivered, 2);
  EXPECT_EQ(nlohmann::json::parse(target.last_body())["state"], "in sync");
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, tell_of_a_region_that_falls_behind_once_and_of_its_return) {
  Loop loop;
  loop.run_until_done(backlog(loop));
}

Task<void> looks(Loop& loop) {
  Target target(loop);
  AlertSettings settings{.on = {"conflict", "delete_cap", "disk", "clock"}, .webhook = target.url() + "/hook"};
  Alerts alerts(loop, {settings}, options(), {});
  const auto told = [&target] {
    const auto json = nlohmann::json::parse(target.last_body());
    return json["kind"].get<std::string>() + " " + json["name"].get<std::string>() + " " + json["state"].get<std::string>();
  };
  uint64_t count = 0;
  const std::vector<std::pair<std::function<void()>, std::string>> steps{
      {[&] { alerts.tell_conflicts("assets", 2); }, "conflict assets open"},
      {[&] { alerts.tell_conflicts("assets", 0); }, "conflict assets settled"},
      {[&] { alerts.tell_deletes_held("assets", 5); }, "delete_cap assets held"},
      {[&] { alerts.tell_deletes_held("assets", 0); }, "delete_cap assets released"},
      {[&] { alerts.tell_disk("/var", 9, 100); }, "disk /var low"},
      {[&] { alerts.tell_disk("/var", 10, 100); }, "disk /var enough"},
      {[&] { alerts.tell_clock("east", -6s); }, "clock east skewed"},
      {[&] { alerts.tell_clock("east", 5s); }, "clock east in time"}};
  for (const auto& [look, expected] : steps) {
    look();
    look();  // the same is no news
    co_await until_counted(loop, alerts.counters().delivered, ++count);
    EXPECT_EQ(told(), expected);
  }
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, tell_what_crosses_a_limit_once_and_when_it_comes_back) {
  Loop loop;
  loop.run_until_done(looks(loop));
}

Task<void> silenced(Loop& loop) {
  Target target(loop);
  Alerts alerts(loop, {{.on = {"region"}, .webhook = target.url() + "/hook"}}, options(), {});
  const auto made = alerts.silence({.kind = "region", .name = "east", .until = loop.wall() + std::chrono::hours(1)});
  EXPECT_TRUE(made.has_value());
  alerts.tell(kDown);
  AlertEvent west = kDown;
  west.name = "west";
  alerts.tell(west);
  co_await until_counted(loop, alerts.counters().delivered, 1);
  EXPECT_EQ(nlohmann::json::parse(target.last_body())["name"], "west");
  EXPECT_EQ(alerts.status().front().open, 2u);
  EXPECT_TRUE(alerts.end_silence(made->id));
  co_await until_counted(loop, alerts.counters().delivered, 2);
  EXPECT_EQ(nlohmann::json::parse(target.last_body())["name"], "east");
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, that_are_silenced_come_when_the_silence_ends) {
  Loop loop;
  loop.run_until_done(silenced(loop));
}

Task<void> grouped(Loop& loop) {
  Target target(loop);
  Alerts alerts(loop, {{.on = {"region"}, .webhook = target.url() + "/hook", .group = 50ms}}, options(), {});
  AlertEvent west = kDown;
  west.name = "west";
  alerts.tell(kDown);
  alerts.tell(west);
  co_await until_counted(loop, alerts.counters().delivered, 1);
  EXPECT_EQ(nlohmann::json::parse(target.last_body())["alerts"].size(), 2u);
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, of_a_group_are_one_message) {
  Loop loop;
  loop.run_until_done(grouped(loop));
}

Task<void> unmailable(Loop& loop) {
  // Takes connections and says nothing, as a mail server that hangs.
  Target target(loop);
  target.fall_silent();
  const MailSettings mail{.server = "smtp" + target.url().substr(4), .from = "a@example.com", .to = {"b@example.com"}, .starttls = false};
  Alerts::Options quick = options();
  quick.mail_timeout = 200ms;
  Alerts alerts(loop, {{.on = {"region"}, .mail = mail}}, quick, {});
  alerts.tell(kDown);
  co_await until_counted(loop, alerts.counters().retried, 1);
  EXPECT_FALSE(alerts.status().front().last_error.empty());
  EXPECT_EQ(alerts.status().front().name, "mail b@example.com");
  co_await alerts.stop();
  co_await target.kill();
}

TEST(Alerts, that_cannot_be_mailed_are_tried_again) {
  Loop loop;
  loop.run_until_done(unmailable(loop));
}

Task<void> tried(Loop& loop, const io::ScratchDirectory& scratch) {
  std::vector<AlertSettings> settings{{.on = {"region"}, .exec = {"/bin/sh", "-c", "cat > " + scratch.file("alert")}},
                                      {.on = {"dns"}, .exec = {"/bin/false"}}};
  const auto outcomes = co_await Alerts::test(loop, settings, options());
  EXPECT_EQ(outcomes.size(), 2u);
  EXPECT_TRUE(outcomes.front().sent.has_value());
  EXPECT_EQ(outcomes.back().receiver, "exec /bin/false");
  EXPECT_EQ(outcomes.back().sent.error().text, "exit status 1");
  EXPECT_EQ(nlohmann::json::parse(io::read_whole_file(scratch.file("alert"), 4096).value_or("{}"))["state"], "test");
}

TEST(Alerts, can_be_tried) {
  Loop loop;
  const io::ScratchDirectory scratch;
  loop.run_until_done(tried(loop, scratch));
}

}  // namespace
}  // namespace evershore::health
