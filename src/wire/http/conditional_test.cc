#include "wire/http/conditional.h"

#include <gtest/gtest.h>

#include "wire/http/date.h"

namespace evershore::http {
namespace {

constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT", kThen = "Sun, 06 Nov 1994 08:49:37 GMT",
                           kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

Validators object() { return {"\"v1\"", *parse_http_date(kThen) + std::chrono::milliseconds(400), true}; }

struct Row {
  const char* name;
  Headers request;
  Precondition get;
  Precondition put;
};

TEST(Conditions, FollowThePrecedenceOfRfc9110) {
  constexpr auto kProceed = Precondition::kProceed, kNotModified = Precondition::kNotModified, kFailed = Precondition::kFailed;
  const auto date = [](const char* name, std::string_view value) { return Headers{{name, std::string(value)}}; };
  const auto both = [](const char* a, std::string_view av, const char* b, std::string_view bv) {
    return Headers{{a, std::string(av)}, {b, std::string(bv)}};
  };
  const Row rows[] = {
      {"none", {}, kProceed, kProceed},
      {"If-Match of this", {{"If-Match", "\"v1\""}}, kProceed, kProceed},
      {"If-Match of another", {{"If-Match", "\"v2\""}}, kFailed, kFailed},
      {"If-Match of a list", {{"If-Match", "\"v2\", \"v1\""}}, kProceed, kProceed},
      {"If-Match on two lines", {{"If-Match", "\"v2\""}, {"If-Match", "\"v1\""}}, kProceed, kProceed},
      {"If-Match is strong", {{"If-Match", "W/\"v1\""}}, kFailed, kFailed},
      {"If-Match of any", {{"If-Match", "*"}}, kProceed, kProceed},
      {"If-Match without quotes", {{"If-Match", "v1"}}, kFailed, kFailed},
      {"If-Unmodified-Since before", date("If-Unmodified-Since", kBefore), kFailed, kFailed},
      {"If-Unmodified-Since then", date("If-Unmodified-Since", kThen), kProceed, kProceed},
      {"If-Unmodified-Since no date", {{"If-Unmodified-Since", "yesterday"}}, kProceed, kProceed},
      {"If-Match goes before If-Unmodified-Since", both("If-Match", "\"v1\"", "If-Unmodified-Since", kBefore), kProceed, kProceed},
      {"If-None-Match of this", {{"If-None-Match", "\"v1\""}}, kNotModified, kFailed},
      {"If-None-Match is weak", {{"If-None-Match", "W/\"v1\""}}, kNotModified, kFailed},
      {"If-None-Match of another", {{"If-None-Match", "\"v2\""}}, kProceed, kProceed},
      {"If-None-Match of any", {{"If-None-Match", "*"}}, kNotModified, kFailed},
      {"If-None-Match of a messy list", {{"If-None-Match", ",junk, \"a,\\\",W/\"v1\" "}}, kNotModified, kFailed},
      {"If-Modified-Since before", date("If-Modified-Since", kBefore), kProceed, kProceed},
      {"If-Modified-Since then", date("If-Modified-Since", kThen), kNotModified, kProceed},
      {"If-Modified-Since after", date("If-Modified-Since", kAfter), kNotModified, kProceed},
      {"If-Modified-Since no date", {{"If-Modified-Since", "0"}}, kProceed, kProceed},
      {"If-None-Match goes before If-Modified-Since", both("If-None-Match", "\"v2\"", "If-Modified-Since", kThen), kProceed, kProceed},
      {"If-None-Match of this, modified", both("If-None-Match", "\"v1\"", "If-Modified-Since", kBefore), kNotModified, kFailed},
      {"If-Match true and If-None-Match true", both("If-Match", "\"v1\"", "If-None-Match", "\"v1\""), kNotModified, kFailed},
      {"If-Match false goes first", both("If-Match", "\"v2\"", "If-None-Match", "\"v1\""), kFailed, kFailed},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(evaluate_conditions(row.request, "GET", object()).outcome, row.get) << row.name;
    EXPECT_EQ(evaluate_conditions(row.request, "HEAD", object()).outcome, row.get) << row.name;
    EXPECT_EQ(evaluate_conditions(row.request, "PUT", object()).outcome, row.put) << row.name;
  }
}

TEST(Conditions, OnAnAbsentObjectGuardItsCreation) {
  const Validators absent{.exists = false};
  EXPECT_EQ(evaluate_conditions({{"If-None-Match", "*"}}, "PUT", absent).outcome, Precondition::kProceed);
  EXPECT_EQ(evaluate_conditions({{"If-Match", "*"}}, "PUT", absent).outcome, Precondition::kFailed);
  EXPECT_EQ(evaluate_conditions({{"If-Match", "\"v1\""}}, "PUT", absent).outcome, Precondition::kFailed);
}

TEST(Conditions, HonourARangeOnlyWhereIfRangeHolds) {
  const auto use = [](std::string_view if_range, std::string_view method, const Validators& validators) {
    Headers request{{"Range", "bytes=0-1"}};
    if (!if_range.empty()) request.add("If-Range", if_range);
    return evaluate_conditions(request, method, validators).use_range;
  };
  EXPECT_TRUE(use("", "GET", object()));
  EXPECT_FALSE(use("", "HEAD", object()));
  EXPECT_TRUE(use("\"v1\"", "GET", object()));
  EXPECT_FALSE(use("\"v2\"", "GET", object()));
  EXPECT_FALSE(use("W/\"v1\"", "GET", object()));
  EXPECT_FALSE(use("W/\"v1\"", "GET", {.etag = "W/\"v1\""}));
  EXPECT_TRUE(use(kThen, "GET", object()));
  EXPECT_FALSE(use(kBefore, "GET", object()));
  EXPECT_FALSE(use(kAfter, "GET", object()));
  EXPECT_FALSE(use("v1", "GET", object()));
  EXPECT_FALSE(evaluate_conditions({}, "GET", object()).use_range);
}

}  // namespace
}  // namespace evershore::http
