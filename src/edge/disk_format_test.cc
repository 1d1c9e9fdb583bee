#include "edge/disk_format.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

constexpr Mono kNow{1h};
constexpr Wall kWall{std::chrono::hours(24 * 20'000)};

StoredObject object_of(size_t size) {
  StoredObject object;
  object.status = 203;
  object.headers = {{"ETag", "\"e\""}, {"X", ""}};
  auto bytes = std::make_shared<Bytes>(size);
  for (size_t i = 0; i < size; ++i) bytes->data[i] = static_cast<uint8_t>(i * 31);
  object.body = bytes;
  object.etag = "\"e\"";
  object.last_modified = kWall - 5s;
  object.region = "east";
  object.tags = "a b";
  object.purge_mark = 7;
  object.large_bytes = 1ULL << 40;
  object.freshness = {.received = kNow - 10s, .initial_age = 5s, .lifetime = 60s, .never_stale = true, .stale_if_error = 9s};
  object.variants = {{"foo"}, {"k1", "k2"}};
  return object;
}

std::span<const uint8_t> bytes_of(const std::string& text) { return as_bytes(text); }

TEST(DiskFormat, an_object_comes_back_as_it_was_only_older) {
  const auto object = object_of(3 * kBlockBytes / 2);
  const auto front = encode_front("site/key", object, kNow, kWall);
  const auto head = decode_head(bytes_of(front));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body_bytes, object.body->size);
  EXPECT_EQ(head->key_hash, key_hash("site/key"));
  EXPECT_EQ(head->front_bytes(), front.size());
  EXPECT_EQ(head->record_bytes() % 8, 0u);
  const auto back = decode_front(*head, bytes_of(front), "site/key", Mono(5min), kWall + 20s);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->object.status, 203);
  EXPECT_EQ(back->object.headers.get("etag"), "\"e\"");
  EXPECT_EQ(back->object.last_modified, object.last_modified);
  EXPECT_EQ(back->object.tags, "a b");
  EXPECT_EQ(back->object.purge_mark, 7u);
  EXPECT_EQ(back->object.large_bytes, 1ULL << 40);
  EXPECT_EQ(back->object.variants.keys, object.variants.keys);
  EXPECT_EQ(age_at(back->object.freshness, Mono(5min)), 35s) << "5 s at its receipt, 10 s in memory, 20 s on disk";
  EXPECT_EQ(back->object.freshness.lifetime, 60s);
  EXPECT_TRUE(back->object.freshness.never_stale);
  EXPECT_TRUE(blocks_intact(object.body->all(), back->block_checksums));
}

TEST(DiskFormat, a_clock_that_went_back_makes_nothing_younger) {
  const auto front = encode_front("k", object_of(0), kNow, kWall);
  const auto back = decode_front(*decode_head(bytes_of(front)), bytes_of(front), "k", kNow, kWall - 100s);
  EXPECT_EQ(age_at(back->object.freshness, kNow), 15s);
}

TEST(DiskFormat, another_keys_record_is_not_taken) {
  const auto front = encode_front("k", object_of(1), kNow, kWall);
  EXPECT_FALSE(decode_front(*decode_head(bytes_of(front)), bytes_of(front), "other", kNow, kWall));
}

TEST(DiskFormat, any_changed_byte_before_the_body_is_noticed) {
  const auto front = encode_front("key", object_of(10), kNow, kWall);
  for (size_t i = 0; i < front.size(); ++i) {
    auto damaged = front;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const auto head = decode_head(bytes_of(damaged));
    EXPECT_FALSE(head && decode_front(*head, bytes_of(damaged), "key", kNow, kWall)) << i;
  }
}

TEST(DiskFormat, a_changed_byte_in_any_block_is_noticed) {
  const auto object = object_of(2 * kBlockBytes + 1);
  const auto front = encode_front("key", object, kNow, kWall);
  const auto sums = decode_front(*decode_head(bytes_of(front)), bytes_of(front), "key", kNow, kWall)->block_checksums;
  ASSERT_EQ(sums.size(), 3u);
  for (const size_t at : {size_t{0}, kBlockBytes - 1, kBlockBytes, 2 * kBlockBytes}) {
    std::vector<uint8_t> body(object.body->all().begin(), object.body->all().end());
    body[at] ^= 1;
    EXPECT_FALSE(blocks_intact(body, sums)) << at;
  }
}

TEST(DiskFormat, a_removal_is_a_head_alone) {
  const auto record = encode_removal("k");
  ASSERT_EQ(record.size(), kRecordHeadBytes);
  const auto head = decode_head(bytes_of(record));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->kind, RecordKind::kRemoval);
  EXPECT_EQ(head->record_bytes(), kRecordHeadBytes);
}

TEST(DiskFormat, a_list_is_whole_or_nothing) {
  const std::vector<IndexLine> lines{{1, 2, 3}, {4, 5, 0}};
  const auto bytes = encode_index(lines);
  EXPECT_EQ(decode_index(bytes), lines);
  EXPECT_EQ(decode_index(encode_index({})), std::vector<IndexLine>{});
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_index(bytes.substr(0, cut))) << cut;
  auto damaged = bytes;
  damaged[20] ^= 1;
  EXPECT_FALSE(decode_index(damaged));
}

}  // namespace
}  // namespace evershore::edge
