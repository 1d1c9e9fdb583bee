// One bucket behind a small door: what replication, the gateway and the commands need of a store. Drivers: S3Store (any
// S3-compatible endpoint), DirectoryStore (a directory on disk), FakeStore (tests; stricter than S3, faulty by seed).
// A driver is done when object_store_suite passes over it. One thread: the one whose Scheduler it was built with.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "model/object.h"

namespace evershore {

// A body read piece by piece. Not rewindable. Destroying it early is allowed and gives up the rest.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next piece; empty = complete (the whole announced length was read; a short body is Fault::kBroken).
  // The bytes stay valid until the next call or the reader's end.
  virtual Task<Result<std::span<const uint8_t>>> next() = 0;
};

struct GetOptions {
  std::optional<ByteRange> range;
  std::string if_match;      // etag without quotes; false -> Fault::kPrecondition
  uint32_t part_number = 0;  // 1..10000: that part (S3 partNumber); info.part_count is then filled
};

struct GetResult {
  ObjectInfo info;  // info.size_bytes = the whole object's size, also for a range
  ByteRange range;  // what the body holds
  std::unique_ptr<BodyReader> body;
};

struct PutCondition {
  std::string if_match;        // etag without quotes
  bool if_none_match = false;  // only if there is no such key ("*")
};

struct PutOptions {
  uint64_t size_bytes = 0;  // exact
  StandardHeaders headers;
  UserMetadata metadata;
  PutCondition condition;
};

struct PutResult {
  std::string etag;
};

struct ListOptions {
  std::string prefix;
  std::string start_after;  // exclusive
  uint32_t max_keys = 1000;
};

struct ListPage {
  std::vector<ListedObject> objects;
  bool more = false;  // go on with start_after = the last key
};

struct CompletedPart {
  uint32_t number = 0;
  std::string etag;
};

// What this bucket's server can really do, probed at start (reference/s3-servers.md 3); never assumed.
struct StoreCapabilities {
  bool put_if_none_match = false;
  bool put_if_match = false;  // in the spelling the driver found to work (quoted or not)
  bool delete_if_match = false;
  bool get_part_number = false;
  bool list_sorted = true;
  bool tags = false;             // of objects
  bool find_tells_tags = false;  // ObjectInfo::tag_count is filled by find()
  bool get_tells_tags = false;   // and by get()
};

// Every call may fail with kTimedOut, kBusy (503, throttled), kRefused (credentials, connection refused) or kBroken.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // No such key: nullopt. A store that answers 403 for missing keys: nullopt too, if it is known to do so.
  virtual Task<Result<std::optional<ObjectInfo>>> find(ObjectKey key) = 0;
  virtual Task<Result<std::optional<GetResult>>> get(ObjectKey key, GetOptions options) = 0;
  // `body` yields exactly options.size_bytes. Atomic: readers see the old or the new object, whole.
  // A false condition: Fault::kPrecondition, nothing written.
  virtual Task<Result<PutResult>> put(ObjectKey key, PutOptions options, BodyReader& body) = 0;
  // Removing an absent key succeeds. `if_match` "" = unconditional.
  virtual Task<Result<void>> remove(ObjectKey key, std::string if_match) = 0;
  // Replaces headers, metadata and, where the store has them, tags (kTagsHeader among `headers`; without it: none) without moving the
  // bytes (S3: CopyObject onto itself with REPLACE), if the present etag matches.
  virtual Task<Result<PutResult>> replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers, UserMetadata metadata) = 0;
  // The tags of an object in their one spelling (wire/s3/tagging.h); "" = none. kNotFound: no such key.
  virtual Task<Result<std::string>> tags(ObjectKey key) = 0;
  // Replaces all tags, whatever the object is at that moment: S3 has no condition for it. ETag and Last-Modified stay.
  virtual Task<Result<void>> put_tags(ObjectKey key, std::string tags) = 0;
  // Keys in byte order when capabilities().list_sorted.
  virtual Task<Result<ListPage>> list(ListOptions options) = 0;

  // Multipart: visible only after complete; parts may be sent side by side.
  virtual Task<Result<std::string>> create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) = 0;
  virtual Task<Result<CompletedPart>> put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                               BodyReader& body) = 0;
  virtual Task<Result<PutResult>> complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                                     PutCondition condition) = 0;
  virtual Task<Result<void>> abort_multipart(ObjectKey key, std::string upload_id) = 0;

  // Finds out by trying, on a key under ".evershore/"; leaves nothing behind. Until it has run, every capability is false.
  virtual Task<Result<StoreCapabilities>> probe_capabilities() = 0;
  virtual const StoreCapabilities& capabilities() const = 0;
};

}  // namespace evershore
