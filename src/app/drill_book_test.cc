#include "app/drill_book.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace evershore::app {
namespace {

std::string report(const std::string& region) {
  return R"({"verdict":"No client noticed.","begun":"2026-12-01T00:00:00Z","region":")" + region +
         R"(","fault":"down","timeline":[{"seconds":1}],"notes":["n"]})";
}

class DrillBookTest : public testing::Test {
 protected:
  DrillBook make() {
    DrillBook book;
    book.restore({board_.begin(), board_.end()}, [this](std::string key, std::optional<std::string> value) {
      if (value) board_[key] = *value;
      if (!value) board_.erase(key);
    });
    return book;
  }
  std::map<std::string, std::string> board_{{"event/0000000000000001", "{}"}, {"drill/0000000000000009", "torn"}};
};

TEST_F(DrillBookTest, keeps_reports_over_restarts) {
  EXPECT_EQ(make().keep(report("east")), 1u);
  auto book = make();
  EXPECT_EQ(book.keep(report("west")), 2u);
  const auto list = nlohmann::json::parse(book.list_json());
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["region"], "east");
  EXPECT_EQ(list[1]["id"], 2);
  EXPECT_FALSE(list[1].contains("timeline") || list[1].contains("notes"));
  EXPECT_EQ(nlohmann::json::parse(*book.report_json(1))["timeline"][0]["seconds"], 1);
  EXPECT_EQ(book.report_json(3).error().fault, Fault::kNotFound);
}

TEST_F(DrillBookTest, takes_only_reports) {
  auto book = make();
  for (const std::string bad : {"", "[]", "{}", R"({"verdict":1,"begun":"","region":"","fault":""})"}) {
    EXPECT_EQ(book.keep(bad).error().fault, Fault::kInvalid) << bad;
  }
  EXPECT_FALSE(book.keep(report(std::string(kDrillBytesMax, 'x'))));
}

TEST_F(DrillBookTest, forgets_the_oldest) {
  auto book = make();
  for (size_t i = 0; i < kDrillsKept + 2; ++i) ASSERT_TRUE(book.keep(report("east")));
  EXPECT_FALSE(book.report_json(2));
  EXPECT_TRUE(book.report_json(3));
  EXPECT_EQ(make().keep(report("east")), kDrillsKept + 3);
}

}  // namespace
}  // namespace evershore::app
