#include "edge/run/disk_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "io/files.h"

namespace evershore::edge {

namespace {

constexpr std::string_view kData = ".data", kList = ".list", kPrefix = "segment-";
constexpr size_t kFirstRead = 4096;  // a small object is there with one read

std::optional<uint64_t> segment_of(std::string_view name, std::string_view ending) {
  if (!name.starts_with(kPrefix) || !name.ends_with(ending)) return std::nullopt;
  return parse_u64(name.substr(kPrefix.size(), name.size() - kPrefix.size() - ending.size()));
}

// Heads from record to record, as far as they are intact.
std::vector<IndexLine> walk(const io::DataFile& file, uint64_t size) {
  std::vector<IndexLine> lines;
  std::array<uint8_t, kRecordHeadBytes> bytes;
  for (uint64_t at = 0; at + kRecordHeadBytes <= size;) {
    if (!file.read_at(at, bytes)) break;
    const auto head = decode_head(bytes);
    if (!head || at + head->record_bytes() > size) break;
    const bool object = head->kind == RecordKind::kObject;
    lines.push_back({head->key_hash, static_cast<uint32_t>(at), object ? static_cast<uint32_t>(head->record_bytes()) : 0});
    at += head->record_bytes();
  }
  return lines;
}

}  // namespace

Result<std::unique_ptr<DiskStore>> DiskStore::open(const std::string& folder, uint64_t size_bytes) {
  TRY_VOID(io::make_directories(folder, 0700));
  auto store = std::unique_ptr<DiskStore>(new DiskStore(folder, size_bytes));
  TRY(store->lock_, io::FolderLock::take(folder));
  TRY_VOID(store->restore());
  return store;
}

DiskStore::~DiskStore() {
  if (const auto open = index_.abandon_open()) close_segment(*open);
}

std::string DiskStore::path_of(uint64_t segment, std::string_view ending) const {
  return fmt::format("{}/{}{:08}{}", folder_, kPrefix, segment, ending);
}

Result<void> DiskStore::restore() {
  TRY(const auto names, io::names_in(folder_));
  std::vector<uint64_t> found;
  for (const auto& name : names) {
    if (const auto segment = segment_of(name, kData)) found.push_back(*segment);
    if (name.ends_with(".tmp")) io::remove_file(folder_ + "/" + name);  // of a list that was being written
  }
  std::ranges::sort(found);
  for (const auto segment : found) restore_segment(segment);
  drop(index_.trim());
  refresh_gauges();
  return {};
}

void DiskStore::restore_segment(uint64_t segment) {
  auto file = io::DataFile::open(path_of(segment, kData));
  const auto size = file ? (*file)->size() : Result<uint64_t>(0);
  if (!size || *size == 0 || *size > UINT32_MAX) {
    drop({segment});
    return;
  }
  const auto list = io::read_whole_file(path_of(segment, kList), 1 << 30);
  auto lines = list ? decode_index(*list) : std::nullopt;
  const bool listed = lines.has_value();
  if (!listed) lines = walk(**file, *size);
  index_.restore(segment, *lines, *size);
  files_[segment] = std::move(*file);
  if (!listed) close_segment(segment);
}

// ---- reading

bool DiskStore::may_have(std::string_view key) const {
  const uint64_t hash = key_hash(key);
  const std::scoped_lock lock(mutex_);
  return index_.find(hash).has_value();
}

std::optional<DiskStore::Place> DiskStore::find(uint64_t hash) const {
  const auto at = index_.find(hash);
  if (!at) return std::nullopt;
  const auto file = files_.find(at->segment);
  if (file == files_.end()) return std::nullopt;
  return Place{file->second, *at};  // stays readable though its segment may be dropped meanwhile
}

std::optional<StoredObject> DiskStore::read(std::string_view key, Mono now, Wall wall) {
  const uint64_t hash = key_hash(key);
  std::optional<Place> place;
  {
    const std::scoped_lock lock(mutex_);
    place = find(hash);
    if (!place) counters_.misses.add();
  }
  if (!place) return std::nullopt;
  auto object = read_record(*place, key, now, wall);
  const std::scoped_lock lock(mutex_);
  if (object) {
    counters_.hits.add();
    return std::move(*object);
  }
  counters_.misses.add();
  counters_.read_failures.add();
  index_.forget(hash, place->at);
  return std::nullopt;
}

Result<StoredObject> DiskStore::read_record(const Place& place, std::string_view key, Mono now, Wall wall) const {
  std::vector<uint8_t> front(std::min<size_t>(place.at.bytes, kFirstRead));
  TRY_VOID(place.file->read_at(place.at.offset, front));
  const auto head = decode_head(front);
  if (!head || head->record_bytes() != place.at.bytes) return fail(Fault::kBroken, "no record there");
  if (head->front_bytes() > front.size()) {
    const size_t have = front.size();
    front.resize(head->front_bytes());
    TRY_VOID(place.file->read_at(place.at.offset + have, std::span(front).subspan(have)));
  }
  auto decoded = decode_front(*head, std::span(front).first(head->front_bytes()), key, now, wall);
  if (!decoded) return fail(Fault::kBroken, "damaged, or another key's");
  auto body = std::make_shared<Bytes>(static_cast<size_t>(head->body_bytes));
  const std::span<uint8_t> into(body->data.get(), body->size);
  const size_t have = std::min<size_t>(front.size() - head->front_bytes(), into.size());
  std::copy_n(front.begin() + static_cast<ptrdiff_t>(head->front_bytes()), have, into.begin());
  TRY_VOID(place.file->read_at(place.at.offset + head->front_bytes() + have, into.subspan(have)));
  if (!blocks_intact(into, decoded->block_checksums)) return fail(Fault::kBroken, "a block is damaged");
  decoded->object.body = std::move(body);
  return std::move(decoded->object);
}

void DiskStore::hide(std::string_view key) {
  const uint64_t hash = key_hash(key);
  const std::scoped_lock lock(mutex_);
  if (const auto place = index_.find(hash)) index_.forget(hash, *place);
}

// ---- writing

void DiskStore::note_skipped() {
  const std::scoped_lock lock(mutex_);
  counters_.skipped.add();
}

std::optional<DiskStore::Place> DiskStore::reserve(uint64_t record_bytes) {
  std::optional<DiskIndex::Room> room;
  File file;
  {
    const std::scoped_lock lock(mutex_);
    if (skip_ > 0) {
      --skip_;
      counters_.skipped.add();
      return std::nullopt;
    }
    room = index_.reserve(record_bytes);
    if (!room) return std::nullopt;
    if (const auto at = files_.find(room->place.segment); at != files_.end()) file = at->second;
  }
  if (room->closed) close_segment(*room->closed);
  drop(room->dropped);
  if (!file) {
    auto opened = io::DataFile::open(path_of(room->place.segment, kData));
    if (!opened) {
      write_failed(opened.error());
      return std::nullopt;
    }
    file = std::move(*opened);
    const std::scoped_lock lock(mutex_);
    files_[room->place.segment] = file;
  }
  return Place{std::move(file), room->place};
}

void DiskStore::write(std::string_view key, const StoredObject& object, Mono now, Wall wall) {
  auto front = encode_front(key, object, now, wall);
  const auto body = object.body->all();
  const auto head = decode_head(as_bytes(front));
  if (!head) return;  // its fields are larger than a record's may be
  const auto place = reserve(head->record_bytes());
  if (!place) return;
  auto written = place->file->write_at(place->at.offset, as_bytes(front));
  if (written) written = place->file->write_at(place->at.offset + front.size(), body);
  const std::array<uint8_t, 8> padding{};
  const uint64_t used = front.size() + body.size();
  if (written) written = place->file->write_at(place->at.offset + used, std::span(padding).first(place->at.bytes - used));
  if (!written) {
    write_failed(written.error());
    return;
  }
  const std::scoped_lock lock(mutex_);
  index_.written(head->key_hash, place->at);
  counters_.writes.add();
  refresh_gauges();
}

void DiskStore::remove(std::string_view key) {
  const uint64_t hash = key_hash(key);
  const auto record = encode_removal(key);
  const auto place = reserve(record.size());
  const bool written = place && place->file->write_at(place->at.offset, as_bytes(record)).has_value();
  const std::scoped_lock lock(mutex_);
  index_.removed(hash, place ? place->at : DiskPlace{});
  if (place && !written) skip_ = kSkipAfterFailure;
  refresh_gauges();
}

// The open segment ends here: what comes behind a hole would not be found after a crash.
void DiskStore::write_failed(const Error&) {
  std::optional<uint64_t> open;
  {
    const std::scoped_lock lock(mutex_);
    counters_.write_failures.add();
    skip_ = kSkipAfterFailure;
    open = index_.abandon_open();
  }
  if (open) close_segment(*open);
}

// Without a list, because it could not be written, the heads are read at the next start.
void DiskStore::close_segment(uint64_t segment) {
  std::vector<IndexLine> lines;
  {
    const std::scoped_lock lock(mutex_);
    lines = index_.lines_of(segment);
  }
  (void)io::write_file_durably(path_of(segment, kList), encode_index(lines), 0600);
}

void DiskStore::drop(const std::vector<uint64_t>& segments) {
  for (const auto segment : segments) {
    {
      const std::scoped_lock lock(mutex_);
      files_.erase(segment);
    }
    io::remove_file(path_of(segment, kData));
    io::remove_file(path_of(segment, kList));
  }
}

void DiskStore::refresh_gauges() {
  counters_.bytes.set(index_.used_bytes());
  counters_.objects.set(index_.objects());
}

}  // namespace evershore::edge
