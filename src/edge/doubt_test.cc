#include "edge/doubt.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

struct Row {
  const char* name;
  const char* range;
  bool conditional;
  uint16_t status;
  const char* content_range;  // "" = none
  std::optional<uint64_t> length;
  bool sound;
};

TEST(Doubt, takes_only_answers_to_what_was_asked) {
  static constexpr Row kRows[] = {
      {"the whole", "", false, 200, "", 100, true},
      {"the whole although a part was asked for", "bytes=0-9", false, 200, "", 100, true},
      {"the part", "bytes=0-9", false, 206, "bytes 0-9/100", 10, true},
      {"the part in chunks", "bytes=0-9", false, 206, "bytes 0-9/100", std::nullopt, true},
      {"a shorter part at the object's end", "bytes=90-109", false, 206, "bytes 90-99/100", 10, true},
      {"an open part", "bytes=90-", false, 206, "bytes 90-99/100", 10, true},
      {"the last bytes", "bytes=-10", false, 206, "bytes 90-99/100", 10, true},
      {"more last bytes than there are", "bytes=-200", false, 206, "bytes 0-99/100", 100, true},
      {"a part nobody asked for", "", false, 206, "bytes 0-9/100", 10, false},
      {"a part that does not say which", "bytes=0-9", false, 206, "", 10, false},
      {"a part that says nonsense", "bytes=0-9", false, 206, "bytes 9-0/100", 10, false},
      {"a part from elsewhere", "bytes=0-9", false, 206, "bytes 1-10/100", 10, false},
      {"a longer part", "bytes=0-9", false, 206, "bytes 0-10/100", 11, false},
      {"other last bytes", "bytes=-10", false, 206, "bytes 80-89/100", 10, false},
      {"a length that contradicts", "bytes=0-9", false, 206, "bytes 0-9/100", 11, false},
      {"not modified, as asked", "", true, 304, "", std::nullopt, true},
      {"not modified, although nobody has a copy", "", false, 304, "", std::nullopt, false},
      {"an error", "bytes=0-9", false, 404, "", 5, true},
  };
  for (const auto& row : kRows) {
    http::ResponseHead head{.status = row.status, .content_length = row.length};
    if (*row.content_range != '\0') head.headers.add("Content-Range", row.content_range);
    EXPECT_EQ(doubt({.range = row.range, .conditional = row.conditional}, head).empty(), row.sound) << row.name;
  }
}

TEST(Doubt, wants_one_content_range) {
  http::ResponseHead head{
      .status = 206, .headers = {{"Content-Range", "bytes 0-9/100"}, {"Content-Range", "bytes 0-9/200"}}, .content_length = 10};
  EXPECT_EQ(doubt({.range = "bytes=0-9"}, head), "206 without one content-range");
}

}  // namespace
}  // namespace evershore::edge
