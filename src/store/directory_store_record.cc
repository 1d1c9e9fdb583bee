#include "store/directory_store_record.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "store/object_tags.h"

namespace evershore::store {

namespace {
constexpr std::string_view kMagic = "EVSOBJ1\n";

class Writer {
 public:
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void text(std::string_view value) {
    u32(static_cast<uint32_t>(value.size()));
    out_ += value;
  }
  void raw(std::string_view value) { out_ += value; }
  void fields(const std::map<std::string, std::string>& map) {
    u32(static_cast<uint32_t>(map.size()));
    for (const auto& [name, value] : map) {
      text(name);
      text(value);
    }
  }
  std::string& out() { return out_; }

 private:
  void number(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 255);
  }
  std::string out_;
};

// Reads past the end give zeros and make ok() false.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : left_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return left_.empty(); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  std::string text() { return std::string(as_text(take(u32()))); }
  std::map<std::string, std::string> fields() {
    std::map<std::string, std::string> map;
    for (uint32_t left = u32(); left > 0 && ok_; --left) {
      auto name = text();
      map[std::move(name)] = text();
    }
    return map;
  }

 private:
  std::span<const uint8_t> take(size_t bytes) {
    if (bytes > left_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = left_.first(bytes);
    left_ = left_.subspan(bytes);
    return taken;
  }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    int shift = 0;
    for (const uint8_t byte : take(bytes)) {
      value |= static_cast<uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  std::span<const uint8_t> left_;
  bool ok_ = true;
};
}  // namespace

std::string encode_record(const ObjectRecord& record) {
  Writer writer;
  writer.text(record.key);
  writer.text(record.etag);
  writer.u64(record.size_bytes);
  writer.u64(static_cast<uint64_t>(record.modified.time_since_epoch().count()));
  writer.u32(static_cast<uint32_t>(record.part_sizes.size()));
  for (const uint64_t size : record.part_sizes) writer.u64(size);
  writer.fields(record.headers);
  writer.fields(record.metadata);
  const auto length = static_cast<uint32_t>(writer.out().size());
  const auto checksum = crc32c(as_bytes(writer.out()));
  writer.u32(length);
  writer.u32(checksum);
  writer.raw(kMagic);
  return std::move(writer.out());
}

std::optional<uint32_t> record_length(std::span<const uint8_t> tail) {
  if (tail.size() != kRecordTailBytes || as_text(tail.subspan(8)) != kMagic) return std::nullopt;
  const auto length = Reader(tail).u32();
  if (length > kRecordBytesMax) return std::nullopt;
  return length;
}

std::optional<ObjectRecord> decode_record(std::span<const uint8_t> bytes) {
  if (bytes.size() < kRecordTailBytes) return std::nullopt;
  const auto tail = bytes.last(kRecordTailBytes);
  const auto length = record_length(tail);
  if (!length || *length != bytes.size() - kRecordTailBytes) return std::nullopt;
  const auto body = bytes.first(*length);
  if (Reader(tail.subspan(4)).u32() != crc32c(body)) return std::nullopt;
  Reader reader(body);
  ObjectRecord record;
  record.key = reader.text();
  record.etag = reader.text();
  record.size_bytes = reader.u64();
  record.modified = Wall(std::chrono::microseconds(static_cast<int64_t>(reader.u64())));
  for (uint32_t left = reader.u32(); left > 0 && reader.ok(); --left) record.part_sizes.push_back(reader.u64());
  record.headers = reader.fields();
  record.metadata = reader.fields();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return record;
}

ObjectInfo info_of(const ObjectRecord& record) {
  ObjectInfo info{.key = record.key,
                  .size_bytes = record.size_bytes,
                  .etag = record.etag,
                  .last_modified = record.modified,
                  .headers = record.headers,
                  .metadata = record.metadata,
                  .part_count = static_cast<uint32_t>(record.part_sizes.size()),
                  .part_size_bytes = record.part_sizes.empty() ? 0 : record.part_sizes.front()};
  hide_tags(info);
  return info;
}

}  // namespace evershore::store
