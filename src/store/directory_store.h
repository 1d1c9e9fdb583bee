// ObjectStore over a directory. Several stores, one a loop, share one DirectoryBucket.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "store/directory_store_bucket.h"
#include "store/object_store.h"

namespace evershore::store {

// One thread: `loop`'s, which outlives it. Reads come from the page cache on the loop; whatever waits for the disk to
// have written runs on the bucket's workers. A full disk is kBusy.
class DirectoryStore final : public ObjectStore {
 public:
  DirectoryStore(std::shared_ptr<DirectoryBucket> bucket, Scheduler& loop);

  Task<Result<std::optional<ObjectInfo>>> find(ObjectKey key) override;
  Task<Result<std::optional<GetResult>>> get(ObjectKey key, GetOptions options) override;
  Task<Result<PutResult>> put(ObjectKey key, PutOptions options, BodyReader& body) override;
  Task<Result<void>> remove(ObjectKey key, std::string if_match) override;  // "*" = if there
  Task<Result<PutResult>> replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers, UserMetadata metadata) override;
  Task<Result<std::string>> tags(ObjectKey key) override;
  Task<Result<void>> put_tags(ObjectKey key, std::string tags) override;
  Task<Result<ListPage>> list(ListOptions options) override;
  Task<Result<std::string>> create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) override;
  Task<Result<CompletedPart>> put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                       BodyReader& body) override;
  Task<Result<PutResult>> complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                             PutCondition condition) override;
  Task<Result<void>> abort_multipart(ObjectKey key, std::string upload_id) override;
  Task<Result<StoreCapabilities>> probe_capabilities() override;
  const StoreCapabilities& capabilities() const override { return capabilities_; }

  const DirectoryBucket& bucket() const { return *bucket_; }

 private:
  struct Staged {
    StagedFile file;
    std::string etag;
  };
  Task<Result<Staged>> write_body(uint64_t size_bytes, BodyReader& body);

  std::shared_ptr<DirectoryBucket> bucket_;
  Scheduler& loop_;
  StoreCapabilities capabilities_;
};

}  // namespace evershore::store
