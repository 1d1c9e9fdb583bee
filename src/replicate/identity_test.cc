#include "replicate/identity.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

TEST(ContentIdOf, IsTheMd5WhereTheETagIsOne) {
  const auto id = content_id_of(3, "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(id[0], 0x90);
  EXPECT_EQ(id[15], 0x72);
}

TEST(ContentIdOf, DiffersByETagAndSizeOfAnUploadInParts) {
  EXPECT_NE(content_id_of(3, "900150983cd24fb0d6963f7d28e17f72-2"), content_id_of(4, "900150983cd24fb0d6963f7d28e17f72-2"));
  EXPECT_NE(content_id_of(3, "900150983cd24fb0d6963f7d28e17f72-2"), content_id_of(3, "900150983cd24fb0d6963f7d28e17f72-3"));
}

TEST(ContentIdOf, IsUnknownWithoutAnETag) { EXPECT_EQ(content_id_of(3, ""), ContentId{}); }

TEST(MetaHash, IgnoresTheStorageClassAndOurOwnStamp) {
  EXPECT_EQ(meta_hash_of({{"content-type", "a"}}, {{"x", "1"}}),
            meta_hash_of({{"content-type", "a"}, {"x-amz-storage-class", "GLACIER"}}, {{"evershore-version", "s"}, {"x", "1"}}));
}

TEST(MetaHash, SeesEveryOtherChange) {
  const auto hash = meta_hash_of({{"content-type", "a"}}, {{"x", "1"}});
  EXPECT_NE(hash, meta_hash_of({{"content-type", "b"}}, {{"x", "1"}}));
  EXPECT_NE(hash, meta_hash_of({{"content-type", "a"}}, {{"x", "2"}}));
  EXPECT_NE(hash, meta_hash_of({{"content-type", "a"}, {"x", "1"}}, {}));
  EXPECT_NE(hash, meta_hash_of({}, {}));
}

TEST(MetaHash, SeesTagsUnlessTheyAreLeftOut) {
  const StandardHeaders plain{{"content-type", "a"}}, tagged{{"content-type", "a"}, {"x-amz-tagging", "t=1"}};
  EXPECT_NE(meta_hash_of(plain, {}), meta_hash_of(tagged, {}));
  EXPECT_EQ(untagged_hash_of(plain, {}), untagged_hash_of(tagged, {}));
  EXPECT_EQ(untagged_hash_of(plain, {}), meta_hash_of(plain, {})) << "rows of objects without tags stay what they are";
  EXPECT_EQ(tags_hash_of(plain), 0U);
  EXPECT_NE(tags_hash_of(tagged), 0U);
}

TEST(HeadersToCopy, FollowsTheRulesForTagsAndClass) {
  const StandardHeaders all{{"content-type", "a"}, {"x-amz-tagging", "t=1"}, {"x-amz-storage-class", "GLACIER"}};
  EXPECT_EQ(headers_to_copy(all, TagsTravel::kYes, ""), (StandardHeaders{{"content-type", "a"}, {"x-amz-tagging", "t=1"}}));
  EXPECT_EQ(headers_to_copy(all, TagsTravel::kNo, ""), (StandardHeaders{{"content-type", "a"}}));
  EXPECT_EQ(headers_to_copy(all, TagsTravel::kNo, "COLD"), (StandardHeaders{{"content-type", "a"}, {"x-amz-storage-class", "COLD"}}));
  EXPECT_EQ(headers_to_copy(all, TagsTravel::kYes, "source"), all);
}

TEST(MetadataToCopy, ReplacesAnOldStamp) {
  const UserMetadata copy = metadata_to_copy({{"evershore-version", "old"}, {"x", "1"}}, "new");
  EXPECT_EQ(copy, (UserMetadata{{"evershore-version", "new"}, {"x", "1"}}));
}

TEST(IsOwnKey, KnowsTheMarker) {
  EXPECT_TRUE(is_own_key(".evershore/region"));
  EXPECT_FALSE(is_own_key(".evershore"));
  EXPECT_FALSE(is_own_key("a/.evershore/region"));
}

}  // namespace
}  // namespace evershore::replicate
