#include "app/demo/data.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/files.h"
#include "io/test_support.h"

namespace evershore::app::demo {
namespace {

TEST(DemoData, a_pattern_is_the_same_whether_made_whole_or_in_parts) {
  std::vector<uint8_t> whole(1000), parts(1000);
  fill_pattern(5, 0, whole);
  fill_pattern(5, 0, std::span(parts).first(504));
  fill_pattern(5, 504, std::span(parts).subspan(504));
  EXPECT_EQ(whole, parts);
  fill_pattern(6, 0, parts);
  EXPECT_NE(whole, parts);
}

TEST(DemoData, an_object_s_hash_is_that_of_its_bytes) {
  for (const uint64_t size : {0ULL, 1ULL, 300'000ULL}) {
    const auto object = pattern_object("x.bin", 9, size);
    const auto bytes = bytes_of(object);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), size);
    EXPECT_EQ(sha256(*bytes), object.sha256);
  }
}

TEST(DemoData, takes_files_within_its_limits_and_generates_what_is_missing) {
  const io::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch.file("a"));
  ASSERT_TRUE(io::write_file_durably(scratch.file("a/page.html"), "<p>", 0600));
  ASSERT_TRUE(io::write_file_durably(scratch.file("b"), "plain", 0600));
  ASSERT_TRUE(io::write_file_durably(scratch.file("too-long"), std::string(2'000, 'x'), 0600));
  std::filesystem::create_symlink(scratch.file("b"), scratch.file("link"));
  const auto objects = small_objects({.directory = scratch.path(), .files_min = 4, .file_bytes_max = 1'000});
  ASSERT_EQ(objects.size(), 4u);
  EXPECT_EQ(objects[0].key, "doc/a/page.html");
  EXPECT_EQ(objects[0].content_type, "text/html");
  EXPECT_EQ(objects[1].key, "doc/b");
  EXPECT_EQ(objects[1].content_type, "text/plain");
  EXPECT_EQ(objects[2].key, "generated/0002.bin");
  for (const auto& object : objects) EXPECT_EQ(sha256(*bytes_of(object)), object.sha256) << object.key;
}

TEST(DemoData, a_directory_that_is_not_there_is_no_hindrance) {
  EXPECT_EQ(small_objects({.directory = "/no/such/place", .files_min = 3}).size(), 3u);
}

}  // namespace
}  // namespace evershore::app::demo
