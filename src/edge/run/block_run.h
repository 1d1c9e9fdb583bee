// The handler's own: one fetch that brings blocks of a large object, one after the other, for all who follow it.
#pragma once

#include <deque>

#include "edge/run/handler.h"

namespace evershore::edge {

struct Handler::BlockRun {
  explicit BlockRun(Scheduler& scheduler) : changed(scheduler) {}

  using Done = std::pair<uint64_t, std::shared_ptr<const Bytes>>;

  Signal changed;
  std::string family;
  std::shared_ptr<const StoredObject> object;  // its fields
  uint64_t next = 0;                           // the block that is being filled
  uint64_t end = 0;                            // the first one that is not its own
  std::shared_ptr<Bytes> buffer;               // of `next`
  size_t filled = 0;
  std::deque<Done> recent;  // the last ones, should the cache have no room for them
  uint64_t furthest = 0;    // byte of the object that a reader is at
  size_t readers = 0;
  bool ended = false;
  bool outdated = false;  // the regions have another version now

  // A reader that is much further, or behind, is better off on its own.
  bool covers(uint64_t block) const { return !ended && block < end && block >= next && block <= next + kFollowBlocks; }
  std::shared_ptr<const Bytes> find_recent(uint64_t block) const {
    for (const auto& [number, bytes] : recent)
      if (number == block) return bytes;
    return nullptr;
  }

  static constexpr uint64_t kFollowBlocks = 4;
  // Of the furthest reader. A slow client slows the fetch, and memory stays; little, so that region and client work at the same
  // time instead of by turns.
  static constexpr uint64_t kAheadBytes = 256 << 10;
  static constexpr size_t kRecentMax = 2;
};

// One answer's way through the blocks.
struct Handler::BlockReader {
  std::string cache_key;
  std::string family;
  std::shared_ptr<const StoredObject> object;
  uint64_t end = 0;  // the last byte it will want, plus one
  FetchOrder order;  // to fetch what is missing; the range is set for each
  std::shared_ptr<BlockRun> run;

  BlockReader() = default;
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;
  ~BlockReader() { leave(); }
  void follow(std::shared_ptr<BlockRun> next) {
    leave();
    run = std::move(next);
    ++run->readers;
    run->changed.notify_all();  // it may be waiting for its first
  }
  void leave() {
    if (!run) return;
    --run->readers;
    run->changed.notify_all();
    run.reset();
  }
};

struct Handler::BlockPiece {
  std::shared_ptr<const Bytes> hold;
  std::span<const uint8_t> bytes;
};

}  // namespace evershore::edge
