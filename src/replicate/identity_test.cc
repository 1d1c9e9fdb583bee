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
