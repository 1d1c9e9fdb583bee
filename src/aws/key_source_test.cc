#include "aws/key_source.h"

#include <gtest/gtest.h>

#include "aws/retry.h"

namespace evershore::aws {
namespace {

using Kind = KeySource::Kind;

Profiles some_profiles() {
  Profiles profiles;
  add_profiles(profiles,
               "[default]\naws_access_key_id = D\naws_secret_access_key=ds\r\n\n# a "
               "remark\n[staging]\naws_access_key_id=S\naws_secret_access_key=ss\n");
  add_profiles(
      profiles,
      "[default]\naws_access_key_id = not-this-one\n[profile deploy]\nrole_arn = arn:deploy\nsource_profile = staging\nexternal_id = x\n"
      "s3 =\n  role_arn = nested\n[profile round]\nrole_arn=arn:r\nsource_profile=about\n[profile "
      "about]\nrole_arn=arn:a\nsource_profile=round\n"
      "[profile pod]\nrole_arn=arn:pod\nweb_identity_token_file=/token\n");
  return profiles;
}

TEST(KeySource, environment_comes_first) {
  const auto found =
      find_key_source({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "es"}, {"AWS_SESSION_TOKEN", "t"}}, some_profiles(), "", "");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->keys.access_key, "E");
  EXPECT_EQ(found->keys.session_token.reveal(), "t");
}

TEST(KeySource, a_profile_in_the_settings_comes_before_the_environment) {
  const auto found = find_key_source({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "es"}}, some_profiles(), "staging", "");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->keys.access_key, "S");
}

TEST(KeySource, the_credentials_file_wins_over_the_config_file) {
  const auto found = find_key_source({}, some_profiles(), "", "");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->keys.access_key, "D");
  EXPECT_EQ(found->keys.secret_key.reveal(), "ds");
}

TEST(KeySource, roles_are_assumed_along_source_profiles_and_then_the_settings_one) {
  const auto found = find_key_source({{"AWS_PROFILE", "deploy"}}, some_profiles(), "", "arn:last");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->keys.access_key, "S");
  ASSERT_EQ(found->roles.size(), 2U);
  EXPECT_EQ(found->roles[0].arn, "arn:deploy");
  EXPECT_EQ(found->roles[0].external_id, "x");
  EXPECT_EQ(found->roles[1].arn, "arn:last");
}

TEST(KeySource, profiles_in_a_circle_and_unknown_ones_are_errors) {
  EXPECT_FALSE(find_key_source({}, some_profiles(), "round", "").has_value());
  const auto unknown = find_key_source({}, some_profiles(), "nobody", "");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().text.find("ds"), std::string::npos);
}

TEST(KeySource, web_identity_container_and_instance_in_this_order) {
  EXPECT_EQ(find_key_source({}, some_profiles(), "pod", "")->kind, Kind::kWebIdentity);
  EXPECT_EQ(
      find_key_source({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}, {"AWS_ROLE_ARN", "r"}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}}, {},
                      "", "")
          ->kind,
      Kind::kWebIdentity);
  EXPECT_EQ(find_key_source({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}}, {}, "", "")->url, "http://169.254.170.2/c");
  EXPECT_EQ(find_key_source({}, {}, "", "")->kind, Kind::kInstance);
}

TEST(Retry, by_error_and_tries) {
  using namespace std::chrono_literals;
  struct Case {
    const char* what;
    ErrorClass error;
    uint32_t tries;
    After after;
    Duration longest;
  };
  const std::vector<Case> cases = {
      {"first throttling waits up to 0.5 s", ErrorClass::kThrottled, 1, After::kRetry, 500ms},
      {"third throttling waits up to 2 s", ErrorClass::kThrottled, 3, After::kRetry, 2s},
      {"never more than the bound", ErrorClass::kThrottled, kThrottledTriesMax - 1, After::kRetry, kBackoffMax},
      {"throttled too often", ErrorClass::kThrottled, kThrottledTriesMax, After::kGiveUp, 0s},
      {"a failure of theirs", ErrorClass::kTransient, 1, After::kRetry, 100ms},
      {"failed too often", ErrorClass::kTransient, kTransientTriesMax, After::kGiveUp, 0s},
      {"a wrong clock is corrected once", ErrorClass::kSkewed, 1, After::kCorrectClock, 0s},
      {"but not twice", ErrorClass::kSkewed, 2, After::kGiveUp, 0s},
      {"ended keys are renewed once", ErrorClass::kExpired, 1, After::kRenewKeys, 0s},
      {"a no is a no", ErrorClass::kRefused, 1, After::kGiveUp, 0s},
      {"what is absent stays absent", ErrorClass::kAbsent, 1, After::kGiveUp, 0s},
      {"a conflict is decided anew", ErrorClass::kConflict, 1, After::kGiveUp, 0s},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(after_failure(each.error, each.tries, 1.0).after, each.after) << each.what;
    EXPECT_EQ(after_failure(each.error, each.tries, 1.0).wait, each.longest) << each.what;
    EXPECT_EQ(after_failure(each.error, each.tries, 0.0).wait, Duration::zero()) << each.what;
  }
}

}  // namespace
}  // namespace evershore::aws
