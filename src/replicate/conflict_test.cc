#include "replicate/conflict.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

TEST(ConflictKey, NamesKeyVersionAndRegion) {
  const ConflictId id{.key = "a@b/c.css", .version = {0xabc, 1, 2}, .region = "eu.west-1", .mark = conflict_mark(3, "e")};
  const auto key = conflict_key(id);
  EXPECT_EQ(key, ".evershore/conflicts/a@b/c.css@000000000abc00010002-" + id.mark + ".eu.west-1");
  EXPECT_EQ(parse_conflict_key(key), id);
}

TEST(ConflictKey, StaysWithinS3sLimitForAnyKey) {
  for (const ObjectKey& key : {std::string(1024, 'x'), std::string("~home")}) {
    const ConflictId id{.key = key, .version = {1, 2, 3}, .region = std::string(64, 'r'), .mark = "01234567"};
    const auto name = conflict_key(id);
    EXPECT_LE(name.size(), kObjectKeyBytesMax);
    ASSERT_TRUE(parse_conflict_key(name));
    EXPECT_EQ(parse_conflict_key(name)->key, "") << "the metadata has it";
    EXPECT_FALSE(fits_conflict_name(key));
  }
}

TEST(ConflictKey, MarksTellContentsApart) {
  EXPECT_NE(conflict_mark(3, "e"), conflict_mark(4, "e"));
  EXPECT_NE(conflict_mark(3, "e"), conflict_mark(3, "f"));
}

TEST(ConflictKey, OtherKeysAreNone) {
  for (const char* key :
       {"a@000000000abc00010002-01234567.west", ".evershore/region", ".evershore/conflicts/a",
        ".evershore/conflicts/@000000000abc00010002-01234567.west", ".evershore/conflicts/a@000000000abc00010002-01234567.",
        ".evershore/conflicts/a@00000000xabc00010002-01234567.west"})
    EXPECT_EQ(parse_conflict_key(key), std::nullopt) << key;
}

}  // namespace
}  // namespace evershore::replicate
