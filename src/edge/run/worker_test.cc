// The whole edge of one loop over real sockets, against two regions that are HTTP servers on the same loop.
#include "edge/run/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "io/test_support.h"
#include "wire/http/range.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct NoSink final : EvidenceSink {
  void report(std::string_view, ProbeResult) override {}
};

// A region: any key is the same object. Cuts its bodies at `cut_at` while `dying`.
class TinyRegion {
 public:
  TinyRegion(io::Loop& loop, std::string bytes) : loop_(loop), bytes_(std::move(bytes)) {
    auto server = io::HttpServer::start(loop, {"127.0.0.1", 0}, {}, [this](io::HttpExchange& exchange) { return serve(exchange); });
    EVERSHORE_ASSERT(server.has_value());
    server_ = std::move(*server);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_->local().port); }
  Task<void> stop() { return server_->drain(loop_.now()); }

  bool answers_503 = false;
  bool silent = false;
  std::optional<uint64_t> cut_at;
  size_t requests = 0;
  std::string last_authorization;

 private:
  Task<void> serve(io::HttpExchange& exchange) {
    ++requests;
    last_authorization = exchange.request().headers.get("authorization");
    if (silent) co_await sleep_for(loop_, 1500ms);
    http::ResponseHead head;
    if (answers_503) {
      head.status = 503;
      (void)co_await exchange.respond(std::move(head), {});
      co_return;
    }
    const auto range = http::decide_range(exchange.request().headers.get("range"), bytes_.size());
    ByteRange part{0, bytes_.size()};
    head.headers.add("ETag", "\"v1\"");
    head.headers.add("Cache-Control", "no-store");
    if (range.outcome == http::RangeOutcome::kPartial) {
      part = range.ranges[0];
      head.status = 206;
      head.headers.add("Content-Range", http::format_content_range(part, bytes_.size()));
    }
    (void)co_await exchange.start(std::move(head), part.length);
    if (exchange.request().method == "HEAD") {
      (void)co_await exchange.finish();
      co_return;
    }
    const uint64_t end = cut_at && part.first <= *cut_at ? std::min(part.first + part.length, *cut_at) : part.first + part.length;
    const auto written = co_await exchange.write(as_bytes(std::string_view(bytes_).substr(part.first, end - part.first)));
    if (!written) co_return;
    if (end < part.first + part.length) {
      exchange.abort();
    } else {
      (void)co_await exchange.finish();
    }
  }
  io::Loop& loop_;
  std::string bytes_;
  std::unique_ptr<io::HttpServer> server_;
};

std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 7;
  for (auto& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    EdgeSettings edge;
    edge.cache_memory_bytes = 16 << 20;
    std::map<std::string, RegionSettings> regions;
    regions["east"] = {.name = "east", .endpoint = east.endpoint(), .bucket = "b", .access_key = Secret("AK"), .secret_key = Secret("SK")};
    regions["west"] = {.name = "west", .endpoint = west.endpoint(), .addressing = Addressing::kBare};
    SiteSettings site{.name = "s", .hosts = {"*"}, .regions = {"east", "west"}};
    config.publish(make_edge_config(edge, regions, {{"s", site}}, 1));
    worker = std::make_unique<EdgeWorker>(loop, EdgeInputs{config, health, steering}, sink, Log(), EdgeWorker::Options{});
    auto local = worker->listen({"127.0.0.1", 0}, nullptr);
    EVERSHORE_ASSERT(local.has_value());
    origin = {.host = "127.0.0.1", .port = local->port};
  }
  ~WorkerTest() override { loop.run_until_done(stop()); }
  Task<void> stop() {
    co_await worker->drain(loop.now() + 1s);
    co_await east.stop();
    co_await west.stop();
  }
  Task<void> run_fetch(io::HttpRequest request, std::optional<Result<io::HttpClient::Whole>>& got) {
    got.emplace(co_await client.fetch(origin, std::move(request), {}, 64 << 20));
  }
  Result<io::HttpClient::Whole> fetch(std::string target, http::Headers headers = {}) {
    std::optional<Result<io::HttpClient::Whole>> got;
    io::HttpRequest request;
    request.target = std::move(target);
    request.headers = std::move(headers);
    loop.run_until_done(run_fetch(std::move(request), got));
    return std::move(*got);
  }

  io::Loop loop;
  const std::string bytes = pattern(5'000'000);
  TinyRegion east{loop, bytes};
  TinyRegion west{loop, bytes};
  NoSink sink;
  Published<EdgeConfig> config{std::make_shared<const EdgeConfig>()};
  Published<HealthSnapshot> health{std::make_shared<const HealthSnapshot>()};
  Published<Steering> steering{std::make_shared<const Steering>()};
  std::unique_ptr<EdgeWorker> worker;
  io::HttpClient client{loop, {}};
  io::HttpOrigin origin;
};

TEST_F(WorkerTest, serves_a_large_object_from_the_first_region_with_a_signed_request) {
  const auto got = fetch("/k");
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->head.status, 200);
  EXPECT_TRUE(got->body == bytes);
  EXPECT_EQ(got->head.headers.get("x-evershore"), "region=east; cache=none; attempts=1");
  EXPECT_THAT(east.last_authorization, HasSubstr("AWS4-HMAC-SHA256 Credential=AK/"));
}

TEST_F(WorkerTest, continues_a_download_that_its_region_resets) {
  east.cut_at = 1'234'567;
  const auto got = fetch("/k");
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_TRUE(got->body == bytes);
  EXPECT_EQ(worker->fetch_counters().takeovers.get(), 1u);
  EXPECT_EQ(west.last_authorization, "");
}

TEST_F(WorkerTest, a_region_that_answers_503_costs_its_users_nothing) {
  east.answers_503 = true;
  for (int i = 0; i < 10; ++i) {
    const auto got = fetch("/k" + std::to_string(i), {{"Range", "bytes=0-9"}});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->head.status, 206);
    EXPECT_EQ(got->body, bytes.substr(0, 10));
  }
  EXPECT_LE(east.requests, 5u);
}

TEST_F(WorkerTest, a_silent_region_costs_one_hedge) {
  east.silent = true;
  const Mono begun = loop.now();
  const auto got = fetch("/k", {{"Range", "bytes=0-9"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, bytes.substr(0, 10));
  EXPECT_LT(loop.now() - begun, 1s);
  EXPECT_EQ(worker->fetch_counters().hedges.get(), 1u);
}

TEST_F(WorkerTest, a_body_that_nobody_continues_is_no_complete_answer) {
  east.cut_at = 1'000'000;
  west.cut_at = 1'000'000;
  const auto got = fetch("/k");
  EXPECT_FALSE(got);
}

TEST_F(WorkerTest, says_why_a_region_is_left_alone) {
  east.answers_503 = true;
  for (int i = 0; i < 5; ++i) fetch("/k", {{"Range", "bytes=0-9"}});
  const auto lines = worker->explain();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("east: open (several failures in a row)"));
  EXPECT_THAT(lines[0], HasSubstr("503 from east"));
}

TEST_F(WorkerTest, a_reload_takes_effect_for_the_next_request) {
  auto changed = *config.read();
  changed.sites = SiteTable({{"t", {.name = "t", .hosts = {"*"}, .regions = {"west"}}}});
  config.publish(changed);
  const auto got = fetch("/k");
  ASSERT_TRUE(got);
  EXPECT_THAT(std::string(got->head.headers.get("x-evershore")), HasSubstr("region=west"));
}

}  // namespace
}  // namespace evershore::edge
