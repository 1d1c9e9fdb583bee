// Plans carried out over an account that is stricter than AWS, cut off anywhere.
#include "aws/run/executor.h"

#include <gtest/gtest.h>

#include "aws/plan_text.h"
#include "aws/run/fake_account.h"
#include "base/fake_scheduler.h"
#include "base/mix.h"

namespace evershore::aws {
namespace {

SiteSettings some_site() {
  return {.name = "assets", .hosts = {"assets.example.com"}, .regions = {"east", "west"}, .error_document = "404.html"};
}

AwsSettings some_settings(const std::string& layout) {
  AwsSettings aws{
      .layout = layout, .site = "assets", .hosted_zone = "example.com", .primary_region = "us-east-1", .primary_bucket = "example-assets"};
  aws.secondary_region = "us-west-2";
  aws.notify = "ops@example.com";
  aws.tags = {"team=web"};
  if (layout == "evershore") aws.edges = {"198.51.100.1", "203.0.113.1"};
  if (layout == "origin-group") aws.secondary_bucket = "example-assets-west";
  return aws;
}

// One run of the program: look, plan, carry out.
class Session {
 public:
  Session(FakeAccount& account, const AwsSettings& settings) : account_(account), layout_(wanted(settings, some_site())) {}

  Plan plan_now(const PlanOptions& options = {.nonce = "0"}) { return plan(layout_, look(), options); }
  Plan destroy_now(const DestroyOptions& options = {}) { return destroy_plan(layout_, look(), options); }

  Result<void> apply() {
    const PlanOptions options{.nonce = fmt::format("{}", ++runs_)};
    return carry_out([&](const Present& present) { return plan(layout_, present, options); });
  }
  Result<void> destroy(const DestroyOptions& options = {}) {
    return carry_out([&](const Present& present) { return destroy_plan(layout_, present, options); });
  }

  Result<void> carry_out(const std::function<Plan(const Present&)>& make) {
    const auto present = look();
    auto made = make(present);
    if (!made.problems.empty()) return fail(Fault::kInvalid, made.problems.front());
    Executor executor(scheduler_, account_, {}, [](size_t, const std::string&) {});
    std::optional<Result<void>> end;
    spawn_detached(store(executor, std::move(made), known_of(present, layout_), end));
    while (!end && scheduler_.run_next()) {
    }
    return end.value_or(fail(Fault::kBroken, "it never ended"));
  }

 private:
  static Task<void> store(Executor& executor, Plan plan, Known known, std::optional<Result<void>>& end) {
    end.emplace(co_await executor.carry_out(std::move(plan), std::move(known)));
  }
  static Task<void> store_present(FakeAccount& account, Question question, std::optional<Result<Present>>& out) {
    out.emplace(co_await account.read(std::move(question)));
  }
  Present look() {
    std::optional<Result<Present>> present;
    spawn_detached(store_present(account_, question_of(layout_, "us-east-1"), present));
    return **present;
  }

  FakeAccount& account_;
  Layout layout_;
  FakeScheduler scheduler_;
  static inline uint64_t runs_ = 0;
};

// Things of others that must be there, and as they were, at the end of everything.
void furnish(FakeAccount& account, bool with_zone) {
  if (with_zone) {
    account.add_zone("example.com");
    account.add_record({.name = "www.example.com", .type = "A", .ttl_s = 300, .values = {"192.0.2.1"}});
  }
  account.add_check("somebody's", {.type = "TCP", .fqdn = "db.example.com", .port = 5432});
  account.add_bucket("us-east-1", "somebodys-bucket");
}

std::string finished(const std::string& layout, bool with_zone) {
  FakeAccount account;
  furnish(account, with_zone);
  Session run(account, some_settings(layout));
  const auto done = run.apply();
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().text);
  EXPECT_TRUE(account.refusals().empty());
  return account.describe();
}

class EveryLayout : public testing::TestWithParam<std::string> {};

TEST_P(EveryLayout, is_made_from_nothing_and_then_nothing_differs) {
  FakeAccount account;
  furnish(account, false);
  Session run(account, some_settings(GetParam()));
  EXPECT_TRUE(run.plan_now().differs());
  const auto done = run.apply();
  ASSERT_TRUE(done.has_value()) << done.error().text;
  EXPECT_FALSE(run.plan_now().differs()) << plan_text(run.plan_now(), Colour::kOff);
  const auto changes = account.changes();
  EXPECT_TRUE(run.apply().has_value());
  EXPECT_EQ(account.changes(), changes) << "the second apply makes no call that changes anything";
}

TEST_P(EveryLayout, is_destroyed_to_the_last_of_ours_and_nothing_else) {
  FakeAccount account;
  furnish(account, true);
  const auto before = account.describe();
  Session run(account, some_settings(GetParam()));
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_NE(account.describe(), before);
  const auto done = run.destroy();
  ASSERT_TRUE(done.has_value()) << done.error().text;
  EXPECT_EQ(account.describe(), before);
  EXPECT_FALSE(run.destroy_now().differs());
}

// 200 accounts, each cut off again and again at random calls, before or after their effect.
TEST_P(EveryLayout, ends_in_the_same_state_wherever_it_is_cut_off) {
  for (const bool with_zone : {false, true}) {
    const auto whole = finished(GetParam(), with_zone);
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      FakeAccount account;
      furnish(account, with_zone);
      const auto before = account.describe();
      Session run(account, some_settings(GetParam()));
      uint64_t chance = mixed(seed * 2 + (with_zone ? 1 : 0));
      const auto cut = [&] {
        chance = mixed(chance + 1);
        account.cut_at(1 + chance % 12, (chance >> 32) % 2 == 0 ? FakeAccount::Cut::kBefore : FakeAccount::Cut::kAfter);
      };
      for (int runs = 0; runs < 200; ++runs, cut()) {
        const auto done = run.apply();
        ASSERT_TRUE(done || done.error().fault == Fault::kTimedOut) << "seed " << seed << ": " << done.error().text;
        if (done) break;
      }
      ASSERT_EQ(account.describe(), whole) << "seed " << seed;
      ASSERT_TRUE(account.emptied().empty()) << "seed " << seed << ": " << account.emptied().front() << " had no records";
      for (int runs = 0; runs < 200; ++runs, cut()) {
        const auto done = run.destroy();
        ASSERT_TRUE(done || done.error().fault == Fault::kTimedOut) << "seed " << seed << ": " << done.error().text;
        if (done) break;
      }
      ASSERT_EQ(account.describe(), before) << "seed " << seed;
      ASSERT_TRUE(account.refusals().empty()) << "seed " << seed << ": " << account.refusals().front();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryLayout, testing::Values("classic", "origin-group", "evershore"),
                         [](const auto& each) { return each.param == "origin-group" ? std::string("origin_group") : each.param; });

class Standing : public testing::Test {
 protected:
  void SetUp() override {
    furnish(account, true);
    ASSERT_TRUE(Session(account, settings).apply().has_value());
  }
  AwsSettings settings = some_settings("classic");
  FakeAccount account;
};

TEST_F(Standing, what_can_be_changed_in_place_is) {
  settings.check_failure_threshold = 5;
  Session run(account, settings);
  const auto planned = run.plan_now();
  ASSERT_EQ(planned.steps.size(), 2U);
  EXPECT_EQ(planned.steps[0].verb, Verb::kChange);
  ASSERT_EQ(planned.steps[0].fields.size(), 1U);
  EXPECT_EQ(planned.steps[0].fields[0].to, "5");
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_FALSE(run.plan_now().differs());
}

TEST_F(Standing, an_interval_is_changed_by_replacing_the_check) {
  settings.check_interval = 10s;
  Session run(account, settings);
  const auto planned = run.plan_now();
  std::string verbs;
  for (const auto& step : planned.steps) verbs += fmt::format("{} {}\n", verb_name(step.verb), step.part);
  EXPECT_EQ(verbs,
            "replace check/bucket\nreplace tag\nreplace check/distribution\nreplace tag\nchange check/both\ndelete old\ndelete old\n");
  EXPECT_EQ(planned.steps[4].fields[0].to, "@{check/bucket}, @{check/distribution}");
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_TRUE(account.refusals().empty()) << "the old ones went last";
  EXPECT_FALSE(run.plan_now().differs());
}

TEST_F(Standing, somebodys_change_is_seen_and_put_right) {
  for (auto& [id, check] : account.checks()) {
    if (check.found.check.calculated()) check.found.check.health_threshold = 1;
  }
  account.records().back().ttl_s = 3600;
  Session run(account, settings);
  EXPECT_EQ(run.plan_now().steps.size(), 2U);
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_FALSE(run.plan_now().differs());
}

TEST_F(Standing, cname_to_alias_is_one_batch_and_never_empty) {
  settings.records = "alias";
  Session run(account, settings);
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_TRUE(account.emptied().empty());
  EXPECT_FALSE(run.plan_now().differs());
}

TEST_F(Standing, a_bucket_with_objects_is_not_destroyed_unless_told) {
  account.put_object("example-assets");
  Session run(account, settings);
  const auto before = account.describe();
  EXPECT_EQ(run.destroy().error().fault, Fault::kInvalid);
  EXPECT_EQ(account.describe(), before) << "nothing at all is done";
  ASSERT_TRUE(run.destroy({.delete_objects = true}).has_value());
  EXPECT_EQ(account.describe().find("bucket example-assets"), std::string::npos);
}

TEST_F(Standing, two_plans_over_a_changed_account_have_two_fingerprints) {
  settings.check_failure_threshold = 5;
  Session run(account, settings);
  const auto before = run.plan_now({.nonce = "1"}).fingerprint();
  EXPECT_EQ(run.plan_now({.nonce = "2"}).fingerprint(), before) << "the same plan made twice is the same";
  account.records().back().ttl_s = 3600;
  EXPECT_NE(run.plan_now({.nonce = "1"}).fingerprint(), before);
}

TEST(Plans, records_of_others_are_in_the_way_until_taken_over_in_one_batch) {
  FakeAccount account;
  furnish(account, true);
  account.add_record({.name = "assets.example.com", .type = "CNAME", .ttl_s = 300, .values = {"old.example.net"}});
  Session run(account, some_settings("classic"));
  EXPECT_EQ(run.apply().error().fault, Fault::kInvalid);
  const auto layout = wanted(some_settings("classic"), some_site());
  ASSERT_TRUE(
      run.carry_out([&](const Present& present) { return plan(layout, present, {.nonce = "t", .take_over_records = true}); }).has_value());
  EXPECT_TRUE(account.emptied().empty()) << "the name was answered at every moment";
  EXPECT_FALSE(run.plan_now().differs());
}

TEST(Plans, a_bucket_that_was_there_is_set_up_and_survives) {
  FakeAccount account;
  furnish(account, true);
  account.add_bucket("us-east-1", "example-assets");
  account.bucket("example-assets").policy = R"({"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny"}]})";
  Session run(account, some_settings("classic"));
  ASSERT_TRUE(run.apply().has_value());
  EXPECT_TRUE(account.bucket("example-assets").tags.empty()) << "what was there before does not get our mark";
  ASSERT_TRUE(run.destroy().has_value());
  EXPECT_TRUE(account.bucket("example-assets").exists);
  EXPECT_FALSE(account.bucket("example-assets").replication.has_value());
  EXPECT_NE(account.bucket("example-assets").policy.find("Theirs"), std::string::npos);
  EXPECT_EQ(account.bucket("example-assets").policy.find("Evershore"), std::string::npos);
}

TEST(Plans, a_bucket_elsewhere_or_of_others_is_in_the_way) {
  FakeAccount account;
  account.add_bucket("eu-west-1", "example-assets");
  Session run(account, some_settings("classic"));
  EXPECT_FALSE(run.plan_now().problems.empty());
  account.bucket("example-assets").refused = true;
  EXPECT_FALSE(run.plan_now().problems.empty());
}

TEST(Plans, no_batch_may_leave_a_name_empty) {
  const RecordSet a{.name = "a", .type = "CNAME"}, b{.name = "a", .type = "A"};
  EXPECT_TRUE(leaves_a_name_empty({a}, {{RecordAction::kDelete, a}}));
  EXPECT_FALSE(leaves_a_name_empty({a}, {{RecordAction::kDelete, a}, {RecordAction::kUpsert, b}}));
  EXPECT_FALSE(leaves_a_name_empty({a, b}, {{RecordAction::kDelete, a}}));
  EXPECT_FALSE(leaves_a_name_empty({}, {{RecordAction::kUpsert, b}}));
}

TEST(Plans, limits_of_a_batch_from_both_sides) {
  const auto batch = [](size_t records, size_t characters) {
    RecordSet set{.name = "a", .type = "TXT"};
    set.values.assign(records, std::string(characters, 'x'));
    return std::vector<RecordChange>{{RecordAction::kUpsert, set}};
  };
  EXPECT_EQ(broken_batch_limit(batch(500, 1)), "") << "an upsert counts twice";
  EXPECT_NE(broken_batch_limit(batch(501, 1)), "");
  EXPECT_EQ(broken_batch_limit(batch(1, 16'000)), "");
  EXPECT_NE(broken_batch_limit(batch(1, 16'001)), "");
}

TEST(Plans, json_holds_the_fingerprint_that_apply_compares) {
  FakeAccount account;
  const auto planned = Session(account, some_settings("classic")).plan_now();
  EXPECT_EQ(fingerprint_in(plan_json(planned)), planned.fingerprint());
  EXPECT_EQ(fingerprint_in("{}"), "");
  EXPECT_EQ(fingerprint_in("nonsense"), "");
}

}  // namespace
}  // namespace evershore::aws
