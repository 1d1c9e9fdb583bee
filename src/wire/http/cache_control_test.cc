#include "wire/http/cache_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/http/date.h"

namespace evershore::http {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

TEST(CacheControl, ReadsFlagsInAnyCase) {
  const auto control = parse_cache_control("No-Store, NO-CACHE ,private, must-revalidate,, immutable");
  EXPECT_TRUE(control.no_store);
  EXPECT_TRUE(control.no_cache);
  EXPECT_TRUE(control.is_private);
  EXPECT_TRUE(control.must_revalidate);
  EXPECT_TRUE(control.immutable);
  EXPECT_FALSE(control.is_public);
  EXPECT_FALSE(control.max_age);
}

struct AgeRow {
  const char* name;
  const char* value;
  std::optional<seconds> max_age;
};

TEST(CacheControl, ReadsMaxAge) {
  const AgeRow rows[] = {
      {"plain", "max-age=3600", seconds(3600)},
      {"other case", "MAX-AGE=3600", seconds(3600)},
      {"leading zeros", "max-age=003600", seconds(3600)},
      {"quoted", "max-age=\"3600\"", seconds(3600)},
      {"single quoted is stale", "max-age='3600'", seconds(0)},
      {"negative is stale", "max-age=-3600", seconds(0)},
      {"decimal is stale", "max-age=3600.0", seconds(0)},
      {"letters are stale", "max-age=3600a", seconds(0)},
      {"space after the equals sign is stale", "max-age= 3600", seconds(0)},
      {"no argument is stale", "max-age", seconds(0)},
      {"space before the equals sign is another directive", "max-age =3600", std::nullopt},
      {"too large", "max-age=99999999999", kDeltaSecondsMax},
      {"beyond 64 bits", "max-age=99999999999999999999999", kDeltaSecondsMax},
      {"the first of two", "max-age=1, max-age=1800", seconds(1)},
      {"not inside quotes before", "extension=\"max-age=3600\", max-age=1", seconds(1)},
      {"not inside quotes after", "max-age=1, extension=\"max-age=3600\"", seconds(1)},
      {"not inside quotes with commas", "extension=\"a,max-age=3600\\\",\", max-age=1", seconds(1)},
      {"quote never closed", "extension=\"a, max-age=1", std::nullopt},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_cache_control(row.value).max_age, row.max_age) << row.name;
}

TEST(CacheControl, ReadsTheOtherNumbers) {
  const auto control = parse_cache_control("s-maxage=1, stale-while-revalidate=2, stale-if-error=3, min-fresh=4, max-stale");
  EXPECT_EQ(control.s_maxage, seconds(1));
  EXPECT_EQ(control.stale_while_revalidate, seconds(2));
  EXPECT_EQ(control.stale_if_error, seconds(3));
  EXPECT_EQ(control.min_fresh, seconds(4));
  EXPECT_EQ(control.max_stale, kDeltaSecondsMax);
  EXPECT_EQ(parse_cache_control("max-stale=5").max_stale, seconds(5));
}

TEST(CacheControl, WithFieldNamesMeansOnlyThose) {
  const auto control = parse_cache_control("no-cache=\"Set-Cookie, X-A\", private=\"x-b\"");
  EXPECT_FALSE(control.no_cache);
  EXPECT_FALSE(control.is_private);
  EXPECT_THAT(control.no_cache_fields, ElementsAre("set-cookie", "x-a"));
  EXPECT_THAT(control.private_fields, ElementsAre("x-b"));
  EXPECT_TRUE(parse_cache_control("no-cache=\"\"").no_cache);
}

TEST(CacheControl, JoinsSeveralLines) {
  const auto control = parse_cache_control(Headers{{"Cache-Control", "max-age=1"}, {"cache-control", "no-store"}});
  EXPECT_EQ(control.max_age, seconds(1));
  EXPECT_TRUE(control.no_store);
}

TEST(Age, TakesTheFirstAndIgnoresInvalidOnes) {
  EXPECT_EQ(parse_age({{"Age", "7200"}}), seconds(7200));
  EXPECT_EQ(parse_age({{"Age", "7200,0"}}), seconds(7200));
  EXPECT_EQ(parse_age({{"Age", "7200"}, {"Age", "0"}}), seconds(7200));
  EXPECT_EQ(parse_age({{"Age", "99999999999999999999"}}), kDeltaSecondsMax);
  for (const char* text : {"abc", "-7200", "7200.0", ""}) EXPECT_FALSE(parse_age({{"Age", text}})) << text;
  EXPECT_FALSE(parse_age({}));
}

TEST(Expires, CountsAnythingUnreadableAsPast) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(parse_expires({{"Expires", date}}), parse_http_date(date));
  EXPECT_EQ(parse_expires({{"Expires", date}, {"Expires", date}}), parse_http_date(date));
  EXPECT_EQ(parse_expires({{"Expires", "0"}}), Wall{});
  EXPECT_EQ(parse_expires({{"Expires", date}, {"Expires", "Mon, 07 Nov 1994 08:49:37 GMT"}}), Wall{});
  EXPECT_FALSE(parse_expires({}));
}

TEST(Vary, IsSortedAndWithoutCase) {
  const auto vary = parse_vary({{"Vary", "Origin, accept-encoding"}, {"vary", "ORIGIN"}});
  EXPECT_FALSE(vary.any);
  EXPECT_THAT(vary.names, ElementsAre("accept-encoding", "origin"));
  EXPECT_TRUE(parse_vary({{"Vary", "a, *"}}).any);
  EXPECT_EQ(parse_vary({}), Vary{});
}

}  // namespace
}  // namespace evershore::http
