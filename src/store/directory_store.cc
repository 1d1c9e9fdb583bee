#include "store/directory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::store {

namespace {
constexpr size_t kReadBytes = 256 * 1024;

class FileBody final : public BodyReader {
 public:
  FileBody(File file, ByteRange range) : file_(std::move(file)), at_(range.first), left_(range.length) {}

  Task<Result<std::span<const uint8_t>>> next() override {
    buffer_.resize(static_cast<size_t>(std::min<uint64_t>(left_, kReadBytes)));
    CO_TRY_VOID(read_exactly(file_, at_, buffer_));
    at_ += buffer_.size();
    left_ -= buffer_.size();
    co_return std::span<const uint8_t>(buffer_);
  }

 private:
  File file_;
  uint64_t at_;
  uint64_t left_;
  std::vector<uint8_t> buffer_;
};

Result<ByteRange> range_of(const GetOptions& options, const ObjectRecord& record) {
  if (options.range && options.part_number != 0) return fail(Fault::kInvalid, "InvalidRequest: a range and a part number together");
  if (options.part_number != 0) {
    // A single put is its own part 1.
    if (options.part_number == 1 && record.part_sizes.empty()) return ByteRange{0, record.size_bytes};
    if (options.part_number > record.part_sizes.size()) return fail(Fault::kInvalid, "InvalidRange: there is no such part");
    const auto part = record.part_sizes.begin() + (options.part_number - 1);
    return ByteRange{std::accumulate(record.part_sizes.begin(), part, uint64_t{0}), *part};
  }
  if (!options.range) return ByteRange{0, record.size_bytes};
  if (options.range->first >= record.size_bytes) return fail(Fault::kInvalid, "InvalidRange: the range begins after the object's end");
  if (options.range->length == 0) return fail(Fault::kInvalid, "InvalidRange: a range of no bytes");
  return ByteRange{options.range->first, std::min(options.range->length, record.size_bytes - options.range->first)};
}
}  // namespace

DirectoryStore::DirectoryStore(std::shared_ptr<DirectoryBucket> bucket, Scheduler& loop) : bucket_(std::move(bucket)), loop_(loop) {}

Task<Result<std::optional<ObjectInfo>>> DirectoryStore::find(ObjectKey key) {
  CO_TRY(const auto object, bucket_->open_key(key));
  if (!object) co_return std::nullopt;
  co_return info_of(object->record);
}

Task<Result<std::optional<GetResult>>> DirectoryStore::get(ObjectKey key, GetOptions options) {
  CO_TRY(auto object, bucket_->open_key(key));
  if (!object) co_return std::nullopt;
  if (!options.if_match.empty() && options.if_match != object->record.etag) {
    co_return fail(Fault::kPrecondition, "the key has another etag");
  }
  CO_TRY(const auto range, range_of(options, object->record));
  auto body = std::make_unique<FileBody>(std::move(object->file), range);
  co_return GetResult{.info = info_of(object->record), .range = range, .body = std::move(body)};
}

// Reads to the very end: a body that checks itself (a hash, a signature) speaks up only there.
Task<Result<DirectoryStore::Staged>> DirectoryStore::write_body(uint64_t size_bytes, BodyReader& body) {
  CO_TRY(auto staged, bucket_->stage());
  Hasher hasher(HashKind::kMd5);
  uint64_t written = 0;
  while (true) {
    CO_TRY(const auto piece, co_await body.next());
    if (piece.empty()) break;
    written += piece.size();
    if (written > size_bytes) break;
    hasher.update(piece);
    CO_TRY_VOID(staged.append(piece));
  }
  if (written != size_bytes) {
    co_return fail(Fault::kInvalid, fmt::format("IncompleteBody: {} bytes were announced, {} came", size_bytes, written));
  }
  co_return Staged{std::move(staged), to_hex(hasher.finish_as<Md5>())};
}

Task<Result<PutResult>> DirectoryStore::put(ObjectKey key, PutOptions options, BodyReader& body) {
  CO_TRY(auto staged, co_await write_body(options.size_bytes, body));
  ObjectRecord record{.key = std::move(key),
                      .etag = std::move(staged.etag),
                      .size_bytes = options.size_bytes,
                      .modified = loop_.wall(),
                      .headers = std::move(options.headers),
                      .metadata = std::move(options.metadata)};
  io::OnWorker<Result<PutResult>> commit{bucket_->workers(), loop_,
                                         [&] { return bucket_->commit(std::move(staged.file), record, options.condition); }};
  auto result = co_await commit;
  co_return result;
}

Task<Result<void>> DirectoryStore::remove(ObjectKey key, std::string if_match) {
  io::OnWorker<Result<void>> removal{bucket_->workers(), loop_, [&] { return bucket_->remove(key, if_match); }};
  auto result = co_await removal;
  co_return result;
}

Task<Result<PutResult>> DirectoryStore::replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers,
                                                         UserMetadata metadata) {
  const auto now = loop_.wall();
  io::OnWorker<Result<PutResult>> replacing{bucket_->workers(), loop_,
                                            [&] { return bucket_->replace_metadata(key, if_match, headers, metadata, now); }};
  auto result = co_await replacing;
  co_return result;
}

Task<Result<std::string>> DirectoryStore::tags(ObjectKey key) {
  CO_TRY(const auto object, bucket_->open_key(key));
  if (!object) co_return fail(Fault::kNotFound, "NoSuchKey: the key is not there");
  const auto at = object->record.headers.find(std::string(kTagsHeader));
  co_return at == object->record.headers.end() ? std::string() : at->second;
}

Task<Result<void>> DirectoryStore::put_tags(ObjectKey key, std::string tags) {
  io::OnWorker<Result<void>> tagging{bucket_->workers(), loop_, [&] { return bucket_->put_tags(key, tags); }};
  auto result = co_await tagging;
  co_return result;
}

Task<Result<ListPage>> DirectoryStore::list(ListOptions options) { co_return bucket_->index().list(options); }

Task<Result<std::string>> DirectoryStore::create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) {
  if (key.empty() || key.size() > kObjectKeyBytesMax) co_return fail(Fault::kInvalid, "KeyTooLongError: a key has 1 to 1024 bytes");
  const ObjectRecord about{.key = std::move(key), .modified = loop_.wall(), .headers = std::move(headers), .metadata = std::move(metadata)};
  io::OnWorker<Result<std::string>> creation{bucket_->workers(), loop_, [&] { return bucket_->create_upload(about); }};
  auto result = co_await creation;
  co_return result;
}

Task<Result<CompletedPart>> DirectoryStore::put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                                     BodyReader& body) {
  CO_TRY(auto staged, co_await write_body(size_bytes, body));
  const ObjectRecord part{.key = std::move(key), .etag = std::move(staged.etag), .size_bytes = size_bytes, .modified = loop_.wall()};
  io::OnWorker<Result<CompletedPart>> commit{bucket_->workers(), loop_,
                                             [&] { return bucket_->commit_part(std::move(staged.file), part, upload_id, number); }};
  auto result = co_await commit;
  co_return result;
}

Task<Result<PutResult>> DirectoryStore::complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                                           PutCondition condition) {
  const auto now = loop_.wall();
  io::OnWorker<Result<PutResult>> completion{bucket_->workers(), loop_,
                                             [&] { return bucket_->complete_upload(key, upload_id, parts, condition, now); }};
  auto result = co_await completion;
  co_return result;
}

Task<Result<void>> DirectoryStore::abort_multipart(ObjectKey key, std::string upload_id) {
  io::OnWorker<Result<void>> abortion{bucket_->workers(), loop_, [&] { return bucket_->abort_upload(key, upload_id); }};
  auto result = co_await abortion;
  co_return result;
}

Task<Result<StoreCapabilities>> DirectoryStore::probe_capabilities() {
  capabilities_ = {.put_if_none_match = true,
                   .put_if_match = true,
                   .delete_if_match = true,
                   .get_part_number = true,
                   .list_sorted = true,
                   .tags = true,
                   .find_tells_tags = true,
                   .get_tells_tags = true};
  co_return capabilities_;
}

}  // namespace evershore::store
