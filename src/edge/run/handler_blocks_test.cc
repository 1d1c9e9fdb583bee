// Objects larger than is kept whole: in blocks of 1,000 bytes here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 7;
  for (auto& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

class BlocksTest : public HandlerFixture {
 protected:
  BlocksTest() {
    east.piece_bytes = west.piece_bytes = 700;
    put_everywhere("k", cacheable(bytes));
  }
  ~BlocksTest() override {
    bool closed = false;
    tasks.spawn(close_blocks(closed));
    time.run_for(60s);
    EXPECT_TRUE(closed);
  }
  Task<void> close_blocks(bool& closed) {
    fetcher.cancel_all();
    co_await blocks.close();
    closed = true;
  }
  Task<void> serve_blocks(FakeExchange& exchange) {
    co_await blocks.serve(exchange);
    exchange.returned = true;
  }
  Exchange start(std::string target, http::Headers headers = {}, std::string method = "GET") {
    auto exchange = std::make_unique<FakeExchange>(std::move(method), std::move(target), std::move(headers));
    tasks.spawn(serve_blocks(*exchange));
    return exchange;
  }
  Exchange fetch(std::string target, http::Headers headers = {}, std::string method = "GET") {
    auto exchange = start(std::move(target), std::move(headers), std::move(method));
    for (int i = 0; i < 100'000 && !exchange->returned && time.run_next(); ++i) {
    }
    EXPECT_TRUE(exchange->returned);
    return exchange;
  }
  size_t asked() const { return east.seen.size() + west.seen.size(); }
  std::string part(size_t first, size_t length) const { return bytes.substr(first, length); }

  const std::string bytes = pattern(20'500);
  PurgeDesk purges{"", Wall{}};
  Handler blocks{time, fetcher, {config, health, steering, nullptr, &purges, {.shared_bytes_max = 2'000, .block_bytes = 1'000}}, 1 << 20};
};

TEST_F(BlocksTest, the_first_reader_streams_and_the_second_is_served_from_the_cache) {
  const auto first = fetch("/k");
  EXPECT_EQ(first->announced, bytes.size());
  EXPECT_TRUE(first->body == bytes);
  EXPECT_THAT(told(first), HasSubstr("cache=miss"));
  const auto second = fetch("/k");
  EXPECT_TRUE(second->body == bytes);
  EXPECT_THAT(told(second), HasSubstr("cache=hit"));
  EXPECT_EQ(asked(), 1u);
}

TEST_F(BlocksTest, nobody_waits_for_anything_but_the_region) {
  const Mono begun = time.now();
  fetch("/k");
  EXPECT_LT(time.now() - begun, 50ms);
}

TEST_F(BlocksTest, ranges_of_any_place_are_cut_from_the_blocks) {
  fetch("/k");
  for (const auto& [first, last] : {std::pair<size_t, size_t>{0, 0}, {999, 1000}, {500, 3'499}, {20'499, 20'499}, {0, 20'499}}) {
    const auto got = fetch("/k", {{"Range", fmt::format("bytes={}-{}", first, last)}});
    EXPECT_EQ(got->head.status, 206);
    EXPECT_TRUE(got->body == part(first, last - first + 1)) << first;
    EXPECT_EQ(got->head.headers.get("content-range"), fmt::format("bytes {}-{}/20500", first, last));
  }
  EXPECT_TRUE(fetch("/k", {{"Range", "bytes=-500"}})->body == part(20'000, 500));
  EXPECT_EQ(fetch("/k", {{"Range", "bytes=20500-"}})->head.status, 416);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(BlocksTest, a_range_fetches_the_blocks_it_needs_and_no_more) {
  fetch("/k", {{"Range", "bytes=5000-5010"}});  // as it was asked for: nothing is known of the object yet
  EXPECT_EQ(east.seen[0].range, "bytes=5000-5010");
  const auto got = fetch("/k", {{"Range", "bytes=5500-6500"}});
  EXPECT_TRUE(got->body == part(5'500, 1'001));
  ASSERT_EQ(asked(), 2u);
  EXPECT_EQ(east.seen[1].range, "bytes=5000-6999");
  EXPECT_EQ(east.seen[1].if_match, "\"v1\"");
  EXPECT_TRUE(fetch("/k", {{"Range", "bytes=5999-6999"}})->body == part(5'999, 1'001));
  EXPECT_EQ(asked(), 2u);
  EXPECT_TRUE(fetch("/k")->body == bytes);
  EXPECT_EQ(east.seen[2].range, "bytes=0-4999") << "up to what is there";
  EXPECT_EQ(east.seen[3].range, "bytes=7000-20499");
}

TEST_F(BlocksTest, several_ranges_of_an_unknown_object_come_as_multipart) {
  const auto got = fetch("/k", {{"Range", "bytes=100-199,15000-15999,-10"}});
  EXPECT_EQ(got->head.status, 206);
  EXPECT_EQ(got->announced, got->body.size());
  EXPECT_THAT(std::string(got->head.headers.get("content-type")), HasSubstr("multipart/byteranges; boundary="));
  EXPECT_NE(got->body.find("Content-Range: bytes 100-199/20500\r\n\r\n" + part(100, 100) + "\r\n--"), std::string::npos);
  EXPECT_NE(got->body.find("Content-Range: bytes 15000-15999/20500\r\n\r\n" + part(15'000, 1'000) + "\r\n--"), std::string::npos);
  EXPECT_NE(got->body.find("Content-Range: bytes 20490-20499/20500\r\n\r\n" + part(20'490, 10) + "\r\n--"), std::string::npos);
  EXPECT_TRUE(got->body.ends_with("--\r\n"));
  const auto again = fetch("/k", {{"Range", "bytes=100-199,15000-15999,-10"}});
  EXPECT_TRUE(again->body == got->body);
}

TEST_F(BlocksTest, readers_at_the_same_time_share_one_fetch) {
  east.piece_gap = 5ms;
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 20; ++i) {
    exchanges.push_back(start("/k"));
    time.run_for(1ms);
  }
  time.run_for(5s);
  for (const auto& exchange : exchanges) EXPECT_TRUE(exchange->complete && exchange->body == bytes);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(BlocksTest, who_comes_later_reads_what_is_there_and_follows) {
  east.piece_gap = 5ms;
  const auto first = start("/k");
  time.run_for(80ms);
  const auto second = start("/k");
  time.run_for(5s);
  EXPECT_TRUE(first->body == bytes);
  EXPECT_TRUE(second->body == bytes);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(BlocksTest, a_fetch_waits_for_its_readers_and_ends_without_them) {
  const auto head = fetch("/k", {{"If-None-Match", "\"v1\""}});
  EXPECT_EQ(head->head.status, 304);
  time.run_for(5s);
  const size_t before = asked();
  EXPECT_TRUE(fetch("/k")->body == bytes);
  EXPECT_LE(asked(), before + 1) << "what had come was kept, the rest was not fetched for nobody";
}

TEST_F(BlocksTest, a_region_that_dies_in_the_middle_is_not_noticed) {
  east.break_at = 7'300;
  east.breaks = 1;
  EXPECT_TRUE(fetch("/k")->body == bytes);
  EXPECT_TRUE(fetch("/k")->body == bytes);
  EXPECT_EQ(asked(), 2u);
}

TEST_F(BlocksTest, a_region_that_knows_no_ranges_is_read_from_the_start) {
  fetch("/k", {{"Range", "bytes=0-10"}});
  east.ignores_range = true;
  EXPECT_TRUE(fetch("/k", {{"Range", "bytes=5500-6500"}})->body == part(5'500, 1'001));
}

TEST_F(BlocksTest, blocks_of_two_versions_never_meet) {
  fetch("/k", {{"Range", "bytes=0-10"}});
  fetch("/k", {{"Range", "bytes=0-1500"}});
  const std::string newer = pattern(30'000).substr(5'000);
  put_everywhere("k", cacheable(newer, "\"v2\""));
  const auto got = fetch("/k");
  EXPECT_TRUE(got->aborted) << "the first two blocks had been sent, and the rest of that version is gone";
  EXPECT_TRUE(bytes.starts_with(got->body));
  const auto next = fetch("/k");
  EXPECT_TRUE(next->body == newer);
  EXPECT_EQ(next->head.headers.get("etag"), "\"v2\"");
}

TEST_F(BlocksTest, a_version_that_is_gone_before_the_first_byte_gives_way_to_the_new_one) {
  fetch("/k", {{"Range", "bytes=0-10"}});
  const std::string newer = pattern(30'000).substr(5'000);
  put_everywhere("k", cacheable(newer, "\"v2\""));
  const auto got = fetch("/k");
  EXPECT_EQ(got->head.status, 200);
  EXPECT_TRUE(got->body == newer);
}

TEST_F(BlocksTest, with_all_regions_down_what_is_there_is_served) {
  fetch("/k", {{"Range", "bytes=0-10"}});
  fetch("/k", {{"Range", "bytes=0-1500"}});
  all_become(FakeRegion::Mode::kRefuses);
  EXPECT_TRUE(fetch("/k", {{"Range", "bytes=100-1899"}})->body == part(100, 1'800));
  EXPECT_EQ(fetch("/k", {{"Range", "bytes=5000-5999"}})->head.status, 503);
  const auto whole = fetch("/k");
  EXPECT_TRUE(whole->aborted);
  all_become(FakeRegion::Mode::kUp);
  time.run_for(20s);
  EXPECT_TRUE(fetch("/k")->body == bytes);
}

TEST_F(BlocksTest, a_revalidation_keeps_the_blocks) {
  fetch("/k");
  time.run_for(61s);
  const auto again = fetch("/k");
  EXPECT_THAT(told(again), HasSubstr("cache=revalidated"));
  EXPECT_TRUE(again->body == bytes);
  EXPECT_EQ(asked(), 2u);
}

TEST_F(BlocksTest, a_purge_means_the_blocks_too) {
  fetch("/k");
  ASSERT_TRUE(purges.purge({PurgeKind::kKey, "assets", "k"}));
  EXPECT_TRUE(fetch("/k")->body == bytes);
  EXPECT_EQ(asked(), 2u);
}

TEST_F(BlocksTest, head_and_conditions_need_no_block) {
  fetch("/k", {{"Range", "bytes=0-10"}});
  const auto head = fetch("/k", {}, "HEAD");
  EXPECT_EQ(head->announced, bytes.size());
  EXPECT_EQ(fetch("/k", {{"If-None-Match", "\"v1\""}})->head.status, 304);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(BlocksTest, a_client_that_leaves_does_not_end_the_fetch_of_the_others) {
  east.piece_gap = 5ms;
  const auto leaves = start("/k");
  const auto stays = start("/k");
  time.run_for(40ms);
  leaves->gone = true;
  time.run_for(5s);
  EXPECT_TRUE(leaves->returned);
  EXPECT_TRUE(stays->body == bytes);
  EXPECT_EQ(asked(), 1u);
}

}  // namespace
}  // namespace evershore::edge
