#include "edge/disk_index.h"

#include <algorithm>

namespace evershore::edge {

uint64_t segment_bytes_for(uint64_t size_bytes) { return std::clamp<uint64_t>(size_bytes / 16, 64 << 10, 256 << 20); }

DiskIndex::DiskIndex(uint64_t size_bytes) : size_bytes_(size_bytes), segment_bytes_(segment_bytes_for(size_bytes)) {}

DiskIndex::Segment* DiskIndex::find_segment(uint64_t number) {
  return const_cast<Segment*>(static_cast<const DiskIndex*>(this)->find_segment(number));
}

const DiskIndex::Segment* DiskIndex::find_segment(uint64_t number) const {
  const auto at = std::ranges::lower_bound(segments_, number, {}, &Segment::number);
  return at != segments_.end() && at->number == number ? &*at : nullptr;
}

void DiskIndex::restore(uint64_t segment, std::span<const IndexLine> lines, uint64_t used_bytes) {
  if (!segments_.empty() && segment <= segments_.back().number) return;
  segments_.push_back({.number = segment, .used = used_bytes, .open = false, .lines = {}});
  next_segment_ = segment + 1;
  used_bytes_ += used_bytes;
  for (const auto& line : lines) {
    if (uint64_t{line.offset} + line.bytes > used_bytes) continue;
    const DiskPlace place{segment, line.offset, line.bytes};
    if (line.bytes == 0) {
      removed(line.key_hash, place);
    } else {
      written(line.key_hash, place);
    }
  }
}

std::vector<uint64_t> DiskIndex::trim() {
  std::vector<uint64_t> dropped;
  while (!segments_.empty() && used_bytes_ > size_bytes_) drop_oldest(dropped);
  return dropped;
}

std::optional<DiskIndex::Room> DiskIndex::reserve(uint64_t record_bytes) {
  if (record_bytes > segment_bytes_) return std::nullopt;
  Room room;
  const bool fits = !segments_.empty() && segments_.back().open && segments_.back().used + record_bytes <= segment_bytes_;
  if (!fits) {
    room.closed = abandon_open();
    segments_.push_back({.number = next_segment_++, .used = 0, .open = true, .lines = {}});
  }
  // What is in the open segment counts as full already: the file may grow to that at any moment.
  auto& open = segments_.back();
  while (segments_.size() > 1 && (used_bytes_ - open.used + segment_bytes_ > size_bytes_ || places_.size() >= kObjectsMax))
    drop_oldest(room.dropped);
  auto& target = segments_.back();
  room.place = {target.number, static_cast<uint32_t>(target.used), static_cast<uint32_t>(record_bytes)};
  target.used += record_bytes;
  used_bytes_ += record_bytes;
  return room;
}

std::optional<uint64_t> DiskIndex::abandon_open() {
  if (segments_.empty() || !segments_.back().open) return std::nullopt;
  segments_.back().open = false;
  return segments_.back().number;
}

void DiskIndex::drop_oldest(std::vector<uint64_t>& dropped) {
  const auto& oldest = segments_.front();
  for (const auto& line : oldest.lines) forget(line.key_hash, {oldest.number, line.offset, line.bytes});
  used_bytes_ -= oldest.used;
  dropped.push_back(oldest.number);
  segments_.pop_front();
}

void DiskIndex::written(uint64_t key_hash, const DiskPlace& place) {
  auto* segment = find_segment(place.segment);
  if (segment == nullptr) return;
  segment->lines.push_back({key_hash, place.offset, place.bytes});
  places_[key_hash] = place;
}

void DiskIndex::removed(uint64_t key_hash, const DiskPlace& removal) {
  places_.erase(key_hash);
  if (auto* segment = find_segment(removal.segment)) segment->lines.push_back({key_hash, removal.offset, 0});
}

std::optional<DiskPlace> DiskIndex::find(uint64_t key_hash) const {
  const auto at = places_.find(key_hash);
  if (at == places_.end()) return std::nullopt;
  return at->second;
}

void DiskIndex::forget(uint64_t key_hash, const DiskPlace& place) {
  const auto at = places_.find(key_hash);
  if (at != places_.end() && at->second == place) places_.erase(at);
}

std::vector<IndexLine> DiskIndex::lines_of(uint64_t segment) const {
  const auto* found = find_segment(segment);
  return found == nullptr ? std::vector<IndexLine>{} : found->lines;
}

std::vector<uint64_t> DiskIndex::segments() const {
  std::vector<uint64_t> numbers;
  for (const auto& segment : segments_) numbers.push_back(segment.number);
  return numbers;
}

}  // namespace evershore::edge
