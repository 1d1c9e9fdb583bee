// The checker is checked: each way an answer can be bad must be noticed.
#include "app/demo/load.h"

#include <gtest/gtest.h>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_server.h"

namespace evershore::app::demo {
namespace {

using namespace std::chrono_literals;

const std::string kBody(100'000, 'b');

http::ResponseHead head(uint16_t status, const std::string& etag) {
  http::ResponseHead head;
  head.status = status;
  head.headers.add("ETag", etag);
  return head;
}

Task<void> respond(io::HttpExchange& exchange, http::ResponseHead head, std::string body) {
  [[maybe_unused]] const auto sent = co_await exchange.respond(std::move(head), as_bytes(body));
}

Task<void> break_off(io::HttpExchange& exchange) {
  auto sent = co_await exchange.start(head(200, "\"1\""), kBody.size());
  if (sent) sent = co_await exchange.write(as_bytes(kBody).first(1'000));
  exchange.abort();
}

Task<void> serve(io::HttpExchange& exchange) {
  const auto& path = exchange.request().target;
  if (path == "/broken-off") return break_off(exchange);
  if (path == "/503") return respond(exchange, head(503, "\"1\""), "sorry");
  if (path == "/short") return respond(exchange, head(200, "\"1\""), kBody.substr(1));
  if (path == "/wrong") return respond(exchange, head(200, "\"1\""), std::string(kBody.size(), 'x'));
  if (path == "/newer") return respond(exchange, head(200, "\"2\""), "another version");
  return respond(exchange, head(200, "\"1\""), kBody);
}

struct World {
  io::Loop loop;
  std::unique_ptr<io::HttpServer> server = *io::HttpServer::start(loop, {"127.0.0.1", 0}, {}, serve);

  Target target(const std::string& path) const { return {path, kBody.size(), sha256(kBody), ""}; }
  LoadOptions options(Target target) const {
    return {.edge = {.host = "127.0.0.1", .port = server->local().port}, .host = "h", .targets = {std::move(target)}};
  }
};

Task<void> run_for(World& world, Load& load, Duration span) {
  load.start();
  co_await sleep_for(world.loop, span);
  co_await load.finish();
  co_await world.server->drain(world.loop.now() + 1s);
}

RequestSummary requests(Target (*make)(World&)) {
  World world;
  Load load(world.loop, world.options(make(world)));
  world.loop.run_until_done(run_for(world, load, 50ms));
  auto sum = summarise(load.samples(), {Mono{}, kNever});
  EXPECT_EQ(load.bad(), sum.failed + sum.truncated + sum.wrong);
  EXPECT_EQ(load.notes().empty(), load.bad() == 0);
  return sum;
}

TEST(Load, a_right_answer_is_good_and_requests_are_sent_when_due) {
  const auto sum = requests([](World& w) { return w.target("/good"); });
  EXPECT_GE(sum.requests, 20u);  // 500/s for 50 ms, less what a busy machine starts late
  EXPECT_EQ(sum.failed + sum.truncated + sum.wrong, 0u);
}

TEST(Load, a_body_that_breaks_off_is_truncated) {
  const auto sum = requests([](World& w) { return w.target("/broken-off"); });
  EXPECT_EQ(sum.truncated, sum.requests);
}

TEST(Load, a_complete_body_that_is_too_short_is_truncated) {
  const auto sum = requests([](World& w) { return w.target("/short"); });
  EXPECT_EQ(sum.truncated, sum.requests);
}

TEST(Load, other_bytes_of_the_same_length_are_wrong) {
  const auto sum = requests([](World& w) { return w.target("/wrong"); });
  EXPECT_EQ(sum.wrong, sum.requests);
}

TEST(Load, another_status_is_a_failure) {
  const auto sum = requests([](World& w) { return w.target("/503"); });
  EXPECT_EQ(sum.failed, sum.requests);
}

TEST(Load, nobody_there_is_a_failure) {
  World world;
  auto options = world.options(world.target("/good"));
  options.edge.port = 1;
  Load load(world.loop, options);
  world.loop.run_until_done(run_for(world, load, 20ms));
  const auto sum = summarise(load.samples(), {Mono{}, kNever});
  EXPECT_EQ(sum.failed, sum.requests);
}

TEST(Load, another_version_is_wrong_only_where_versions_are_not_told_apart) {
  EXPECT_GT(requests([](World& w) { return w.target("/newer"); }).truncated, 0u);
  const auto told_apart = requests([](World& w) {
    auto target = w.target("/newer");
    target.etag = "\"1\"";
    return target;
  });
  EXPECT_EQ(told_apart.failed + told_apart.truncated + told_apart.wrong, 0u);
}

Task<void> download_all(World& world, Load& load, std::vector<std::string> paths) {
  for (const auto& path : paths) load.download(world.target(path), 2'000'000);
  while (load.downloads_under_way() > 0) co_await sleep_for(world.loop, 2ms);
  co_await load.finish();
  co_await world.server->drain(world.loop.now() + 1s);
}

TEST(Load, a_slow_download_takes_its_time_and_is_checked_too) {
  World world;
  Load load(world.loop, world.options(world.target("/good")));
  world.loop.run_until_done(download_all(world, load, {"/good", "/broken-off", "/wrong"}));
  const auto sum = summarise(load.downloads(), {Mono{}, kNever});
  EXPECT_EQ(sum.started, 3u);
  EXPECT_EQ(sum.completed, 1u);
  EXPECT_EQ(sum.truncated, 1u);
  EXPECT_EQ(sum.wrong, 1u);
  for (const auto& download : load.downloads()) {
    if (download.outcome == Outcome::kGood) EXPECT_GE(download.ended - download.begun, 45ms);
  }
}

}  // namespace
}  // namespace evershore::app::demo
