#include "io/line_search.h"

#include <gtest/gtest.h>

#include <fstream>

#include "io/test_support.h"

namespace evershore::io {
namespace {

class LineSearch : public testing::Test {
 protected:
  std::string find(std::string_view needle) {
    auto line = last_line_with(path_, needle, uint64_t{1} << 30);
    return line ? *line : fmt::format("fault {}", static_cast<int>(line.error().fault));
  }
  void write(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }

  ScratchDirectory scratch_;
  std::string path_ = scratch_.file("log");
  const std::string none_ = fmt::format("fault {}", static_cast<int>(Fault::kNotFound));
};

TEST_F(LineSearch, finds_the_last_whole_line) {
  EXPECT_EQ(find("x"), none_) << "there is no file";
  write("first x 1\nsecond x 2\nthird\nhalf x");
  EXPECT_EQ(find("first"), "first x 1");
  EXPECT_EQ(find("x 2"), "second x 2");
  EXPECT_EQ(find("half"), none_) << "it is still being written";
  EXPECT_EQ(find("y"), none_);
  EXPECT_EQ(find("x"), "second x 2") << "the last whole one";
  write(" is whole\n");
  EXPECT_EQ(find("x"), "half x is whole");
}

// Pieces of 4 MiB meet in the middle of a line, wherever that is.
TEST_F(LineSearch, finds_lines_that_lie_across_pieces) {
  const std::string filler(1 << 20, 'f');
  for (int i = 0; i < 12; ++i) write(fmt::format("{}\nline {:02} {}\n", filler, i, std::string(100'000, 'l')));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(find(fmt::format("line {:02}", i)).size(), 8U + 100'000U) << i;
}

TEST_F(LineSearch, looks_no_further_than_it_may) {
  write("old\n" + std::string(1'000, 'x') + "\nnew\n");
  EXPECT_TRUE(last_line_with(path_, "new", 100));
  EXPECT_FALSE(last_line_with(path_, "old", 100));
}

}  // namespace
}  // namespace evershore::io
