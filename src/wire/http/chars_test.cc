#include "wire/http/chars.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/http/lists.h"

namespace evershore::http {
namespace {

TEST(Chars, AFieldsCharactersAreFoundByEightsAsOneByOne) {
  for (size_t size = 1; size <= 26; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, byte % 2 == 0 ? 'a' : '\xff');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(all_field_chars(text), all_of(text, kFieldChars)) << byte << " at " << at << " of " << size;
      }
    }
  }
  EXPECT_TRUE(all_field_chars(""));
  EXPECT_FALSE(all_field_chars("a tab\tis fine, a line's end\n is not"));
}

TEST(Lists, AMemberIsFoundWhereTheListHasIt) {
  struct Row {
    const char* name;
    std::string_view value;
    bool found;
  };
  const Row rows[] = {
      {"alone", "no-transform", true},
      {"in another case, with space", "max-age=1 ,  No-Transform", true},
      {"between empty members", ",,no-transform,,", true},
      {"as part of a member", "x-no-transform, no-transform=1", false},
      {"inside quotes", "\"a, no-transform, b\"", false},
      {"nowhere", "", false},
  };
  for (const auto& row : rows) EXPECT_EQ(list_contains(row.value, "no-transform"), row.found) << row.name;
  EXPECT_FALSE(list_contains(",,", "")) << "an empty member is none";
  std::string long_list;
  for (size_t i = 1; i < kListMembersMax; ++i) long_list += "x,";
  EXPECT_TRUE(list_contains(long_list + "last", "last"));
  EXPECT_FALSE(list_contains(long_list + "x,last", "last")) << "one beyond what is looked at";
}

}  // namespace
}  // namespace evershore::http
