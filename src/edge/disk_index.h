// Where cached objects lie on disk, and where the next one goes. Pure: knows numbers, no files.
//
// Objects are appended to segments; when the room is used up, the oldest segment goes as a whole. What is read from disk moves
// to memory, and what leaves memory is still here: so this tier needs no order of use, and is written strictly forward.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "edge/disk_format.h"

namespace evershore::edge {

struct DiskPlace {
  uint64_t segment = 0;
  uint32_t offset = 0;
  uint32_t bytes = 0;
  bool operator==(const DiskPlace&) const = default;
};

// Segments of this size fill `size_bytes`: a sixteenth of it, at least 64 KiB, at most 256 MiB.
uint64_t segment_bytes_for(uint64_t size_bytes);

class DiskIndex {
 public:
  explicit DiskIndex(uint64_t size_bytes);

  // ---- start-up: the segments found, oldest first. `used_bytes` of the file.
  void restore(uint64_t segment, std::span<const IndexLine> lines, uint64_t used_bytes);

  // Segments that are too much for the size, after all have been restored; their files are to be deleted.
  std::vector<uint64_t> trim();

  // Room for a record. `closed`: a segment that will not grow any more. `dropped`: segments whose files are to be deleted,
  // their objects are forgotten already. nullopt: larger than a segment.
  struct Room {
    DiskPlace place;
    std::optional<uint64_t> closed;
    std::vector<uint64_t> dropped;
  };
  std::optional<Room> reserve(uint64_t record_bytes);
  // The open segment could not be written: nothing more goes there. Its number, if there was one.
  std::optional<uint64_t> abandon_open();

  void written(uint64_t key_hash, const DiskPlace& place);  // ignored when its segment has been dropped meanwhile
  void removed(uint64_t key_hash, const DiskPlace& removal);
  std::optional<DiskPlace> find(uint64_t key_hash) const;
  void forget(uint64_t key_hash, const DiskPlace& place);  // it cannot be read there
  // All that a segment holds, in order.
  std::vector<IndexLine> lines_of(uint64_t segment) const;

  uint64_t used_bytes() const { return used_bytes_; }
  size_t objects() const { return places_.size(); }
  uint64_t record_bytes_max() const { return segment_bytes_; }
  std::vector<uint64_t> segments() const;

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t used = 0;
    bool open = false;
    std::vector<IndexLine> lines;
  };
  Segment* find_segment(uint64_t number);
  const Segment* find_segment(uint64_t number) const;
  void drop_oldest(std::vector<uint64_t>& dropped);

  static constexpr size_t kObjectsMax = 4'000'000;  // about 200 MB of memory

  uint64_t size_bytes_;
  uint64_t segment_bytes_;
  uint64_t used_bytes_ = 0;
  uint64_t next_segment_ = 1;
  std::deque<Segment> segments_;  // oldest first
  std::unordered_map<uint64_t, DiskPlace> places_;
};

}  // namespace evershore::edge
