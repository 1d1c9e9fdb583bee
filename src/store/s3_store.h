// A bucket at any S3-compatible endpoint. With "bare" addressing any HTTP server: find() and get() only, the rest is
// kRefused.
#pragma once

#include "base/log.h"
#include "store/object_store.h"
#include "store/s3_connection.h"

namespace evershore::store {

// How this server wants the etag of a condition. AWS takes it quoted (RFC 9110 13.1.1), Ceph 16 only without quotes.
enum class EtagSpelling : uint8_t { kUnsupported, kQuoted, kPlain };

struct S3StoreOptions {
  io::HttpTimeouts timeouts{.connect = std::chrono::seconds(2), .first_byte = std::chrono::seconds(10), .stall = std::chrono::seconds(10)};
  // A put of at most so much is collected before it is sent, so that it can be sent again on a fresh connection.
  uint64_t collected_bytes_max = 256 * 1024;
};

// What was found out about the server beyond StoreCapabilities.
struct S3Dialect {
  EtagSpelling put_if_match = EtagSpelling::kUnsupported;
  EtagSpelling delete_if_match = EtagSpelling::kUnsupported;
  bool copy_source_if_match = false;
};

// One thread: the client's loop. `client` and `clock` outlive it; it outlives its calls and the bodies it hands out.
// Conditions that probe_capabilities() has not found to work are refused (kRefused), never sent in hope.
class S3Store final : public ObjectStore {
 public:
  S3Store(RegionSettings region, io::HttpClient& client, const Clock& clock, S3StoreOptions options);
  S3Store(RegionSettings region, io::HttpClient& client, const Clock& clock);

  // A bucket that is gone is an error, not an absent key; a 403 is an absent key only where listing is denied too.
  Task<Result<std::optional<ObjectInfo>>> find(ObjectKey key) override;
  Task<Result<std::optional<GetResult>>> get(ObjectKey key, GetOptions options) override;
  Task<Result<PutResult>> put(ObjectKey key, PutOptions options, BodyReader& body) override;
  Task<Result<void>> remove(ObjectKey key, std::string if_match) override;
  // S3 copies at most 5 GiB at once: larger objects are kInvalid. The etag may change (a copy is a single put).
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
  // About 30 small requests. Credentials that may only read: all capabilities false, no error.
  Task<Result<StoreCapabilities>> probe_capabilities() override;
  const StoreCapabilities& capabilities() const override { return capabilities_; }
  const S3Dialect& dialect() const { return dialect_; }

 private:
  friend class S3Probe;
  enum class Listing : uint8_t { kUnknown, kAllowed, kDenied };

  Result<void> check_writable() const;
  Result<void> add_condition(const PutCondition& condition, http::Headers& headers) const;
  // What a failed read says: nullopt for an absent key.
  Task<Result<bool>> is_absence(http::ResponseHead head, std::string body);
  Task<Result<void>> look_at_bucket();
  Task<Result<std::string>> upload(S3Call call, uint64_t size_bytes, BodyReader& body);
  Task<Result<std::string>> etag_now(ObjectKey key);

  S3Connection connection_;
  const S3StoreOptions options_;
  StoreCapabilities capabilities_{.list_sorted = false};
  S3Dialect dialect_;
  Listing listing_ = Listing::kUnknown;
  Mono looked_at_{};  // when the bucket was last looked at after an answer that may mean two things
  const Clock& clock_;
};

}  // namespace evershore::store
