#include "edge/run/fetcher.h"

#include <gtest/gtest.h>

#include "base/fake_scheduler.h"
#include "base/text.h"
#include "edge/run/fake_origin.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

std::string pattern(size_t size, char seed) {
  std::string bytes(size, '\0');
  uint32_t state = static_cast<uint32_t>(seed);
  for (auto& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct NoSink final : EvidenceSink {
  void report(std::string_view region, ProbeResult result) override {
    if (!result.ok) failures.push_back(std::string(region) + ": " + result.why);
  }
  std::vector<std::string> failures;
};

// What a client would have seen.
struct Outcome {
  bool done = false;
  GiveUp why = GiveUp::kNone;
  uint16_t status = 0;
  std::string region;
  std::string bytes;
  bool complete = false;
  uint32_t attempts = 0;
  uint32_t takeovers = 0;
  Duration took{};
  Duration longest_gap{};
};

class FetcherTest : public ::testing::Test {
 protected:
  ~FetcherTest() override {
    bool closed = false;
    tasks.spawn(close(closed));
    time.run_for(10s);
    EXPECT_TRUE(closed);
  }
  Task<void> close(bool& closed) {
    co_await fetcher.close();
    closed = true;
  }
  Task<void> run_fetch(FetchOrder order, Outcome& outcome) {
    const Mono begun = time.now();
    auto fetched = co_await fetcher.fetch(std::move(order));
    outcome.why = fetched.why;
    outcome.attempts = fetched.attempts;
    outcome.took = time.now() - begun;
    if (fetched.why == GiveUp::kNone) {
      outcome.status = fetched.head.status;
      outcome.region = fetched.region;
      Mono last = time.now();
      while (true) {
        auto piece = co_await fetched.body->next();
        outcome.longest_gap = std::max(outcome.longest_gap, Duration(time.now() - last));
        last = time.now();
        if (!piece) break;
        if (piece->empty()) {
          outcome.complete = true;
          break;
        }
        outcome.bytes += as_text(*piece);
      }
      outcome.takeovers = fetched.body->takeovers();
    }
    outcome.done = true;
  }
  FetchOrder order_for(std::string key) {
    FetchOrder order;
    order.request.key = std::move(key);
    for (size_t i = 0; i < names.size(); ++i) order.regions.push_back({.region = names[i], .index = i});
    return order;
  }
  Outcome get(std::string key, Duration patience = 20s) {
    Outcome outcome;
    tasks.spawn(run_fetch(order_for(std::move(key)), outcome));
    const Mono until = time.now() + patience;
    while (!outcome.done && time.now() < until && time.run_next()) {
    }
    EXPECT_TRUE(outcome.done);
    return outcome;
  }
  void put_everywhere(const std::string& key, FakeObject object) {
    for (const auto& name : names) origin.region(name).objects[key] = object;
  }

  FakeScheduler time;
  FakeOrigin origin{time};
  NoSink sink;
  RegionBook book{time, sink, Log(), BreakerRules{}};
  Fetcher fetcher{time, origin, book, Fetcher::Rules{}};
  TaskScope tasks;
  std::vector<std::string> names{"east", "west"};
  FakeRegion& east = origin.region("east");
  FakeRegion& west = origin.region("west");
  const std::string big = pattern(1'000'000, 'a');
};

TEST_F(FetcherTest, the_first_region_serves_while_it_works) {
  put_everywhere("k", {big, "\"v1\""});
  const auto got = get("k");
  EXPECT_EQ(got.region, "east");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
  EXPECT_EQ(got.attempts, 1u);
  EXPECT_TRUE(west.seen.empty());
}

TEST_F(FetcherTest, an_answer_to_another_question_is_a_failure_of_the_region) {
  put_everywhere("k", {big, "\"v1\""});
  east.lies_content_range = "bytes 0-9/1000000";
  auto order = order_for("k");
  order.request.range = "bytes=10-19";
  Outcome got;
  tasks.spawn(run_fetch(std::move(order), got));
  time.run_for(5s);
  EXPECT_EQ(got.region, "west");
  EXPECT_EQ(got.bytes, big.substr(10, 10));
  EXPECT_EQ(got.attempts, 2u);
}

TEST_F(FetcherTest, a_refused_connection_costs_nothing) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kRefuses);
  const auto got = get("k");
  EXPECT_EQ(got.region, "west");
  EXPECT_LT(got.took, 10ms);
}

TEST_F(FetcherTest, a_503_is_asked_elsewhere_at_once) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kAnswers503);
  const auto got = get("k");
  EXPECT_EQ(got.bytes, "abc");
  EXPECT_LT(got.took, 10ms);
}

TEST_F(FetcherTest, a_black_hole_costs_one_hedge_and_then_nothing) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kBlackHole);
  Duration worst{};
  size_t slow = 0;
  for (int i = 0; i < 100; ++i) {
    const auto got = get("k");
    ASSERT_EQ(got.bytes, "abc");
    worst = std::max(worst, got.took);
    if (got.took > 50ms) ++slow;
  }
  EXPECT_LT(worst, 150ms);
  EXPECT_LE(slow, 5u);
}

TEST_F(FetcherTest, a_frozen_region_is_left_by_all_that_wait_for_it_as_soon_as_its_breaker_opens) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.first_byte = 60ms;  // the usual first byte makes hedging slow: 3 x p95
  for (int i = 0; i < 20; ++i) get("k");
  east.become(FakeRegion::Mode::kBlackHole);
  std::vector<Outcome> outcomes(200);
  for (auto& outcome : outcomes) {
    tasks.spawn(run_fetch(order_for("k"), outcome));
    time.run_for(2ms);
  }
  time.run_for(3s);
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome.done);
    EXPECT_EQ(outcome.bytes, "abc");
    EXPECT_LT(outcome.took, 500ms);
  }
}

TEST_F(FetcherTest, a_slow_but_answering_region_keeps_its_users) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.first_byte = 150ms;
  size_t elsewhere = 0;
  for (int i = 0; i < 40; ++i) {
    const auto got = get("k");
    ASSERT_EQ(got.bytes, "abc");
    if (got.region != "east") ++elsewhere;
    time.run_for(200ms);
  }
  EXPECT_LE(elsewhere, 10u);  // until its usual time is known
  EXPECT_EQ(book.record("east").breaker.phase, Phase::kClosed);
}

TEST_F(FetcherTest, a_body_cut_in_the_middle_goes_on_from_the_next_region) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
  EXPECT_EQ(got.takeovers, 1u);
  ASSERT_EQ(west.seen.size(), 1u);
  EXPECT_EQ(west.seen[0].range, "bytes=300000-999999");
  EXPECT_EQ(west.seen[0].if_match, "\"v1\"");
}

TEST_F(FetcherTest, a_body_that_ends_cleanly_but_early_goes_on_from_the_next_region) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  east.ends_short = true;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
}

TEST_F(FetcherTest, two_breaks_in_a_row_are_each_continued_with_one_range_from_the_right_byte) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  west.break_at = 700'000;
  west.breaks = 1;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
  EXPECT_EQ(got.takeovers, 2u);
  ASSERT_EQ(east.seen.size(), 2u);
  EXPECT_EQ(east.seen[1].range, "bytes=700000-999999");
}

TEST_F(FetcherTest, a_range_that_breaks_is_continued_within_the_range) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  Outcome got;
  auto order = order_for("k");
  order.request.range = "bytes=200000-399999";
  tasks.spawn(run_fetch(std::move(order), got));
  time.run_for(5s);
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.status, 206);
  EXPECT_TRUE(got.bytes == big.substr(200'000, 200'000));
  ASSERT_EQ(west.seen.size(), 1u);
  EXPECT_EQ(west.seen[0].range, "bytes=300000-399999");
}

TEST_F(FetcherTest, another_version_is_never_spliced_on) {
  put_everywhere("k", {big, "\"v1\""});
  west.objects["k"] = {pattern(1'000'000, 'b'), "\"v2\""};
  east.break_at = 300'000;
  east.breaks = 1'000;
  const auto got = get("k");
  EXPECT_FALSE(got.complete);
  EXPECT_TRUE(got.bytes == big.substr(0, 300'000));
}

TEST_F(FetcherTest, a_server_that_ignores_ranges_is_never_spliced_on) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1'000;
  west.ignores_range = true;
  const auto got = get("k");
  EXPECT_FALSE(got.complete);
  EXPECT_TRUE(got.bytes == big.substr(0, 300'000));
}

TEST_F(FetcherTest, a_server_that_sends_another_range_is_never_spliced_on) {
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1'000;
  west.lies_content_range = "bytes 0-699999/1000000";
  EXPECT_FALSE(get("k").complete);
}

TEST_F(FetcherTest, an_object_without_a_strong_etag_is_reset_when_it_breaks) {
  put_everywhere("k", {big, "W/\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  const auto got = get("k");
  EXPECT_FALSE(got.complete);
  EXPECT_TRUE(west.seen.empty());
}

TEST_F(FetcherTest, a_broken_body_of_the_only_region_is_continued_from_itself) {
  names = {"east"};
  put_everywhere("k", {big, "\"v1\""});
  east.break_at = 300'000;
  east.breaks = 1;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
}

TEST_F(FetcherTest, a_stalled_body_goes_on_elsewhere_within_half_a_second) {
  put_everywhere("k", {big, "\"v1\""});
  east.piece_gap = 5ms;
  east.stall_at = 300'000;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
  EXPECT_EQ(got.takeovers, 1u);
  EXPECT_LT(got.longest_gap, 500ms);
}

TEST_F(FetcherTest, two_regions_that_send_heads_and_no_bodies_do_not_keep_out_the_third) {
  names.push_back("north");
  put_everywhere("k", {big, "\"v1\""});
  east.piece_gap = 5ms;
  east.stall_at = 300'000;
  west.stall_at = 0;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
  EXPECT_EQ(got.takeovers, 2u);
  EXPECT_LT(got.longest_gap, 1s);
}

TEST_F(FetcherTest, a_stall_nobody_else_can_help_is_waited_out) {
  put_everywhere("k", {big, "\"v1\""});
  west.objects.clear();
  east.piece_gap = 5ms;
  east.stall_at = 300'000;
  Outcome got;
  tasks.spawn(run_fetch(order_for("k"), got));
  time.run_for(2s);
  EXPECT_FALSE(got.done);
  east.stall_at.reset();
  east.changed.notify_all();
  time.run_for(2s);
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.bytes == big);
}

TEST_F(FetcherTest, a_link_that_was_always_slow_is_not_taken_for_stalled) {
  put_everywhere("k", {big, "\"v1\""});
  east.piece_gap = 200ms;
  east.piece_bytes = 100'000;
  const auto got = get("k");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.takeovers, 0u);
  EXPECT_TRUE(west.seen.empty());
}

TEST_F(FetcherTest, a_key_that_one_region_lacks_is_served_from_the_other) {
  west.objects["k"] = {"abc", "\"v1\""};
  for (const uint16_t status : {404, 403}) {
    east.missing_status = status;
    const auto got = get("k");
    EXPECT_EQ(got.bytes, "abc");
    EXPECT_EQ(got.attempts, 2u);
  }
}

TEST_F(FetcherTest, a_key_that_no_region_has_is_not_found) { EXPECT_EQ(get("k").why, GiveUp::kNotFound); }

TEST_F(FetcherTest, a_key_missing_where_it_could_be_asked_says_so) {
  east.become(FakeRegion::Mode::kRefuses);
  EXPECT_EQ(get("k").why, GiveUp::kNotFoundPartly);
}

TEST_F(FetcherTest, a_total_outage_does_not_multiply_load) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kAnswers503);
  west.become(FakeRegion::Mode::kAnswers503);
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(get("k").why, GiveUp::kUnavailable);
  EXPECT_LT(east.seen.size() + west.seen.size(), 2800u);
}

TEST_F(FetcherTest, after_a_total_outage_the_first_good_answers_bring_users_back) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kRefuses);
  west.become(FakeRegion::Mode::kRefuses);
  for (int i = 0; i < 50; ++i) get("k");
  west.become(FakeRegion::Mode::kUp);
  size_t good = 0;
  for (int i = 0; i < 100; ++i) {
    if (get("k").why == GiveUp::kNone) ++good;
    time.run_for(20ms);
  }
  EXPECT_GT(good, 60u);
  EXPECT_EQ(get("k").region, "west");
}

TEST_F(FetcherTest, a_region_that_is_well_again_is_readmitted_by_probes_not_by_users) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kRefuses);
  for (int i = 0; i < 10; ++i) get("k");
  ASSERT_EQ(book.record("east").breaker.phase, Phase::kOpen);
  east.become(FakeRegion::Mode::kUp);
  east.seen.clear();
  for (int i = 0; i < 100; ++i) {
    const auto got = get("k");
    ASSERT_EQ(got.attempts, 1u);
    time.run_for(10ms);
    if (got.region == "east") break;
  }
  EXPECT_EQ(get("k").region, "east");
  ASSERT_GE(east.seen.size(), 2u);
  EXPECT_EQ(east.seen[0].range, "bytes=0-0");
  EXPECT_EQ(east.seen[1].range, "bytes=0-0");
}

TEST_F(FetcherTest, failures_of_users_requests_are_reported_as_evidence) {
  put_everywhere("k", {"abc", "\"v1\""});
  east.become(FakeRegion::Mode::kRefuses);
  get("k");
  ASSERT_EQ(sink.failures.size(), 1u);
  EXPECT_EQ(sink.failures[0], "east: connection refused");
}

TEST_F(FetcherTest, a_region_known_to_be_down_is_still_tried_when_nothing_else_answers) {
  put_everywhere("k", {"abc", "\"v1\""});
  west.become(FakeRegion::Mode::kRefuses);
  Outcome got;
  auto order = order_for("k");
  order.regions[0].standing = routing::Standing::kDown;
  order.regions[0].usable = false;
  tasks.spawn(run_fetch(std::move(order), got));
  time.run_for(1s);
  EXPECT_EQ(got.region, "east");
  EXPECT_EQ(got.bytes, "abc");
}

}  // namespace
}  // namespace evershore::edge
