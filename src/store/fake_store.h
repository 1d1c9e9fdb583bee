// A bucket in memory for tests and for the simulated world: stricter than S3 (it refuses what S3 merely tolerates) and, by
// seed, slow, busy, cut short, late to list, or silent after the effect has happened. The same seed and the same calls
// give the same run. Not for production.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <random>

#include "base/time.h"
#include "store/object_store.h"

namespace evershore::store {

// What goes wrong how often: probabilities (0..1) for each call, drawn from the store's seed. All zero: a perfect store.
struct FaultRates {
  double busy = 0;               // kBusy, no effect
  double lost_request = 0;       // kTimedOut after `timeout`, no effect
  double lost_response = 0;      // the effect happens, the caller sees kTimedOut
  double cut_body = 0;           // a GET's body ends early: kBroken
  double rewrite_under_get = 0;  // while a GET's body is read, the same bytes are stored anew under another etag
  double stale_list = 0;         // a list shows the bucket as it was up to `list_lag` ago
  double hang_unreachable = 0;   // an unreachable store swallows the call (kTimedOut) instead of refusing it
  Duration latency_min{};        // each way
  Duration latency_max{};
  Duration list_lag = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(5);
};

struct FakeStoreOptions {
  // What the pretended server can do. Conditions it cannot do are refused (kRefused), never ignored.
  StoreCapabilities supports{.put_if_none_match = true,
                             .put_if_match = true,
                             .delete_if_match = true,
                             .get_part_number = true,
                             .tags = true,
                             .find_tells_tags = true,
                             .get_tells_tags = true};
  Duration clock_skew{};        // of its Last-Modified
  uint64_t part_bytes_min = 0;  // S3: 5 MiB, for all parts but the last
  uint64_t put_bytes_max = 5ULL << 30;
};

struct FakeObject {
  std::string bytes;
  StandardHeaders headers;  // kTagsHeader among them
  UserMetadata metadata;
  std::string etag;
  Wall last_modified{};              // whole seconds, as S3 has it
  std::vector<uint64_t> part_sizes;  // empty = single put
  bool operator==(const FakeObject&) const = default;
};

// `scheduler` outlives the store; the store outlives its calls and the bodies it has handed out.
class FakeStore final : public ObjectStore {
 public:
  FakeStore(Scheduler& scheduler, std::string name, uint64_t seed, FaultRates faults, FakeStoreOptions options);
  FakeStore(Scheduler& scheduler, std::string name, uint64_t seed, FaultRates faults);
  ~FakeStore() override;

  // --- the tester's side: at once, without faults, also while unreachable ---
  const std::map<ObjectKey, FakeObject>& objects() const { return objects_; }
  const std::string& name() const { return name_; }
  // A write or delete by someone else.
  void write_behind(const ObjectKey& key, std::string bytes, StandardHeaders headers, UserMetadata metadata);
  void erase_behind(const ObjectKey& key);
  // A bit turns over: other bytes under the same ETag.
  void rot_behind(const ObjectKey& key) { objects_.at(key).bytes[0] ^= 1; }
  void tag_behind(const ObjectKey& key, const std::string& tags);
  std::string tags_behind(const ObjectKey& key) const;  // "" for an absent key, too
  // Unreachable: new calls fail with kRefused (or hang, see FaultRates); calls under way end in kTimedOut, with or without
  // their effect, depending on how far they were; bodies break.
  void set_reachable(bool reachable) { reachable_ = reachable; }
  bool reachable() const { return reachable_; }
  // Writes of such keys are refused (kRefused); "" = none.
  void refuse_writes_below(std::string prefix) { refused_prefix_ = std::move(prefix); }
  void set_faults(FaultRates faults) { faults_ = faults; }
  // Told of each key whose object changed or went, after the change (for events). Runs by a post.
  void on_change(std::function<void(const ObjectKey&)> callback) { on_change_ = std::move(callback); }
  size_t open_uploads() const { return uploads_.size(); }
  uint64_t calls() const { return calls_; }

  // --- ObjectStore ---
  Task<Result<std::optional<ObjectInfo>>> find(ObjectKey key) override;
  Task<Result<std::optional<GetResult>>> get(ObjectKey key, GetOptions options) override;
  Task<Result<PutResult>> put(ObjectKey key, PutOptions options, BodyReader& body) override;
  Task<Result<void>> remove(ObjectKey key, std::string if_match) override;
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
  const StoreCapabilities& capabilities() const override { return known_; }

 private:
  class Body;
  struct Part {
    std::string bytes;
    std::string etag;
  };
  struct Upload {
    ObjectKey key;
    StandardHeaders headers;
    UserMetadata metadata;
    std::map<uint32_t, Part> parts;
  };
  // One entry per change, newest last: what was there before it. Lets a list look into the past.
  struct Past {
    Mono when;
    ObjectKey key;
    std::optional<ListedObject> before;
  };

  bool chance(double rate);
  Duration one_way();
  Task<Result<void>> arrive();  // the request's way in; an error means: no effect
  Task<Result<void>> depart();  // the answer's way out; an error means: the effect stays
  Task<Result<std::string>> receive(BodyReader& body, uint64_t size_bytes);

  Result<void> check_condition(const ObjectKey& key, const PutCondition& condition) const;
  void store(const ObjectKey& key, FakeObject object);
  void erase(const ObjectKey& key);
  void remember(const ObjectKey& key);
  void tell_of_change(const ObjectKey& key);
  void rewrite_under_reader(const ObjectKey& key, const std::string& etag);
  std::map<ObjectKey, ListedObject> listing_at(Mono when, const std::string& prefix) const;
  Result<void> check_tags(const StandardHeaders& headers) const;
  void retag(const ObjectKey& key, const std::string& tags);
  ObjectInfo info_of(const ObjectKey& key, const FakeObject& object, bool tells_tags) const;
  Wall stamp() const;

  Scheduler& scheduler_;
  const std::string name_;
  const FakeStoreOptions options_;
  FaultRates faults_;
  std::mt19937_64 random_;
  bool reachable_ = true;
  std::string refused_prefix_;
  StoreCapabilities known_{.list_sorted = false};
  std::map<ObjectKey, FakeObject> objects_;
  std::map<std::string, Upload> uploads_;
  std::deque<Past> past_;
  std::function<void(const ObjectKey&)> on_change_;
  uint64_t calls_ = 0;
  uint64_t last_upload_ = 0;
};

}  // namespace evershore::store
