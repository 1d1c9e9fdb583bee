#include "health/run/prober.h"

#include <gtest/gtest.h>

#include "health/run/test_targets.h"
#include "health/verdict.h"
#include "io/test_support.h"
#include "wire/http/date.h"

namespace evershore::health {
namespace {

using io::Loop;

constexpr Duration kPatient = 10s;  // far from what a loaded machine needs

Task<ProbeResult> probe(Prober& prober, ProbeTarget target, Duration timeout) {
  ProbeCancel* under_way = nullptr;
  const ProbeResult result = co_await prober.probe(std::move(target), timeout, &under_way);
  EXPECT_EQ(under_way, nullptr);
  co_return result;
}

void expect_ok(const ProbeResult& result) { EXPECT_TRUE(result.ok) << result.why; }
void expect_bad(const ProbeResult& result, std::string_view why) {
  EXPECT_FALSE(result.ok) << result.why;
  EXPECT_TRUE(result.why.starts_with(why)) << result.why;
}

Task<void> http(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  Target target(loop);
  const ProbeTarget plain{.url = target.url() + "/a?b=c"};
  result = co_await probe(prober, plain, kPatient);
  expect_ok(result);
  EXPECT_EQ(target.asked().back(), "GET /a?b=c");
  EXPECT_EQ(target.last().host, target.address());
  target.answer(302);
  result = co_await probe(prober, plain, kPatient);
  expect_ok(result);
  target.answer(500);
  result = co_await probe(prober, plain, kPatient);
  expect_bad(result, "500 in ");

  const ProbeTarget search{.url = target.url() + "/", .search = "all good"};
  target.answer(200, "so far all good");
  result = co_await probe(prober, search, kPatient);
  expect_ok(result);
  target.answer(200, std::string(kSearchBytes, 'x') + "all good");
  result = co_await probe(prober, search, kPatient);
  expect_bad(result, "200, but the text is not in the first 5120 bytes");

  target.fall_silent();
  const Mono before = loop.now();
  result = co_await probe(prober, plain, 500ms);
  expect_bad(result, "timeout after 500 ms");
  EXPECT_LT(loop.now() - before, 700ms);
  co_await target.kill();
  result = co_await probe(prober, plain, kPatient);
  expect_bad(result, "connection refused");
}

TEST(Prober, http_checks_want_2xx_or_3xx_and_the_text) {
  Loop loop;
  loop.run_until_done(http(loop));
}

Task<void> https(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  const io::ScratchDirectory scratch;
  const auto certificate = io::make_certificate(scratch, "other.test", "DNS:other.test");
  auto tls = io::TlsServerContext::make({certificate});
  EVERSHORE_ASSERT(tls.has_value());
  Target target(loop, {.tls = *tls});
  result = co_await probe(prober, {.url = target.url() + "/"}, kPatient);
  expect_ok(result);
  co_await target.kill();
}

TEST(Prober, certificates_are_not_verified) {
  Loop loop;
  loop.run_until_done(https(loop));
}

Task<void> tcp(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  Target target(loop);
  result = co_await probe(prober, {.kind = ProbeTarget::Kind::kTcp, .url = target.address()}, kPatient);
  expect_ok(result);
  co_await target.kill();
  result = co_await probe(prober, {.kind = ProbeTarget::Kind::kTcp, .url = target.address()}, kPatient);
  expect_bad(result, "connection refused");
}

TEST(Prober, tcp_checks_want_a_connection) {
  Loop loop;
  loop.run_until_done(tcp(loop));
}

Task<void> alive(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  Target target(loop);
  const ProbeTarget edge{.kind = ProbeTarget::Kind::kAlive, .url = target.url() + "/"};
  target.answer(421);
  result = co_await probe(prober, edge, kPatient);
  expect_ok(result);
  target.answer(503);
  result = co_await probe(prober, edge, kPatient);
  expect_bad(result, "503");
  co_await target.kill();
}

TEST(Prober, an_edge_is_alive_when_it_answers) {
  Loop loop;
  loop.run_until_done(alive(loop));
}

Task<void> region(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  Target target(loop);
  ProbeTarget east{.kind = ProbeTarget::Kind::kRegion, .region = {.name = "east", .endpoint = target.url(), .bucket = "b"}};
  target.answer(403);
  result = co_await probe(prober, east, kPatient);
  expect_ok(result);
  EXPECT_EQ(target.asked(), (std::vector<std::string>{"HEAD /b", "GET /b/.evershore/region"}));
  target.answer(404);
  result = co_await probe(prober, east, kPatient);
  expect_bad(result, "HEAD bucket: 404: no such bucket");
  target.answer(200);
  target.answer_at("/b/.evershore/region", 404);
  result = co_await probe(prober, east, kPatient);
  expect_ok(result);
  target.answer_at("/b/.evershore/region", 503);
  result = co_await probe(prober, east, kPatient);
  expect_bad(result, "GET marker: 503");

  target.answer_at("/b/.evershore/region", 404);
  target.answer_at("/b/health.txt", 404);
  east.region.probe = "health.txt";
  result = co_await probe(prober, east, kPatient);
  expect_bad(result, "GET health.txt: 404");
  target.answer_at("/b/health.txt", 200);
  result = co_await probe(prober, east, kPatient);
  expect_ok(result);

  east.region.access_key = Secret("key");
  east.region.secret_key = Secret("secret");
  result = co_await probe(prober, east, kPatient);
  expect_ok(result);
  EXPECT_TRUE(target.last().headers.get("authorization").starts_with("AWS4-HMAC-SHA256 Credential=key/"));
  target.answer(403);
  result = co_await probe(prober, east, kPatient);
  expect_bad(result, "HEAD bucket: 403: the credentials are refused");
  co_await target.kill();
}

TEST(Prober, a_region_is_asked_for_its_bucket_its_marker_and_its_own_probe) {
  Loop loop;
  loop.run_until_done(region(loop));
}

Task<void> bare(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  Target target(loop);
  const RegionSettings cdn{.name = "cdn", .endpoint = target.url(), .addressing = Addressing::kBare};
  target.answer(404);
  result = co_await probe(prober, {.kind = ProbeTarget::Kind::kRegion, .region = cdn}, kPatient);
  expect_ok(result);
  EXPECT_EQ(target.asked(), (std::vector<std::string>{"GET /.evershore/region"}));
  co_await target.kill();
}

Task<void> clock(Loop& loop) {
  Target target(loop);
  Prober prober(loop, {});
  const ProbeTarget east{.kind = ProbeTarget::Kind::kRegion, .region = {.name = "east", .endpoint = target.url(), .bucket = "b"}};
  target.say_that_it_is(http::format_http_date(loop.wall() + std::chrono::hours(1)));
  auto result = co_await probe(prober, east, kPatient);
  EXPECT_TRUE(result.clock_ahead.has_value());
  EXPECT_NEAR(std::chrono::duration<double>(result.clock_ahead.value_or(Duration{})).count(), 3600, 30);
  target.say_that_it_is("yesterday");
  result = co_await probe(prober, east, kPatient);
  EXPECT_TRUE(result.ok);
  EXPECT_FALSE(result.clock_ahead.has_value());
  co_await target.kill();
}

TEST(Prober, a_region_tells_how_far_its_clock_is_ahead) {
  Loop loop;
  loop.run_until_done(clock(loop));
}

TEST(Prober, a_bare_region_has_no_bucket_to_ask_for) {
  Loop loop;
  loop.run_until_done(bare(loop));
}

Task<void> drilled(Loop& loop) {
  Target target(loop);
  io::FaultBoard faults;
  Prober prober(loop, {.faults = &faults});
  const ProbeTarget plain{.url = target.url() + "/"};
  for (const auto& [mode, why] :
       {std::pair(io::FaultMode::kDown, "connection refused"), std::pair(io::FaultMode::kError, "503"),
        std::pair(io::FaultMode::kBlackhole, "timeout after 500 ms"), std::pair(io::FaultMode::kSlow, "timeout after 500 ms")}) {
    faults.set(target.address(), mode);
    const ProbeResult result = co_await probe(prober, plain, 500ms);
    expect_bad(result, why);
  }
  EXPECT_TRUE(target.asked().empty());
  faults.set(target.address(), io::FaultMode::kNone);
  const ProbeResult after = co_await probe(prober, plain, kPatient);
  expect_ok(after);
  co_await target.kill();
}

TEST(Prober, a_drill_looks_like_the_real_thing) {
  Loop loop;
  loop.run_until_done(drilled(loop));
}

Task<void> no_such_host(Loop& loop) {
  Prober prober(loop, {});
  ProbeResult result;
  result = co_await probe(prober, {.url = "http://nowhere.invalid/"}, kPatient);
  EXPECT_FALSE(result.ok);
  EXPECT_FALSE(result.why.empty());
}

TEST(Prober, a_name_that_does_not_resolve_is_a_failure) {
  Loop loop;
  loop.run_until_done(no_such_host(loop));
}

}  // namespace
}  // namespace evershore::health
