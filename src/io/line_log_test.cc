#include "io/line_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "io/files.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

size_t lines_in(const std::string& path) {
  const auto text = read_whole_file(path, 1 << 26);
  return text ? static_cast<size_t>(std::ranges::count(*text, '\n')) : 0;
}

TEST(LineLog, WritesWhatAllFeedsGaveWhenItEnds) {
  const ScratchDirectory directory;
  {
    LineLog log(2, Log());
    ASSERT_TRUE(log.open(directory.file("access")));
    log.feed(0).add("one\n");
    log.feed(1).add("two\n");
  }
  const auto text = read_whole_file(directory.file("access"), 100);
  ASSERT_TRUE(text);
  EXPECT_TRUE(*text == "one\ntwo\n" || *text == "two\none\n") << *text;
}

TEST(LineLog, AfterTheFileWasMovedAwayAnOpenBeginsANewOneAndLosesNothing) {
  const ScratchDirectory directory;
  constexpr size_t kLines = 20'000, kOpens = 20;
  {
    LineLog log(1, Log());
    ASSERT_TRUE(log.open(directory.file("access")));
    std::thread loop([&log] {
      for (size_t i = 0; i < kLines; ++i) log.feed(0).add("a line of some length, as they come\n");
    });
    for (size_t i = 0; i < kOpens; ++i) {
      std::filesystem::rename(directory.file("access"), directory.file("access." + std::to_string(i)));
      ASSERT_TRUE(log.open(directory.file("access")));
    }
    loop.join();
    EXPECT_EQ(log.feed(0).lines.get() + log.feed(0).dropped.get(), kLines);
  }
  size_t written = lines_in(directory.file("access"));
  for (size_t i = 0; i < kOpens; ++i) written += lines_in(directory.file("access." + std::to_string(i)));
  EXPECT_EQ(written, kLines);
}

TEST(LineLog, AFileThatCannotBeOpenedLeavesTheOldOneInUse) {
  const ScratchDirectory directory;
  {
    LineLog log(1, Log());
    ASSERT_TRUE(log.open(directory.file("access")));
    EXPECT_FALSE(log.open(directory.file("no/such/folder")));
    log.feed(0).add("still\n");
  }
  EXPECT_EQ(lines_in(directory.file("access")), 1U);
}

// A FIFO whose reader reads nothing is as slow as any disk.
TEST(LineLog, WhatDoesNotFitIsCountedAndNobodyWaits) {
  const ScratchDirectory directory;
  const auto path = directory.file("fifo");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  {
    LineLog log(1, Log());
    ASSERT_TRUE(log.open(path));
    const std::string line = std::string(1'023, 'x') + "\n";
    for (size_t i = 0; i < 4 * LineFeed::kWaitingBytesMax / line.size(); ++i) log.feed(0).add(line);
    EXPECT_GT(log.feed(0).dropped.get(), 0U);
    EXPECT_GT(log.feed(0).lines.get(), 0U);
  }
  ::close(reader);
}

TEST(LineLog, ToNowhereCostsNothing) {
  LineLog log(1, Log());
  log.feed(0).add("gone\n");
  EXPECT_EQ(log.failures(), 0U);
}

}  // namespace
}  // namespace evershore::io
