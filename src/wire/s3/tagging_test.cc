#include "wire/s3/tagging.h"

#include <gtest/gtest.h>

namespace evershore::s3 {
namespace {

TEST(Tagging, OneSpellingWhateverTheOrder) {
  const auto tags = parse_tag_text("b=2&a+x=%C3%BC%2f&c=");
  ASSERT_TRUE(tags);
  EXPECT_EQ(*tags, (Tags{{"a x", "\xC3\xBC/"}, {"b", "2"}, {"c", ""}}));
  EXPECT_EQ(tag_text(*tags), "a%20x=%C3%BC%2F&b=2&c=");
  EXPECT_EQ(*parse_tag_text(tag_text(*tags)), *tags);
  EXPECT_EQ(parse_tag_text("c")->at("c"), "");
  EXPECT_EQ(tag_text({}), "");
  EXPECT_TRUE(parse_tag_text("")->empty());
}

TEST(Tagging, DocumentsThereAndBack) {
  const Tags tags{{"a & b", "<1>"}, {"z", ""}};
  const auto read = parse_tagging(render_tagging(tags));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(*read, tags);
  EXPECT_TRUE(parse_tagging(render_tagging({}))->empty());
  EXPECT_FALSE(parse_tagging("<Tagging><TagSet><Tag><Value>1</Value></Tag></TagSet></Tagging>"));
  EXPECT_FALSE(parse_tagging("<Other/>"));
}

TEST(Tagging, RefusesWhatS3Refuses) {
  EXPECT_FALSE(parse_tag_text("a=1&a=2"));
  EXPECT_FALSE(parse_tag_text("=1"));
  EXPECT_FALSE(parse_tag_text("a=1&&b=2"));
  EXPECT_FALSE(parse_tag_text(std::string(kTagKeyBytesMax + 1, 'a') + "=1"));
  EXPECT_FALSE(parse_tag_text("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1"));
  EXPECT_TRUE(parse_tag_text("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1"));
}

}  // namespace
}  // namespace evershore::s3
