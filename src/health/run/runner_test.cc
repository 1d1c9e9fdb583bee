#include "health/run/runner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "health/run/test_targets.h"
#include "io/test_support.h"

namespace evershore::health {
namespace {

using io::Loop;

// Sanitizers make everything several times slower; the promises are for the real build.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kSlowness = 5;
#else
constexpr int kSlowness = 1;
#endif

constexpr ProbeTiming kQuick{.interval = 250ms, .timeout = 300ms, .failure_threshold = 3};
constexpr ProbeTiming kRare{.interval = 1h, .timeout = 300ms, .failure_threshold = 3};

RegionSettings region_at(const std::string& name, const Target& target, const ProbeTiming& timing) {
  return {.name = name, .endpoint = target.url(), .bucket = "bucket-" + name, .check = timing};
}

HealthCheckSettings http_check(const std::string& name, const std::string& url, const ProbeTiming& timing) {
  return {.name = name, .type = CheckType::kHttp, .url = url, .timing = timing};
}

// A runner and what it tells. `changes` reads "region/east up", in order.
struct Node {
  explicit Node(Loop& own_loop, std::string stored = "")
      : loop(own_loop), memory(std::move(stored)), changed(own_loop), runner(own_loop, board, hooks(), {}, {}) {}

  HealthHooks hooks() {
    return {.load = [this] { return memory; },
            .store = [this](std::string text) { memory = std::move(text); },
            .on_change =
                [this](const HealthSnapshot& snapshot, const HealthChange& change) {
                  EXPECT_EQ(board.read()->epoch, snapshot.epoch) << "published before it is told";
                  changes.push_back(fmt::format("{} {}", change.check.name, health_name(change.check.health)));
                  last = change;
                  changed.notify_all();
                }};
  }
  Health health_of(std::string_view check) const { return board.read()->health_of(check); }
  std::string why(std::string_view check) const { return board.read()->find(check)->why; }

  Loop& loop;
  std::string memory;
  Published<HealthSnapshot> board{std::make_shared<const HealthSnapshot>()};
  std::vector<std::string> changes;
  HealthChange last;
  Signal changed;
  HealthRunner runner;
};

// Returns how long it took.
Task<Duration> until_health(Node& node, std::string check, Health health) {
  const Mono from = node.loop.now();
  const Mono deadline = from + 10s;
  while (node.health_of(check) != health && node.loop.now() < deadline) co_await node.changed.wait_until(deadline);
  EXPECT_EQ(node.health_of(check), health) << check;
  co_return node.loop.now() - from;
}

Task<void> refused(Loop& loop) {
  Target target(loop);
  Node node(loop);
  node.runner.start({.regions = {{"east", region_at("east", target, kQuick)}}});
  EXPECT_EQ(node.health_of("region/east"), Health::kUnknown);
  co_await until_health(node, "region/east", Health::kUp);
  EXPECT_EQ(target.asked(), (std::vector<std::string>{"HEAD /bucket-east", "GET /bucket-east/.evershore/region"}));

  co_await target.kill();
  const Duration took = co_await until_health(node, "region/east", Health::kDown);
  EXPECT_LT(took, 600ms * kSlowness);
  EXPECT_EQ(node.why("region/east"), "3 of 3 probes failed, last: connection refused");
  EXPECT_EQ(node.last.before, Health::kUp);

  target.revive();
  const Duration back = co_await until_health(node, "region/east", Health::kUp);
  EXPECT_LT(back, 1500ms * kSlowness);
  EXPECT_EQ(node.changes, (std::vector<std::string>{"region/east up", "region/east down", "region/east up"}));
  co_await node.runner.stop();
  co_await target.kill();
}

TEST(HealthRunner, a_refused_port_is_down_within_600_ms_and_comes_back) {
  Loop loop;
  loop.run_until_done(refused(loop));
}

Task<void> black_hole(Loop& loop) {
  Target target(loop);
  Node node(loop);
  node.runner.start({.regions = {{"east", region_at("east", target, kQuick)}}});
  co_await until_health(node, "region/east", Health::kUp);
  target.fall_silent();
  const Duration took = co_await until_health(node, "region/east", Health::kDown);
  EXPECT_LT(took, 1500ms * kSlowness);
  EXPECT_EQ(node.why("region/east"), "3 of 3 probes failed, last: timeout after 300 ms");
  // It still hangs: stopping does not wait for it.
  const Mono before = loop.now();
  co_await node.runner.stop();
  EXPECT_LT(loop.now() - before, 200ms * kSlowness);
  co_await target.kill();
}

TEST(HealthRunner, a_black_hole_is_down_within_1500_ms) {
  Loop loop;
  loop.run_until_done(black_hole(loop));
}

Task<void> traffic(Loop& loop) {
  Target target(loop);
  Node node(loop);
  node.runner.start({.regions = {{"east", region_at("east", target, kRare)}}});
  co_await until_health(node, "region/east", Health::kUp);

  for (int i = 0; i < 100; ++i) node.runner.report_evidence("region/east", {.ok = false, .why = "503"});
  node.runner.report_evidence("region/nowhere", {.ok = false, .why = "503"});
  co_await target.until_asked(4);  // the probe that this asks for, long before the interval is over
  EXPECT_EQ(node.health_of("region/east"), Health::kUp);

  co_await target.kill();
  node.runner.report_evidence("region/east", {.ok = false, .why = "connection refused"});
  const Duration took = co_await until_health(node, "region/east", Health::kDown);
  EXPECT_LT(took, 600ms * kSlowness);
  EXPECT_TRUE(node.why("region/east").contains("(1 seen in traffic)")) << node.why("region/east");
  co_await node.runner.stop();
}

TEST(HealthRunner, failed_requests_are_checked_at_once_and_hasten_the_verdict) {
  Loop loop;
  loop.run_until_done(traffic(loop));
}

Task<void> calculated(Loop& loop) {
  Target bucket(loop);
  Target cdn(loop);
  Node node(loop);
  HealthSettings settings;
  settings.checks["bucket"] = http_check("bucket", bucket.url() + "/health.txt", kQuick);
  settings.checks["cdn"] = http_check("cdn", cdn.url() + "/", kQuick);
  settings.checks["primary"] = {.name = "primary", .type = CheckType::kCalculated, .children = {"bucket", "cdn"}, .healthy_at_least = 2};
  settings.checks["opposite"] = http_check("opposite", cdn.url() + "/", kQuick);
  settings.checks["opposite"].inverted = true;
  settings.checks["off"] = http_check("off", "http://127.0.0.1:1/", kQuick);
  settings.checks["off"].disabled = true;
  node.runner.start(settings);
  EXPECT_EQ(node.health_of("off"), Health::kUp);
  co_await until_health(node, "primary", Health::kUp);
  co_await until_health(node, "opposite", Health::kDown);
  cdn.answer(404);
  co_await until_health(node, "primary", Health::kDown);
  EXPECT_EQ(node.why("primary"), "1 of 2 children healthy, 2 needed; down: cdn");
  EXPECT_TRUE(node.why("cdn").starts_with("3 of 3 probes failed, last: 404 in ")) << node.why("cdn");
  co_await until_health(node, "opposite", Health::kUp);
  co_await node.runner.stop();
  co_await bucket.kill();
  co_await cdn.kill();
}

TEST(HealthRunner, calculated_inverted_and_disabled_checks_follow_at_once) {
  Loop loop;
  loop.run_until_done(calculated(loop));
}

Task<void> reconfigured(Loop& loop) {
  Target target(loop);
  Node node(loop);
  HealthSettings settings{.regions = {{"east", region_at("east", target, kRare)}}};
  node.runner.start(settings);
  co_await until_health(node, "region/east", Health::kUp);
  const uint64_t epoch = node.board.read()->epoch;

  settings.regions["west"] = region_at("west", target, kRare);
  settings.regions["east"].check.interval = 30min;
  node.runner.reconfigure(settings);
  EXPECT_EQ(node.health_of("region/east"), Health::kUp);
  EXPECT_EQ(node.health_of("region/west"), Health::kUnknown);
  EXPECT_GT(node.board.read()->epoch, epoch);
  co_await until_health(node, "region/west", Health::kUp);

  settings.regions["east"].bucket = "another";
  settings.regions.erase("west");
  node.runner.reconfigure(settings);
  EXPECT_EQ(node.health_of("region/east"), Health::kUnknown);
  EXPECT_EQ(node.board.read()->find("region/west"), nullptr);
  co_await node.runner.stop();
  co_await target.kill();
}

TEST(HealthRunner, new_settings_keep_what_is_known_of_unchanged_targets) {
  Loop loop;
  loop.run_until_done(reconfigured(loop));
}

Task<void> restarted(Loop& loop) {
  Target target(loop);
  co_await target.kill();
  const HealthSettings settings{.regions = {{"east", region_at("east", target, kQuick)}}};
  std::string stored;
  Wall since;
  {
    Node node(loop);
    node.runner.start(settings);
    co_await until_health(node, "region/east", Health::kDown);
    since = node.board.read()->find("region/east")->since;
    co_await yield(loop);
    co_await node.runner.stop();
    stored = node.memory;
  }
  Node node(loop, stored);
  node.runner.start(settings);
  EXPECT_EQ(node.health_of("region/east"), Health::kDown);
  EXPECT_EQ(node.why("region/east"), "3 of 3 probes failed, last: connection refused");
  EXPECT_LT(std::chrono::abs(node.board.read()->find("region/east")->since - since), 1ms * kSlowness);
  EXPECT_TRUE(node.changes.empty());
  co_await node.runner.stop();
}

TEST(HealthRunner, a_restarted_node_begins_with_what_it_knew) {
  Loop loop;
  loop.run_until_done(restarted(loop));
}

}  // namespace
}  // namespace evershore::health
