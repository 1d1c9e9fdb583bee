#include "wire/http/date.h"

#include <gtest/gtest.h>

namespace evershore::http {
namespace {

using std::chrono::seconds;
constexpr Wall kNov94{seconds(784'111'777)};  // the RFC's example

TEST(HttpDate, FormatsAsImfFixdate) {
  EXPECT_EQ(format_http_date(kNov94), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(kNov94 + std::chrono::microseconds(999'999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(Wall{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(Wall{} - std::chrono::microseconds(1)), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format_http_date(Wall::max()).size(), 29u);
  EXPECT_EQ(format_http_date(Wall::min()).size(), 29u);
}

TEST(HttpDate, ParsesAllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kNov94);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kNov94);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kNov94);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994"), kNov94 + std::chrono::days(10));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-22 08:49:37 GMT"), parse_http_date("Sun, 06 Nov 2022 08:49:37 GMT"));
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const char* text : {"",
                           "0",
                           "-1",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 06 nov 1994 08:49:37 GMT",
                           "sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06  Nov 1994 08:49:37 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 29 Feb 1995 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 08.49.37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "Sunday, 06 Nov 1994 08:49:37 GMT",
                           "Xun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Xov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(HttpDate, ReadsBackWhatItWrites) {
  for (int64_t at = -62'000'000'000; at < 250'000'000'000; at += 86'400 * 97 + 12'345) {
    const Wall time{seconds(at)};
    EXPECT_EQ(parse_http_date(format_http_date(time)), time) << at;
  }
}

}  // namespace
}  // namespace evershore::http
