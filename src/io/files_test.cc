#include "io/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <iterator>

#include "io/test_support.h"

namespace evershore::io {
namespace {

uint32_t mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

size_t entries_in(const std::string& directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
}

TEST(Files, ADurableWriteReplacesTheWholeFileAndLeavesNothingBeside) {
  const ScratchDirectory directory;
  const std::string path = directory.file("state");
  ASSERT_TRUE(write_file_durably(path, "a longer first content", 0600).has_value());
  ASSERT_TRUE(write_file_durably(path, "second", 0640).has_value());
  EXPECT_EQ(read_whole_file(path, 100).value(), "second");
  EXPECT_EQ(mode_of(path), 0640U);
  EXPECT_EQ(entries_in(directory.path()), 1U);
}

TEST(Files, AFailedWriteLeavesTheOldContentAndNothingBeside) {
  const ScratchDirectory directory;
  const std::string path = directory.file("taken");
  ASSERT_TRUE(make_directories(path + "/full", 0700).has_value());  // a directory cannot be replaced by a file
  EXPECT_FALSE(write_file_durably(path, "x", 0600).has_value());
  EXPECT_EQ(entries_in(directory.path()), 1U);
  EXPECT_EQ(write_file_durably(directory.file("no/such/place"), "x", 0600).error().fault, Fault::kNotFound);
}

TEST(Files, ReadingHasALimitAndTellsAbsenceApart) {
  const ScratchDirectory directory;
  const std::string path = directory.file("ten");
  ASSERT_TRUE(write_file_durably(path, "0123456789", 0600).has_value());
  EXPECT_EQ(read_whole_file(path, 10).value().size(), 10U);
  EXPECT_EQ(read_whole_file(path, 9).error().fault, Fault::kInvalid);
  EXPECT_EQ(read_whole_file(directory.file("absent"), 9).error().fault, Fault::kNotFound);
}

TEST(Files, DirectoriesAreMadeWithTheirParentsAndTheirMode) {
  const ScratchDirectory directory;
  const std::string path = directory.file("a/b/c");
  ASSERT_TRUE(make_directories(path, 0700).has_value());
  EXPECT_EQ(mode_of(directory.file("a")), 0700U);
  EXPECT_EQ(mode_of(path), 0700U);
  EXPECT_TRUE(make_directories(path, 0755).has_value());
  EXPECT_EQ(mode_of(path), 0700U) << "an existing one is left as it is";
  EXPECT_TRUE(make_directories(directory.file("x/y/"), 0700).has_value());
  ASSERT_TRUE(write_file_durably(directory.file("file"), "", 0600).has_value());
  EXPECT_EQ(make_directories(directory.file("file"), 0700).error().fault, Fault::kInvalid);
}

TEST(Files, RandomBytesDiffer) {
  EXPECT_EQ(random_bytes(1000).size(), 1000U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
  EXPECT_NE(random_u64(), random_u64());
}

}  // namespace
}  // namespace evershore::io
