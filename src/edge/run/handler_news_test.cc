// Reads while copies are of different ages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// West comes after east in the site's order; the new copy is written in west, so that the order alone would read the older one.
class HandlerNewsTest : public HandlerFixture {
 protected:
  HandlerNewsTest() { put_everywhere("k", cacheable("old", "\"old\"")); }

  RegionNumbers only(const std::string& region) {
    RegionNumbers numbers;
    numbers.add(*news.number_of(region));
    return numbers;
  }
  void write_in_west() { west.objects["k"] = cacheable("new", "\"new\""); }
  // As the desk does, with the message still on its way.
  uint64_t west_reports() { return news.changed("assets", "k", only("east")); }
  void tell(uint64_t mark) { handler.doubt({{news_name("assets", "k"), mark}}); }
  void copied() {
    east.objects["k"] = west.objects["k"];
    tell(news.settled("assets", "k"));
  }
  void reads(ReadsMode mode) {
    auto next = test_config();
    SiteSettings site = *next.sites.by_name("assets");
    site.reads.mode = mode;
    config.publish(make_edge_config(next.edge, {}, {{"assets", site}}, 1));
  }
};

TEST_F(HandlerNewsTest, a_region_that_is_behind_is_not_asked) {
  write_in_west();
  tell(west_reports());
  const auto got = get("/k");
  EXPECT_EQ(got->body, "new");
  EXPECT_EQ(told(got), "region=west; cache=miss; attempts=1");
  EXPECT_TRUE(east.seen.empty());
  EXPECT_EQ(handler.counters().reads_redirected.get(), 1U);
  EXPECT_EQ(told(get("/k")), "region=west; cache=hit; attempts=0");
}

TEST_F(HandlerNewsTest, other_keys_go_their_usual_way) {
  put_everywhere("other", cacheable("x"));
  tell(west_reports());
  EXPECT_EQ(told(get("/other")), "region=east; cache=miss; attempts=1");
}

TEST_F(HandlerNewsTest, a_cached_copy_is_asked_for_again_at_once_even_before_the_loop_is_told) {
  ASSERT_EQ(get("/k")->body, "old");
  write_in_west();
  west_reports();
  const auto got = get("/k");
  EXPECT_EQ(got->body, "new");
  EXPECT_EQ(told(got), "region=west; cache=miss; attempts=1");
}

TEST_F(HandlerNewsTest, a_cached_copy_that_is_still_right_costs_no_body) {
  ASSERT_EQ(get("/k")->body, "old");
  tell(news.changed("assets", "k", {}));
  EXPECT_EQ(told(get("/k")), "region=east; cache=revalidated; attempts=1");
  EXPECT_EQ(told(get("/k")), "region=east; cache=hit; attempts=0");
}

TEST_F(HandlerNewsTest, what_was_being_fetched_when_the_news_came_is_not_kept) {
  for (const bool told_too : {false, true}) {
    const std::string key = told_too ? "m" : "l";
    put_everywhere(key, cacheable(std::string(100'000, 'o'), "\"old\""));
    east.piece_gap = 10ms;
    const auto slow = begin("GET", "/" + key);
    time.run_for(20ms);
    west.objects[key] = cacheable("new", "\"new\"");
    const auto mark = news.changed("assets", key, only("east"));
    if (told_too) handler.doubt({{news_name("assets", key), mark}});
    const auto after = get("/" + key);
    EXPECT_EQ(after->body, "new") << "nobody who comes after the news joins the older fetch";
    time.run_for(5s);
    EXPECT_EQ(slow->body.size(), 100'000U) << "it began before";
    EXPECT_EQ(get("/" + key)->body, "new");
    east.piece_gap = {};
  }
}

TEST_F(HandlerNewsTest, with_any_the_usual_region_is_asked_but_the_older_copy_does_not_outlive_replication) {
  reads(ReadsMode::kAny);
  ASSERT_EQ(get("/k")->body, "old");
  write_in_west();
  tell(west_reports());
  EXPECT_EQ(told(get("/k")), "region=east; cache=revalidated; attempts=1") << "the older one, which may be served";
  EXPECT_EQ(told(get("/k")), "region=east; cache=hit; attempts=0");
  copied();
  EXPECT_EQ(get("/k")->body, "new");
  time.run_for(5s);
  EXPECT_EQ(told(get("/k")), "region=east; cache=hit; attempts=0");
}

TEST_F(HandlerNewsTest, with_any_a_fetch_from_the_older_region_that_ends_after_replication_is_not_kept) {
  reads(ReadsMode::kAny);
  put_everywhere("k", cacheable(std::string(100'000, 'o'), "\"old\""));
  write_in_west();
  tell(west_reports());
  east.piece_gap = 10ms;
  const auto slow = begin("GET", "/k");
  time.run_for(20ms);
  east.objects["k"] = west.objects["k"];
  const auto mark = news.settled("assets", "k");
  time.run_for(5s);
  ASSERT_EQ(slow->body.size(), 100'000U);
  tell(mark);
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerNewsTest, when_nobody_has_the_newest_the_older_one_is_served_as_stale_and_not_kept) {
  write_in_west();
  tell(west_reports());
  west.become(FakeRegion::Mode::kRefuses);
  const auto got = get("/k");
  EXPECT_EQ(got->body, "old");
  EXPECT_THAT(told(got), HasSubstr("region=east; cache=stale"));
  EXPECT_EQ(handler.counters().reads_older.get(), 1U);
  west.become(FakeRegion::Mode::kUp);
  time.run_for(10s);
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerNewsTest, a_cached_older_copy_is_the_last_resort_too) {
  ASSERT_EQ(get("/k")->body, "old");
  write_in_west();
  tell(west_reports());
  west.become(FakeRegion::Mode::kRefuses);
  EXPECT_EQ(told(get("/k")), "region=east; cache=stale; attempts=1");
  west.become(FakeRegion::Mode::kUp);
  time.run_for(10s);
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerNewsTest, a_deleted_key_is_gone_although_another_region_still_has_it) {
  ASSERT_EQ(get("/k")->head.status, 200);
  west.objects.erase("k");
  tell(west_reports());
  EXPECT_EQ(get("/k")->head.status, 404);
}

TEST_F(HandlerNewsTest, a_missing_key_that_has_come_into_being_is_no_longer_missing) {
  auto next = test_config();
  SiteSettings site = *next.sites.by_name("assets");
  site.negative_ttl = 60s;
  config.publish(make_edge_config(next.edge, {}, {{"assets", site}}, 1));
  EXPECT_EQ(get("/fresh")->head.status, 404);
  west.objects["fresh"] = cacheable("x");
  EXPECT_EQ(get("/fresh")->head.status, 404) << "remembered";
  news.changed("assets", "fresh", only("east"));
  EXPECT_EQ(get("/fresh")->body, "x");
}

TEST_F(HandlerNewsTest, no_404_where_only_older_copies_could_be_looked_for_is_remembered) {
  auto next = test_config();
  SiteSettings site = *next.sites.by_name("assets");
  site.negative_ttl = 60s;
  config.publish(make_edge_config(next.edge, {}, {{"assets", site}}, 1));
  west.objects["fresh"] = cacheable("x");
  news.changed("assets", "fresh", only("east"));
  west.become(FakeRegion::Mode::kRefuses);
  const auto got = get("/fresh");
  EXPECT_EQ(got->head.status, 404);
  EXPECT_THAT(told(got), HasSubstr("unasked=some"));
  west.become(FakeRegion::Mode::kUp);
  time.run_for(10s);
  EXPECT_EQ(get("/fresh")->body, "x");
}

TEST_F(HandlerNewsTest, when_nobody_is_known_to_hold_the_newest_all_are_asked_as_ever) {
  news.site_behind("assets", only("east").with(only("west")));
  EXPECT_EQ(told(get("/k")), "region=east; cache=miss; attempts=1");
  EXPECT_EQ(handler.counters().reads_undecided.get(), 1U);
}

TEST_F(HandlerNewsTest, a_key_of_its_own_counts_more_than_a_site_that_may_be_behind) {
  news.site_behind("assets", only("east").with(only("west")));
  write_in_west();
  tell(west_reports());
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerNewsTest, ranges_and_heads_heed_it_too) {
  write_in_west();
  tell(west_reports());
  http::Headers range;
  range.add("Range", "bytes=0-1");
  EXPECT_EQ(get("/k", range)->body, "ne");
  EXPECT_EQ(ask("HEAD", "/k")->head.headers.get("etag"), "\"new\"");
  EXPECT_TRUE(east.seen.empty());
}

}  // namespace
}  // namespace evershore::edge
