#include "app/demo/report.h"

#include <gtest/gtest.h>

#include "app/demo/drill.h"

#include <nlohmann/json.hpp>

namespace evershore::app::demo {
namespace {

using std::chrono::milliseconds;

Report good() {
  Act act{.name = "kill", .story = "killed", .rules = {.dns_change_max = milliseconds(600), .comes_back = true}};
  act.span = {Mono(milliseconds(0)), Mono(milliseconds(20'000))};
  act.requests = {.requests = 10'000, .p50 = milliseconds(1), .p99 = milliseconds(9), .worst = milliseconds(500)};
  act.downloads = {.started = 8, .completed = 8, .longest_stall = milliseconds(1'000)};
  act.dns_changed = milliseconds(600);
  act.synced = milliseconds(900);
  act.served_again = milliseconds(2'900);
  Report report{.requests_per_second = 500, .acts = {act}};
  report.check = {.identical = true, .writes_acknowledged = 200};
  return report;
}

std::vector<Promise> broken(const Report& report) {
  auto all = judge(report);
  std::erase_if(all, [](const Promise& promise) { return promise.kept; });
  return all;
}

TEST(Promises, hold_at_their_bounds) { EXPECT_TRUE(broken(good()).empty()); }

struct Breach {
  const char* name;
  void (*breach)(Report&);
  const char* what;
};

class EachBreach : public testing::TestWithParam<Breach> {};

TEST_P(EachBreach, is_named_alone) {
  Report report = good();
  GetParam().breach(report);
  const auto found = broken(report);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].what, GetParam().what);
  EXPECT_FALSE(all_kept(judge(report)));
}

INSTANTIATE_TEST_SUITE_P(
    Promises, EachBreach,
    testing::Values(Breach{"failed", [](Report& r) { r.acts[0].requests.failed = 1; }, "no failed request"},
                    Breach{"truncated", [](Report& r) { r.acts[0].requests.truncated = 1; }, "no truncated answer"},
                    Breach{"wrong", [](Report& r) { r.acts[0].requests.wrong = 1; }, "no wrong bytes"},
                    Breach{"slow", [](Report& r) { r.acts[0].requests.worst += Duration(1); }, "no request takes longer"},
                    Breach{"idle", [](Report& r) { r.acts[0].requests = {}; }, "clients were served all the while"},
                    Breach{"download", [](Report& r) { r.acts[0].downloads.completed = 7; }, "every download completes"},
                    Breach{"stall", [](Report& r) { r.acts[0].downloads.longest_stall += Duration(1); }, "no download stalls longer"},
                    Breach{"dns_late", [](Report& r) { *r.acts[0].dns_changed += Duration(1); }, "DNS changes within"},
                    Breach{"dns_never", [](Report& r) { r.acts[0].dns_changed.reset(); }, "DNS changes within"},
                    Breach{"not_synced", [](Report& r) { r.acts[0].synced.reset(); }, "the region catches up and serves again"},
                    Breach{"not_back", [](Report& r) { r.acts[0].served_again.reset(); }, "the region catches up and serves again"},
                    Breach{"differ", [](Report& r) { r.check.identical = false; }, "all regions are identical (`evershore verify`)"},
                    Breach{"lost", [](Report& r) { r.check.writes_missing = 1; }, "no acknowledged write is lost"}),
    [](const auto& test) { return test.param.name; });

TEST(ReportJson, carries_the_numbers_and_what_was_never_measured_as_null) {
  Report report = good();
  report.acts[0].dns_changed.reset();
  report.acts[0].notes = {"not UTF-8: \xff"};
  const auto json = nlohmann::json::parse(report_json(report, judge(report)));
  EXPECT_FALSE(json["kept"].get<bool>());
  EXPECT_EQ(json["acts"][0]["worst_ms"], 500.0);
  EXPECT_EQ(json["acts"][0]["failback_seconds"], 2.9);
  EXPECT_TRUE(json["acts"][0]["dns_changed_seconds"].is_null());
  EXPECT_EQ(json["acts"][0]["downloads"]["longest_stall_ms"], 1000.0);
}

TEST(ReportTable, names_only_the_broken_promises) {
  Report report = good();
  report.acts[0].requests.failed = 3;
  const auto text = report_table(report, judge(report));
  EXPECT_NE(text.find("BROKEN  no failed request (kill): promised 0, measured 3"), std::string::npos) << text;
  EXPECT_EQ(text.find("BROKEN  no wrong"), std::string::npos);
}

DrillReport drill() {
  DrillReport report{.region = "east<script>", .fault = "down", .site = "assets", .fault_lasted = std::chrono::seconds(4)};
  report.requests = {.requests = 100, .failed = 2};
  report.seen_down = std::chrono::milliseconds(900);
  report.slices = {
      {.at = std::chrono::seconds(-1), .requests = 20, .p50 = std::chrono::milliseconds(1), .worst = std::chrono::milliseconds(2)},
      {.at = std::chrono::seconds(0),
       .requests = 20,
       .bad = 2,
       .p50 = std::chrono::milliseconds(3),
       .worst = std::chrono::milliseconds(90)}};
  return report;
}

TEST(DrillReport, is_a_page_with_a_verdict_and_a_chart) {
  const auto page = drill_html(drill_json(drill()));
  ASSERT_TRUE(page) << page.error().text;
  for (const char* part :
       {"Clients saw failures: 2 of 100 requests.", "<svg", "2 of 20 requests failed", "seen as down", "region east&lt;script&gt;"}) {
    EXPECT_TRUE(page->contains(part)) << part;
  }
  EXPECT_FALSE(page->contains("<script"));
  EXPECT_FALSE(page->contains("http://") || page->contains("https://")) << "nothing from elsewhere";
  for (const char* bad : {"", "[]", "{}", R"({"verdict":{}})"}) {
    const auto made = drill_html(bad);
    EXPECT_TRUE(!made || made->contains("</html>")) << bad;
  }
}

}  // namespace
}  // namespace evershore::app::demo
