#include "store/directory_store_bucket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "store/object_tags.h"

namespace evershore::store {

namespace fs = std::filesystem;

namespace {
constexpr size_t kShards = 256;

Result<void> check_key(const ObjectKey& key) {
  if (key.empty() || key.size() > kObjectKeyBytesMax) return fail(Fault::kInvalid, "KeyTooLongError: a key has 1 to 1024 bytes");
  return {};
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (error) return fail(Fault::kBroken, fmt::format("cannot make {}: {}", path, error.message()));
  if (made) fs::permissions(path, fs::perms::owner_all, error);
  return {};
}

//   condition         present        outcome
//   none              any            go on
//   If-None-Match: *  absent         go on
//   If-None-Match: *  there          kPrecondition
//   If-Match: e       there, e       go on
//   If-Match: *       there          go on
//   If-Match          else           kPrecondition
Result<void> check_condition(const PutCondition& condition, const std::optional<std::string>& present) {
  if (condition.if_none_match && present) return fail(Fault::kPrecondition, "the key is there already");
  if (condition.if_match.empty()) return {};
  if (!present) return fail(Fault::kPrecondition, "the key is not there");
  if (condition.if_match != "*" && condition.if_match != *present) return fail(Fault::kPrecondition, "the key has another etag");
  return {};
}
}  // namespace

DirectoryBucket::DirectoryBucket(std::string path, DirectoryOptions options)
    : path_(std::move(path)), options_(options), workers_(options.workers) {}

Result<std::shared_ptr<DirectoryBucket>> DirectoryBucket::open(std::string path, DirectoryOptions options) {
  auto bucket = std::make_shared<DirectoryBucket>(std::move(path), options);
  TRY_VOID(bucket->prepare());
  bucket->load();
  return bucket;
}

Result<void> DirectoryBucket::prepare() {
  TRY_VOID(make_directory(path_));
  TRY_VOID(take_lock());
  std::error_code ignored;
  fs::remove_all(path_ + "/staging", ignored);
  TRY_VOID(make_directory(path_ + "/staging"));
  TRY_VOID(make_directory(path_ + "/uploads"));
  return make_directory(path_ + "/objects");
}

Result<void> DirectoryBucket::take_lock() {
  const auto name = path_ + "/lock";
  lock_ = File(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock_.fd() < 0) return fail_errno("open", name);
  if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Fault::kRefused, path_ + " is served by another process already; stop that one or name another directory");
  }
  return {};
}

void DirectoryBucket::load() {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t shard = next++; shard < kShards; shard = next++) load_shard(shard);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min(8U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
}

void DirectoryBucket::load_shard(size_t shard) {
  std::error_code error;
  for (fs::directory_iterator at(fmt::format("{}/objects/{:02x}", path_, shard), error), end; !error && at != end; at.increment(error)) {
    const auto object = open_object(at->path().string());
    // A name that is not its key's has been put there by hand: serving it would answer for another key.
    if (!object || !*object || path_of((*object)->record.key) != at->path().string()) {
      ++damaged_;
      continue;
    }
    const auto& record = (*object)->record;
    index_.set({record.key, record.size_bytes, record.etag, record.modified});
  }
}

std::string DirectoryBucket::path_of(const ObjectKey& key) const {
  const auto name = to_hex(sha256(key));
  return fmt::format("{}/objects/{}/{}", path_, std::string_view(name).substr(0, 2), std::string_view(name).substr(2));
}

Result<std::optional<OpenedObject>> DirectoryBucket::open_key(const ObjectKey& key) const {
  TRY_VOID(check_key(key));
  return open_object(path_of(key));
}

Result<StagedFile> DirectoryBucket::stage() { return StagedFile::create(fmt::format("{}/staging/{}", path_, ++names_)); }

Result<PutResult> DirectoryBucket::commit(StagedFile staged, ObjectRecord record, PutCondition condition) {
  TRY_VOID(check_key(record.key));
  TRY_VOID(staged.append(as_bytes(encode_record(record))));
  if (options_.durable) TRY_VOID(staged.sync());
  const auto path = path_of(record.key);
  {
    const std::scoped_lock lock(stripe(record.key));
    TRY_VOID(check_condition(condition, index_.etag_of(record.key)));
    TRY_VOID(publish_object(staged, path));
    index_.set({record.key, record.size_bytes, record.etag, record.modified});
  }
  if (options_.durable) TRY_VOID(sync_directory_of(path));
  return PutResult{record.etag};
}

// The first object of a shard makes its directory.
Result<void> DirectoryBucket::publish_object(StagedFile& staged, const std::string& path) {
  auto published = staged.publish(path);
  if (published || published.error().fault != Fault::kNotFound) return published;
  const auto shard = path.substr(0, path.rfind('/'));
  TRY_VOID(make_directory(shard));
  if (options_.durable) TRY_VOID(sync_directory_of(shard));
  return staged.publish(path);
}

Result<void> DirectoryBucket::remove(const ObjectKey& key, const std::string& if_match) {
  TRY_VOID(check_key(key));
  const auto path = path_of(key);
  {
    const std::scoped_lock lock(stripe(key));
    const auto present = index_.etag_of(key);
    if (!present) return {};
    TRY_VOID(check_condition({.if_match = if_match}, present));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove", path);
    index_.erase(key);
  }
  return options_.durable ? sync_directory_of(path) : Result<void>{};
}

Result<PutResult> DirectoryBucket::replace_metadata(const ObjectKey& key, const std::string& if_match, StandardHeaders headers,
                                                    UserMetadata metadata, Wall now) {
  TRY(auto object, open_key(key));
  if (!object) return fail(Fault::kPrecondition, "the key is not there");
  auto& record = object->record;
  TRY_VOID(check_condition({.if_match = if_match}, record.etag));
  TRY(auto staged, stage());
  TRY_VOID(staged.append_from(object->file, record.size_bytes));
  record.headers = std::move(headers);
  record.metadata = std::move(metadata);
  record.modified = now;
  const PutCondition unchanged{.if_match = record.etag};
  return commit(std::move(staged), std::move(record), unchanged);
}

// The bytes are copied inside the kernel; a write that comes between is met by the condition, and the tags go to what it wrote.
Result<void> DirectoryBucket::put_tags(const ObjectKey& key, const std::string& tags) {
  TRY_VOID(check_tag_text(tags));
  while (true) {
    TRY(auto object, open_key(key));
    if (!object) return fail(Fault::kNotFound, "NoSuchKey: the key is not there");
    auto& record = object->record;
    TRY(auto staged, stage());
    TRY_VOID(staged.append_from(object->file, record.size_bytes));
    set_tags(record.headers, tags);
    const PutCondition unchanged{.if_match = record.etag};
    const auto put = commit(std::move(staged), std::move(record), unchanged);
    if (put) return {};
    if (put.error().fault != Fault::kPrecondition) return std::unexpected(put.error());
  }
}

}  // namespace evershore::store
