#include "edge/disk_format.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::edge {

namespace {

constexpr uint64_t kRecordMagic = 0x3243455253564557ULL;  // changes with the format: what older versions wrote is no record then
constexpr uint64_t kIndexMagic = 0x3158444953564557ULL;
constexpr size_t kIndexLineBytes = 16;
constexpr size_t kListMax = 4096;  // fields, variants

class Writer {
 public:
  template <class T>
  void number(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));  // this machine's order: a cache does not travel
    bytes.append(raw, sizeof(T));
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    bytes.append(value);
  }
  std::string bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    T value{};
    if (rest_.size() < sizeof(T)) {
      good = false;
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string text() {
    const auto size = number<uint32_t>();
    if (!good || size > rest_.size()) {
      good = false;
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  size_t count() {
    const auto value = number<uint32_t>();
    if (value > kListMax) good = false;
    return good ? value : 0;
  }
  bool done() const { return good && rest_.empty(); }
  bool good = true;

 private:
  std::string_view rest_;
};

void write_texts(Writer& out, const std::vector<std::string>& texts) {
  out.number(static_cast<uint32_t>(texts.size()));
  for (const auto& text : texts) out.text(text);
}

std::vector<std::string> read_texts(Reader& in) {
  std::vector<std::string> texts;
  for (size_t left = in.count(); left > 0 && in.good; --left) texts.push_back(in.text());
  return texts;
}

void write_freshness(Writer& out, const Freshness& freshness, Mono now, Wall wall) {
  const auto age = age_at(freshness, now);
  out.number<int64_t>(wall.time_since_epoch().count());  // the moment of that age
  out.number<int64_t>(age.count());
  out.number<int64_t>(freshness.lifetime.count());
  out.number<int64_t>(freshness.stale_while_revalidate.count());
  out.number<int64_t>(freshness.stale_if_error.count());
  out.number<uint8_t>(static_cast<uint8_t>((freshness.ask_always ? 1 : 0) | (freshness.never_stale ? 2 : 0)));
}

// A wall clock that went back in the meantime must not make it younger.
Freshness read_freshness(Reader& in, Mono now, Wall wall) {
  Freshness freshness;
  const Wall written{Wall::duration(in.number<int64_t>())};
  const Duration age(in.number<int64_t>());
  freshness.lifetime = Duration(in.number<int64_t>());
  freshness.stale_while_revalidate = Duration(in.number<int64_t>());
  freshness.stale_if_error = Duration(in.number<int64_t>());
  const auto flags = in.number<uint8_t>();
  freshness.ask_always = (flags & 1) != 0;
  freshness.never_stale = (flags & 2) != 0;
  freshness.received = now;
  freshness.initial_age = age + (wall > written ? Duration(wall - written) : Duration::zero());
  return freshness;
}

std::string meta_of(std::string_view key, const StoredObject& object, Mono now, Wall wall) {
  Writer out;
  out.text(key);
  out.number(object.status);
  out.number(static_cast<uint32_t>(object.headers.size()));
  for (const auto& header : object.headers) {
    out.text(header.name);
    out.text(header.value);
  }
  out.text(object.etag);
  out.number<uint8_t>(object.last_modified ? 1 : 0);
  out.number<int64_t>(object.last_modified.value_or(Wall{}).time_since_epoch().count());
  out.text(object.region);
  out.text(object.tags);
  out.number(object.purge_mark);
  out.number(object.large_bytes);
  write_freshness(out, object.freshness, now, wall);
  write_texts(out, object.variants.names);
  write_texts(out, object.variants.keys);
  return std::move(out.bytes);
}

std::optional<StoredObject> read_meta(std::string_view meta, std::string_view key, Mono now, Wall wall) {
  Reader in(meta);
  if (in.text() != key) return std::nullopt;
  StoredObject object;
  object.status = in.number<uint16_t>();
  for (size_t left = in.count(); left > 0 && in.good; --left) {
    const auto name = in.text();
    object.headers.add(name, in.text());
  }
  object.etag = in.text();
  const bool modified = in.number<uint8_t>() != 0;
  const Wall last_modified{Wall::duration(in.number<int64_t>())};
  if (modified) object.last_modified = last_modified;
  object.region = in.text();
  object.tags = in.text();
  object.purge_mark = in.number<uint64_t>();
  object.large_bytes = in.number<uint64_t>();
  object.freshness = read_freshness(in, now, wall);
  object.variants.names = read_texts(in);
  object.variants.keys = read_texts(in);
  if (!in.done()) return std::nullopt;
  return object;
}

// The head ends with its own checksum; what is not used is zero.
std::string encode_head(const RecordHead& head, uint32_t front_checksum) {
  Writer out;
  out.number(kRecordMagic);
  out.number(static_cast<uint32_t>(head.kind));
  out.number(head.meta_bytes);
  out.number(head.key_hash);
  out.number(head.body_bytes);
  out.number(front_checksum);
  out.bytes.resize(kRecordHeadBytes - 4, '\0');
  out.number(crc32c(as_bytes(out.bytes)));
  return std::move(out.bytes);
}

constexpr size_t kFrontChecksumAt = 32;

}  // namespace

uint64_t key_hash(std::string_view key) {
  const auto digest = md5(key);  // spreads well, and is the same in every run
  uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

std::string encode_front(std::string_view key, const StoredObject& object, Mono now, Wall wall) {
  Writer rest;
  const auto body = object.body->all();
  for (size_t at = 0; at < body.size(); at += kBlockBytes) rest.number(crc32c(body.subspan(at, std::min(kBlockBytes, body.size() - at))));
  const auto meta = meta_of(key, object, now, wall);
  rest.bytes += meta;
  const RecordHead head{RecordKind::kObject, key_hash(key), static_cast<uint32_t>(meta.size()), body.size()};
  return encode_head(head, crc32c(as_bytes(rest.bytes))) + rest.bytes;
}

std::string encode_removal(std::string_view key) { return encode_head({RecordKind::kRemoval, key_hash(key), 0, 0}, 0); }

std::optional<RecordHead> decode_head(std::span<const uint8_t> bytes) {
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  Reader in(as_text(bytes.first(kRecordHeadBytes)));
  if (in.number<uint64_t>() != kRecordMagic) return std::nullopt;
  RecordHead head;
  head.kind = static_cast<RecordKind>(in.number<uint32_t>());
  head.meta_bytes = in.number<uint32_t>();
  head.key_hash = in.number<uint64_t>();
  head.body_bytes = in.number<uint64_t>();
  uint32_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + kRecordHeadBytes - 4, 4);
  if (checksum != crc32c(bytes.first(kRecordHeadBytes - 4))) return std::nullopt;
  if (head.kind != RecordKind::kObject && head.kind != RecordKind::kRemoval) return std::nullopt;
  if (head.meta_bytes > kMetaBytesMax || head.body_bytes > UINT32_MAX) return std::nullopt;
  return head;
}

std::optional<Front> decode_front(const RecordHead& head, std::span<const uint8_t> front, std::string_view key, Mono now, Wall wall) {
  if (front.size() != head.front_bytes() || head.kind != RecordKind::kObject) return std::nullopt;
  uint32_t checksum = 0;
  std::memcpy(&checksum, front.data() + kFrontChecksumAt, 4);
  const auto rest = front.subspan(kRecordHeadBytes);
  if (checksum != crc32c(rest)) return std::nullopt;
  Front decoded;
  decoded.block_checksums.resize(head.blocks());
  if (!decoded.block_checksums.empty()) std::memcpy(decoded.block_checksums.data(), rest.data(), head.blocks() * 4);
  auto object = read_meta(as_text(rest.subspan(head.blocks() * 4)), key, now, wall);
  if (!object) return std::nullopt;
  decoded.object = std::move(*object);
  return decoded;
}

bool blocks_intact(std::span<const uint8_t> body, std::span<const uint32_t> checksums) {
  for (size_t i = 0; i < checksums.size(); ++i) {
    const size_t at = i * kBlockBytes;
    if (at >= body.size() || crc32c(body.subspan(at, std::min(kBlockBytes, body.size() - at))) != checksums[i]) return false;
  }
  return checksums.size() * kBlockBytes >= body.size();
}

std::string encode_index(std::span<const IndexLine> lines) {
  Writer out;
  out.number(kIndexMagic);
  out.number(static_cast<uint64_t>(lines.size()));
  for (const auto& line : lines) {
    out.number(line.key_hash);
    out.number(line.offset);
    out.number(line.bytes);
  }
  out.number(crc32c(as_bytes(out.bytes)));
  return std::move(out.bytes);
}

std::optional<std::vector<IndexLine>> decode_index(std::string_view bytes) {
  Reader in(bytes);
  if (in.number<uint64_t>() != kIndexMagic) return std::nullopt;
  const auto count = in.number<uint64_t>();
  if (!in.good || count > bytes.size() / kIndexLineBytes || bytes.size() != 16 + count * kIndexLineBytes + 4) return std::nullopt;
  std::vector<IndexLine> lines(count);
  for (auto& line : lines) {
    line.key_hash = in.number<uint64_t>();
    line.offset = in.number<uint32_t>();
    line.bytes = in.number<uint32_t>();
  }
  if (in.number<uint32_t>() != crc32c(as_bytes(bytes.substr(0, bytes.size() - 4)))) return std::nullopt;
  return lines;
}

}  // namespace evershore::edge
