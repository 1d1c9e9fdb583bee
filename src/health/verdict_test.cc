#include "health/verdict.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

TEST(JudgeStatus, only_2xx_and_3xx_are_healthy) {
  for (const uint16_t status : {200, 204, 301, 399}) EXPECT_TRUE(judge_status(status).ok) << status;
  for (const uint16_t status : {100, 199, 400, 404, 500, 503}) EXPECT_FALSE(judge_status(status).ok) << status;
  EXPECT_EQ(judge_status(503).why, "503");
}

TEST(JudgeSearch, the_text_must_lie_entirely_in_the_first_5120_bytes) {
  const std::string text = "all good";
  const std::string just_inside = std::string(kSearchBytes - text.size(), 'x') + text;
  EXPECT_TRUE(judge_search(200, just_inside, text).ok);
  const Verdict outside = judge_search(200, "x" + just_inside, text);
  EXPECT_FALSE(outside.ok);
  EXPECT_EQ(outside.why, "200, but the text is not in the first 5120 bytes");
}

TEST(JudgeSearch, is_case_sensitive) { EXPECT_FALSE(judge_search(200, "All Good", "all good").ok); }

TEST(JudgeSearch, a_bad_status_is_bad_whatever_the_body) { EXPECT_FALSE(judge_search(503, "all good", "all good").ok); }

TEST(JudgeBucket, any_answer_is_a_sign_of_life_except_those_that_say_it_does_not_work_for_us) {
  for (const uint16_t status : {200, 301, 307, 400, 405}) EXPECT_TRUE(judge_bucket(status, Signed::kYes).ok) << status;
  for (const uint16_t status : {404, 429, 500, 503}) EXPECT_FALSE(judge_bucket(status, Signed::kNo).ok) << status;
}

TEST(JudgeBucket, forbidden_is_fine_for_an_anonymous_request_only) {
  EXPECT_TRUE(judge_bucket(403, Signed::kNo).ok);
  EXPECT_FALSE(judge_bucket(403, Signed::kYes).ok);
  EXPECT_EQ(judge_bucket(403, Signed::kYes).why, "403: the credentials are refused");
}

TEST(JudgeMarker, a_missing_or_forbidden_marker_is_fine) {
  for (const uint16_t status : {200, 403, 404}) EXPECT_TRUE(judge_marker(status).ok) << status;
  for (const uint16_t status : {429, 500, 599}) EXPECT_FALSE(judge_marker(status).ok) << status;
}

}  // namespace
}  // namespace evershore::health
