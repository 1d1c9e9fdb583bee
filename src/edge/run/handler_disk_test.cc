// The tier behind memory, and purges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A disk that takes a millisecond and loses nothing.
class FakeTier final : public DiskTier {
 public:
  bool may_have(std::string_view key) const override { return objects.contains(std::string(key)); }
  Task<std::shared_ptr<const StoredObject>> find(Scheduler& home, std::string key) override {
    ++reads;
    const auto at = objects.find(key);
    auto found = at == objects.end() ? nullptr : at->second;
    co_await sleep_for(home, 1ms);
    co_return found;
  }
  void put(std::string key, std::shared_ptr<const StoredObject> object, Mono, Wall) override { objects[key] = std::move(object); }
  void remove(std::string key) override { objects.erase(key); }

  std::map<std::string, std::shared_ptr<const StoredObject>> objects;
  size_t reads = 0;
};

class HandlerDiskTest : public HandlerFixture {
 protected:
  ~HandlerDiskTest() override {
    bool closed = false;
    tasks.spawn(close_second(closed));
    time.run_for(60s);
    EXPECT_TRUE(closed);
  }
  Task<void> close_second(bool& closed) {
    fetcher.cancel_all();
    co_await with_disk.close();
    closed = true;
  }
  Task<void> serve_with_disk(FakeExchange& exchange) {
    co_await with_disk.serve(exchange);
    exchange.returned = true;
  }
  Exchange fetch(std::string target, http::Headers headers = {}) {
    auto exchange = std::make_unique<FakeExchange>("GET", std::move(target), std::move(headers));
    tasks.spawn(serve_with_disk(*exchange));
    for (int i = 0; i < 100'000 && !exchange->returned && time.run_next(); ++i) {
    }
    EXPECT_TRUE(exchange->returned);
    return exchange;
  }
  // As after a restart: memory is empty, the disk is not.
  void restart() {
    for (int i = 0; i < 80; ++i) {
      const auto key = "filler" + std::to_string(i);
      put_everywhere(key, cacheable(std::string(100'000, 'f')));
      fetch("/" + key);
      fetch("/" + key);
    }
  }

  FakeTier disk;
  PurgeDesk purges{"", Wall{}};
  Handler with_disk{time, fetcher, {config, health, steering, &disk, &purges}, 1 << 20};
};

TEST_F(HandlerDiskTest, what_left_memory_comes_from_disk) {
  put_everywhere("k", cacheable("hello"));
  fetch("/k");
  restart();
  const size_t asked = east.seen.size();
  const auto got = fetch("/k");
  EXPECT_EQ(got->body, "hello");
  EXPECT_THAT(told(got), HasSubstr("cache=hit"));
  EXPECT_EQ(east.seen.size(), asked);
  EXPECT_EQ(with_disk.counters().disk_hits.get(), 1u);
  const size_t reads = disk.reads;
  EXPECT_EQ(fetch("/k")->body, "hello");
  EXPECT_EQ(disk.reads, reads) << "it is in memory again";
}

TEST_F(HandlerDiskTest, what_is_stale_on_disk_is_revalidated) {
  put_everywhere("k", cacheable("hello"));
  fetch("/k");
  restart();
  time.run_for(100s);
  EXPECT_THAT(told(fetch("/k")), HasSubstr("cache=revalidated"));
  EXPECT_EQ(east.seen.back().if_none_match, "\"v1\"");
}

TEST_F(HandlerDiskTest, with_all_regions_down_the_disk_serves) {
  put_everywhere("k", cacheable("hello"));
  fetch("/k");
  restart();
  time.run_for(100s);
  all_become(FakeRegion::Mode::kRefuses);
  const auto got = fetch("/k");
  EXPECT_EQ(got->body, "hello");
  EXPECT_THAT(told(got), HasSubstr("cache=stale"));
}

TEST_F(HandlerDiskTest, a_key_that_is_gone_everywhere_leaves_the_disk) {
  put_everywhere("k", cacheable("hello"));
  fetch("/k");
  east.objects.clear();
  west.objects.clear();
  time.run_for(61s);
  EXPECT_EQ(fetch("/k")->head.status, 404);
  EXPECT_TRUE(disk.objects.empty());
}

TEST_F(HandlerDiskTest, a_purged_key_is_fetched_anew) {
  put_everywhere("k", cacheable("old"));
  put_everywhere("other", cacheable("other"));
  fetch("/k");
  fetch("/other");
  put_everywhere("k", cacheable("new", "\"v2\""));
  EXPECT_EQ(fetch("/k")->body, "old");
  ASSERT_TRUE(purges.purge({PurgeKind::kKey, "assets", "k"}));
  EXPECT_EQ(fetch("/k")->body, "new");
  EXPECT_THAT(told(fetch("/k")), HasSubstr("cache=hit"));
  EXPECT_THAT(told(fetch("/other")), HasSubstr("cache=hit"));
}

TEST_F(HandlerDiskTest, a_purge_reaches_what_is_on_disk_only) {
  put_everywhere("k", cacheable("old"));
  fetch("/k");
  restart();
  put_everywhere("k", cacheable("new", "\"v2\""));
  ASSERT_TRUE(purges.purge({PurgeKind::kPrefix, "assets", "k"}));
  EXPECT_EQ(fetch("/k")->body, "new");
}

TEST_F(HandlerDiskTest, a_purge_by_tag_finds_the_objects_that_carry_it) {
  FakeObject shoes = cacheable("old");
  shoes.headers.add("x-amz-meta-surrogate-key", "shoes winter");
  put_everywhere("a", shoes);
  put_everywhere("b", cacheable("old"));
  fetch("/a");
  fetch("/b");
  put_everywhere("a", cacheable("new", "\"v2\""));
  put_everywhere("b", cacheable("new", "\"v2\""));
  ASSERT_TRUE(purges.purge({PurgeKind::kTag, "assets", "shoes"}));
  EXPECT_EQ(fetch("/a")->body, "new");
  EXPECT_EQ(fetch("/b")->body, "old");
}

TEST_F(HandlerDiskTest, what_was_on_its_way_during_a_purge_is_not_kept_as_new) {
  put_everywhere("k", cacheable(std::string(200'000, 'o')));
  east.piece_gap = 10ms;
  auto slow = std::make_unique<FakeExchange>("GET", "/k", http::Headers{});
  tasks.spawn(serve_with_disk(*slow));
  time.run_for(20ms);
  ASSERT_TRUE(purges.purge({PurgeKind::kSite, "assets", ""}));
  put_everywhere("k", cacheable("new", "\"v2\""));
  EXPECT_EQ(fetch("/k")->body, "new") << "nor shared with those who come later";
  time.run_for(2s);
  EXPECT_TRUE(slow->complete);
  EXPECT_EQ(fetch("/k")->body, "new");
}

}  // namespace
}  // namespace evershore::edge
