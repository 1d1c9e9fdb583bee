#include "edge/disk_index.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

constexpr uint64_t kSize = 1 << 20;  // 16 segments of 64 KiB

DiskPlace put(DiskIndex& index, uint64_t hash, uint64_t bytes) {
  const auto room = index.reserve(bytes);
  EXPECT_TRUE(room);
  index.written(hash, room->place);
  return room->place;
}

TEST(DiskIndex, records_stand_one_behind_the_other) {
  DiskIndex index(kSize);
  const auto first = put(index, 1, 100);
  const auto second = put(index, 2, 50);
  EXPECT_EQ(second, (DiskPlace{first.segment, 100, 50}));
  EXPECT_EQ(index.find(1), first);
  EXPECT_EQ(index.find(3), std::nullopt);
}

TEST(DiskIndex, a_full_segment_is_closed_and_the_next_begins) {
  DiskIndex index(kSize);
  put(index, 1, 60'000);
  const auto room = index.reserve(60'000);
  EXPECT_EQ(room->closed, 1u);
  EXPECT_EQ(room->place, (DiskPlace{2, 0, 60'000}));
  EXPECT_TRUE(room->dropped.empty());
  EXPECT_FALSE(index.reserve(segment_bytes_for(kSize) + 1)) << "larger than a segment";
}

TEST(DiskIndex, the_oldest_segment_makes_room_and_its_objects_go) {
  DiskIndex index(kSize);
  std::vector<uint64_t> dropped;
  for (uint64_t i = 1; i <= 40; ++i) {
    const auto room = index.reserve(60'000);
    dropped.insert(dropped.end(), room->dropped.begin(), room->dropped.end());
    index.written(i, room->place);
    EXPECT_LE(index.used_bytes(), kSize);
  }
  EXPECT_EQ(dropped.front(), 1u);
  EXPECT_EQ(index.find(1), std::nullopt);
  EXPECT_TRUE(index.find(40));
  EXPECT_GE(index.objects(), 15u);
}

TEST(DiskIndex, what_was_written_anew_survives_the_segment_of_its_old_version) {
  DiskIndex index(kSize);
  put(index, 1, 60'000);
  for (uint64_t i = 2; i <= 10; ++i) put(index, i, 60'000);
  put(index, 1, 60'000);
  for (uint64_t i = 11; i <= 20; ++i) put(index, i, 60'000);
  EXPECT_TRUE(index.find(1));
  EXPECT_EQ(index.find(2), std::nullopt);
}

TEST(DiskIndex, a_removal_is_remembered_in_its_segment) {
  DiskIndex index(kSize);
  put(index, 1, 100);
  const auto room = index.reserve(64);
  index.removed(1, room->place);
  EXPECT_EQ(index.find(1), std::nullopt);
  DiskIndex again(kSize);
  again.restore(1, index.lines_of(1), 164);
  EXPECT_EQ(again.find(1), std::nullopt);
}

TEST(DiskIndex, what_is_written_into_a_dropped_segment_is_not_found) {
  DiskIndex index(kSize);
  const auto slow = index.reserve(60'000)->place;
  for (uint64_t i = 2; i <= 20; ++i) put(index, i, 60'000);
  index.written(1, slow);
  EXPECT_EQ(index.find(1), std::nullopt);
}

TEST(DiskIndex, lines_that_point_behind_the_end_are_not_believed) {
  DiskIndex index(kSize);
  const std::vector<IndexLine> lines{{1, 0, 100}, {2, 100, 4'000'000'000}};
  index.restore(5, lines, 200);
  EXPECT_TRUE(index.find(1));
  EXPECT_EQ(index.find(2), std::nullopt);
  EXPECT_EQ(index.reserve(10)->place.segment, 6u);
}

TEST(DiskIndex, a_smaller_size_than_before_drops_what_is_too_much) {
  DiskIndex index(kSize);
  const std::vector<IndexLine> lines{{1, 0, 100}};
  for (uint64_t segment = 1; segment <= 4; ++segment) index.restore(segment, lines, 400'000);
  EXPECT_EQ(index.trim(), (std::vector<uint64_t>{1, 2}));
  EXPECT_LE(index.used_bytes(), kSize);
}

}  // namespace
}  // namespace evershore::edge
