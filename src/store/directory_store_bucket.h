// A bucket kept in a directory: what all loops that serve it share. Blocking calls, safe from any thread.
//
//   DIR/objects/ab/cdef...    one file an object, named by the SHA-256 of its key (no key can name another path)
//   DIR/uploads/ID/           a multipart upload: "about" and one file a part, p00001 ...
//   DIR/staging/              files being written; emptied at start
//   DIR/lock                  held while the directory is served
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/workers.h"
#include "store/directory_store_file.h"
#include "store/directory_store_index.h"
#include "store/object_store.h"

namespace evershore::store {

struct DirectoryOptions {
  // Answer only when the object would survive a power cut (fsync of file and directory). Without it a kill of the
  // process loses nothing either.
  bool durable = true;
  size_t workers = 4;
  uint64_t part_bytes_min = 5ULL << 20;  // of every part but the last
};

struct UploadInfo {
  ObjectKey key;
  std::string upload_id;
  Wall initiated{};
};
struct PartInfo {
  uint32_t number = 0;
  std::string etag;
  uint64_t size_bytes = 0;
  Wall modified{};
};

class DirectoryBucket {
 public:
  // Makes the directory if needed (0700), removes what a crash left in staging, reads every object's record.
  // kRefused: another process serves it. An object file that is damaged is left where it is and counted.
  static Result<std::shared_ptr<DirectoryBucket>> open(std::string path, DirectoryOptions options);
  DirectoryBucket(std::string path, DirectoryOptions options);  // use open()

  const DirectoryIndex& index() const { return index_; }
  io::Workers& workers() { return workers_; }
  const DirectoryOptions& options() const { return options_; }
  size_t damaged() const { return damaged_; }

  Result<std::optional<OpenedObject>> open_key(const ObjectKey& key) const;
  Result<StagedFile> stage();

  // Appends the record, makes it durable, and puts it in the key's place if the condition holds at that moment.
  Result<PutResult> commit(StagedFile staged, ObjectRecord record, PutCondition condition);
  Result<void> remove(const ObjectKey& key, const std::string& if_match);
  Result<PutResult> replace_metadata(const ObjectKey& key, const std::string& if_match, StandardHeaders headers, UserMetadata metadata,
                                     Wall now);

  // ETag and time stay. kNotFound: no such key.
  Result<void> put_tags(const ObjectKey& key, const std::string& tags);

  Result<std::string> create_upload(ObjectRecord about);
  Result<CompletedPart> commit_part(StagedFile staged, ObjectRecord part, const std::string& upload_id, uint32_t number);
  // kNotFound "NoSuchUpload: ..."; kInvalid "InvalidPartOrder: ...", "InvalidPart: ...", "EntityTooSmall: ...".
  Result<PutResult> complete_upload(const ObjectKey& key, const std::string& upload_id, const std::vector<CompletedPart>& parts,
                                    PutCondition condition, Wall now);
  Result<void> abort_upload(const ObjectKey& key, const std::string& upload_id);
  Result<std::vector<PartInfo>> list_parts(const ObjectKey& key, const std::string& upload_id) const;  // by number
  Result<std::vector<UploadInfo>> list_uploads() const;                                                // by key, then id

 private:
  Result<void> prepare();
  Result<void> take_lock();
  void load();
  Result<void> publish_object(StagedFile& staged, const std::string& path);
  void load_shard(size_t shard);
  std::string path_of(const ObjectKey& key) const;
  std::string upload_path(const std::string& upload_id) const;
  Result<ObjectRecord> upload_about(const ObjectKey& key, const std::string& upload_id) const;
  Result<std::vector<OpenedObject>> open_parts(const std::string& upload_id, const std::vector<CompletedPart>& parts) const;
  void drop_upload(const std::string& upload_id);
  std::mutex& stripe(const ObjectKey& key) { return stripes_[std::hash<ObjectKey>{}(key) % stripes_.size()]; }

  const std::string path_;
  const DirectoryOptions options_;
  File lock_;
  DirectoryIndex index_;
  std::array<std::mutex, 256> stripes_;  // held while a key changes
  std::atomic<uint64_t> names_{0};
  std::atomic<size_t> damaged_{0};
  io::Workers workers_;  // last: its threads end first
};

}  // namespace evershore::store
