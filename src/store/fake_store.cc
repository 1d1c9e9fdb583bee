#include "store/fake_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sync.h"
#include "base/text.h"
#include "store/fake_store_rules.h"
#include "store/object_tags.h"

namespace evershore::store {
namespace {

constexpr size_t kPastEntriesMax = 10'000;
constexpr size_t kPieceBytesMax = 64 * 1024;
constexpr std::string_view kOtherLayoutEtag = "-2";

ListedObject listed(const ObjectKey& key, const FakeObject& object) {
  return {.key = key, .size_bytes = object.bytes.size(), .etag = object.etag, .last_modified = object.last_modified};
}

bool reversed_less(const ObjectKey& a, const ObjectKey& b) {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

}  // namespace

// A body over a copy of the bytes: what a reader has begun to read does not change under it, as in S3.
class FakeStore::Body final : public BodyReader {
 public:
  Body(FakeStore& store, std::string bytes, size_t cut_after) : store_(store), bytes_(std::move(bytes)), cut_after_(cut_after) {}

  Task<Result<std::span<const uint8_t>>> next() override {
    const Duration wait = store_.one_way();
    co_await sleep_for(store_.scheduler_, wait);
    if (!store_.reachable_) co_return fail(Fault::kBroken, "the connection broke in the body: " + store_.name_ + " is unreachable");
    if (given_ >= cut_after_) co_return fail(Fault::kBroken, fmt::format("the body ended after {} of {} bytes", given_, bytes_.size()));
    const size_t length = std::min({kPieceBytesMax, bytes_.size() - given_, cut_after_ - given_});
    const auto piece = as_bytes(bytes_).subspan(given_, length);
    given_ += length;
    co_return piece;
  }

 private:
  FakeStore& store_;
  std::string bytes_;
  size_t cut_after_;
  size_t given_ = 0;
};

FakeStore::FakeStore(Scheduler& scheduler, std::string name, uint64_t seed, FaultRates faults, FakeStoreOptions options)
    : scheduler_(scheduler), name_(std::move(name)), options_(options), faults_(faults), random_(seed) {}

FakeStore::FakeStore(Scheduler& scheduler, std::string name, uint64_t seed, FaultRates faults)
    : FakeStore(scheduler, std::move(name), seed, faults, FakeStoreOptions{}) {}

FakeStore::~FakeStore() = default;

// --- the tester's side ---

void FakeStore::write_behind(const ObjectKey& key, std::string bytes, StandardHeaders headers, UserMetadata metadata) {
  const std::string etag = etag_of(bytes);
  store(
      key,
      {.bytes = std::move(bytes), .headers = std::move(headers), .metadata = std::move(metadata), .etag = etag, .last_modified = stamp()});
}

void FakeStore::erase_behind(const ObjectKey& key) { erase(key); }
void FakeStore::tag_behind(const ObjectKey& key, const std::string& tags) { retag(key, tags); }
std::string FakeStore::tags_behind(const ObjectKey& key) const {
  const auto at = objects_.find(key);
  if (at == objects_.end() || !at->second.headers.contains(std::string(kTagsHeader))) return {};
  return at->second.headers.at(std::string(kTagsHeader));
}

// --- chance, delay, the way in and out ---

bool FakeStore::chance(double rate) {
  if (rate <= 0) return false;  // draws nothing, so that a rate of 0 leaves the other draws as they are
  return static_cast<double>(random_() >> 11) * 0x1p-53 < rate;
}

Duration FakeStore::one_way() {
  const auto spread = (faults_.latency_max - faults_.latency_min).count();
  if (spread <= 0) return faults_.latency_min;
  return faults_.latency_min + Duration(static_cast<int64_t>(random_() % static_cast<uint64_t>(spread + 1)));
}

Task<Result<void>> FakeStore::arrive() {
  ++calls_;
  if (!reachable_) {
    if (!chance(faults_.hang_unreachable)) co_return fail(Fault::kRefused, name_ + ": connection refused");
    co_await sleep_for(scheduler_, faults_.timeout);
    co_return fail(Fault::kTimedOut, name_ + ": no answer");
  }
  const Duration wait = one_way();
  co_await sleep_for(scheduler_, wait);
  if (chance(faults_.lost_request)) {
    co_await sleep_for(scheduler_, faults_.timeout);
    co_return fail(Fault::kTimedOut, name_ + ": no answer");
  }
  if (!reachable_) co_return fail(Fault::kTimedOut, name_ + ": no answer");
  if (chance(faults_.busy)) co_return fail(Fault::kBusy, name_ + ": 503 SlowDown");
  co_return Result<void>{};
}

Task<Result<void>> FakeStore::depart() {
  if (chance(faults_.lost_response)) {
    co_await sleep_for(scheduler_, faults_.timeout);
    co_return fail(Fault::kTimedOut, name_ + ": no answer");
  }
  const Duration wait = one_way();
  co_await sleep_for(scheduler_, wait);
  if (!reachable_) co_return fail(Fault::kTimedOut, name_ + ": no answer");
  co_return Result<void>{};
}

Task<Result<std::string>> FakeStore::receive(BodyReader& body, uint64_t size_bytes) {
  std::string bytes;
  while (true) {
    CO_TRY(const auto piece, co_await body.next());
    if (piece.empty()) break;
    bytes.append(as_text(piece));
    if (bytes.size() > size_bytes)
      co_return fail(Fault::kInvalid, fmt::format("the body is longer than the announced {} bytes", size_bytes));
  }
  if (bytes.size() != size_bytes)
    co_return fail(Fault::kInvalid, fmt::format("the body has {} bytes, {} were announced", bytes.size(), size_bytes));
  co_return bytes;
}

// --- the bucket itself ---

Wall FakeStore::stamp() const {
  return std::chrono::floor<std::chrono::seconds>(scheduler_.wall() + std::chrono::floor<std::chrono::microseconds>(options_.clock_skew));
}

void FakeStore::remember(const ObjectKey& key) {
  const auto at = objects_.find(key);
  past_.push_back({scheduler_.now(), key, at == objects_.end() ? std::nullopt : std::optional(listed(key, at->second))});
  if (past_.size() > kPastEntriesMax) past_.pop_front();
  tell_of_change(key);
}

void FakeStore::tell_of_change(const ObjectKey& key) {
  if (!on_change_) return;
  scheduler_.post([this, key] {
    if (on_change_) on_change_(key);
  });
}

void FakeStore::store(const ObjectKey& key, FakeObject object) {
  remember(key);
  objects_[key] = std::move(object);
}

void FakeStore::erase(const ObjectKey& key) {
  if (!objects_.contains(key)) return;
  remember(key);
  objects_.erase(key);
}

void FakeStore::rewrite_under_reader(const ObjectKey& key, const std::string& etag) {
  const auto at = objects_.find(key);
  if (at == objects_.end() || at->second.etag != etag) return;
  FakeObject again = at->second;
  again.etag = etag.ends_with(kOtherLayoutEtag) ? etag_of(again.bytes) : etag_of(etag) + std::string(kOtherLayoutEtag);
  again.last_modified = stamp();
  again.part_sizes.clear();
  store(key, std::move(again));
}

Result<void> FakeStore::check_condition(const ObjectKey& key, const PutCondition& condition) const {
  if (condition.if_none_match && !condition.if_match.empty()) return fail(Fault::kInvalid, "If-Match and If-None-Match together");
  if (condition.if_none_match && !options_.supports.put_if_none_match)
    return fail(Fault::kRefused, name_ + ": If-None-Match is not implemented");
  if (!condition.if_match.empty() && !options_.supports.put_if_match) return fail(Fault::kRefused, name_ + ": If-Match is not implemented");
  const auto at = objects_.find(key);
  if (condition.if_none_match && at != objects_.end()) return fail(Fault::kPrecondition, name_ + ": '" + key + "' is there already");
  if (condition.if_match.empty()) return {};
  if (at == objects_.end()) return fail(Fault::kPrecondition, name_ + ": '" + key + "' is not there");
  if (at->second.etag != condition.if_match) return fail(Fault::kPrecondition, name_ + ": '" + key + "' has another etag");
  return {};
}

Result<void> FakeStore::check_tags(const StandardHeaders& headers) const {
  const auto at = headers.find(std::string(kTagsHeader));
  if (at == headers.end()) return {};
  if (!options_.supports.tags) return fail(Fault::kRefused, name_ + ": tags are not implemented");
  return check_tag_text(at->second);
}

void FakeStore::retag(const ObjectKey& key, const std::string& tags) {
  evershore::store::set_tags(objects_.at(key).headers, tags);
  tell_of_change(key);
}

ObjectInfo FakeStore::info_of(const ObjectKey& key, const FakeObject& object, bool tells_tags) const {
  ObjectInfo info{.key = key,
                  .size_bytes = object.bytes.size(),
                  .etag = object.etag,
                  .last_modified = object.last_modified,
                  .headers = object.headers,
                  .metadata = object.metadata};
  hide_tags(info);
  if (!tells_tags) info.tag_count = 0;
  return info;
}

std::map<ObjectKey, ListedObject> FakeStore::listing_at(Mono when, const std::string& prefix) const {
  std::map<ObjectKey, ListedObject> listing;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at)
    listing.emplace(at->first, listed(at->first, at->second));
  for (auto past = past_.rbegin(); past != past_.rend() && past->when > when; ++past) {
    if (!past->key.starts_with(prefix)) continue;
    if (past->before)
      listing[past->key] = *past->before;
    else
      listing.erase(past->key);
  }
  return listing;
}

// --- ObjectStore: objects ---

Task<Result<std::optional<ObjectInfo>>> FakeStore::find(ObjectKey key) {
  CO_TRY_VOID(check_key(key));
  CO_TRY_VOID(co_await arrive());
  std::optional<ObjectInfo> info;
  if (const auto at = objects_.find(key); at != objects_.end()) info = info_of(key, at->second, options_.supports.find_tells_tags);
  CO_TRY_VOID(co_await depart());
  co_return info;
}

namespace {

// Which bytes a GET asks for, as S3 sees it.
Result<ByteRange> wanted_range(const FakeObject& object, const GetOptions& options) {
  const uint64_t size = object.bytes.size();
  if (options.part_number != 0) {
    if (object.part_sizes.empty() && options.part_number == 1) return ByteRange{0, size};
    if (options.part_number > object.part_sizes.size()) return fail(Fault::kInvalid, "416: there is no such part");
    ByteRange range{0, object.part_sizes[options.part_number - 1]};
    for (uint32_t i = 0; i + 1 < options.part_number; ++i) range.first += object.part_sizes[i];
    return range;
  }
  if (!options.range) return ByteRange{0, size};
  if (options.range->first >= size) return fail(Fault::kInvalid, "416: the range begins after the object's end");
  return ByteRange{options.range->first, std::min(options.range->length, size - options.range->first)};
}

Result<void> check_get(const GetOptions& options, const StoreCapabilities& supports) {
  if (options.range && options.part_number != 0) return fail(Fault::kInvalid, "a range and a part number together");
  if (options.range && options.range->length == 0) return fail(Fault::kInvalid, "a range of no bytes");
  if (options.part_number > kPartNumberMax) return fail(Fault::kInvalid, "a part number over 10000");
  if (options.part_number != 0 && !supports.get_part_number) return fail(Fault::kRefused, "partNumber is not implemented");
  return {};
}

}  // namespace

Task<Result<std::optional<GetResult>>> FakeStore::get(ObjectKey key, GetOptions options) {
  CO_TRY_VOID(check_key(key));
  CO_TRY_VOID(check_get(options, options_.supports));
  CO_TRY_VOID(co_await arrive());
  const auto at = objects_.find(key);
  if (at == objects_.end()) {
    CO_TRY_VOID(co_await depart());
    co_return std::optional<GetResult>{};
  }
  const FakeObject object = at->second;
  if (!options.if_match.empty() && options.if_match != object.etag)
    co_return fail(Fault::kPrecondition, name_ + ": '" + key + "' has another etag");
  CO_TRY(const ByteRange range, wanted_range(object, options));
  if (chance(faults_.rewrite_under_get)) rewrite_under_reader(key, object.etag);
  CO_TRY_VOID(co_await depart());

  GetResult result;
  result.info = info_of(key, object, options_.supports.get_tells_tags);
  if (options.part_number != 0 && !object.part_sizes.empty()) {
    result.info.part_count = static_cast<uint32_t>(object.part_sizes.size());
    if (options.part_number == 1) result.info.part_size_bytes = object.part_sizes[0];
  }
  result.range = range;
  const size_t cut_after = range.length > 0 && chance(faults_.cut_body) ? random_() % range.length : SIZE_MAX;
  result.body = std::make_unique<Body>(*this, object.bytes.substr(range.first, range.length), cut_after);
  co_return std::optional<GetResult>(std::move(result));
}

Task<Result<PutResult>> FakeStore::put(ObjectKey key, PutOptions options, BodyReader& body) {
  CO_TRY_VOID(check_key(key));
  CO_TRY_VOID(check_headers(options.headers));
  CO_TRY_VOID(check_tags(options.headers));
  CO_TRY_VOID(check_metadata(options.metadata));
  if (!refused_prefix_.empty() && key.starts_with(refused_prefix_)) co_return fail(Fault::kRefused, name_ + ": 403 AccessDenied");
  if (options.size_bytes > options_.put_bytes_max) co_return fail(Fault::kInvalid, "EntityTooLarge: upload it in parts");
  CO_TRY_VOID(co_await arrive());
  CO_TRY(auto bytes, co_await receive(body, options.size_bytes));
  if (!reachable_) co_return fail(Fault::kTimedOut, name_ + ": no answer");
  CO_TRY_VOID(check_condition(key, options.condition));
  const std::string etag = etag_of(bytes);
  store(key, {.bytes = std::move(bytes),
              .headers = std::move(options.headers),
              .metadata = std::move(options.metadata),
              .etag = etag,
              .last_modified = stamp()});
  CO_TRY_VOID(co_await depart());
  co_return PutResult{etag};
}

Task<Result<void>> FakeStore::remove(ObjectKey key, std::string if_match) {
  CO_TRY_VOID(check_key(key));
  if (!if_match.empty() && !options_.supports.delete_if_match)
    co_return fail(Fault::kRefused, name_ + ": DELETE with If-Match is not implemented");
  CO_TRY_VOID(co_await arrive());
  const auto at = objects_.find(key);
  if (at != objects_.end() && !if_match.empty() && at->second.etag != if_match)
    co_return fail(Fault::kPrecondition, name_ + ": '" + key + "' has another etag");
  erase(key);
  CO_TRY_VOID(co_await depart());
  co_return Result<void>{};
}

Task<Result<PutResult>> FakeStore::replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers, UserMetadata metadata) {
  CO_TRY_VOID(check_key(key));
  CO_TRY_VOID(check_headers(headers));
  CO_TRY_VOID(check_tags(headers));
  CO_TRY_VOID(check_metadata(metadata));
  CO_TRY_VOID(co_await arrive());
  const auto at = objects_.find(key);
  if (at == objects_.end()) co_return fail(Fault::kPrecondition, name_ + ": '" + key + "' is not there");
  if (!if_match.empty() && at->second.etag != if_match) co_return fail(Fault::kPrecondition, name_ + ": '" + key + "' has another etag");
  FakeObject object = at->second;
  object.headers = std::move(headers);
  object.metadata = std::move(metadata);
  object.last_modified = stamp();
  object.part_sizes.clear();
  object.etag = etag_of(object.bytes);  // S3: a copy is a single put, whatever the source's parts were
  const std::string etag = object.etag;
  store(key, std::move(object));
  CO_TRY_VOID(co_await depart());
  co_return PutResult{etag};
}

Task<Result<std::string>> FakeStore::tags(ObjectKey key) {
  if (!options_.supports.tags) co_return fail(Fault::kRefused, name_ + ": tags are not implemented");
  CO_TRY_VOID(co_await arrive());
  const auto at = objects_.find(key);
  if (at == objects_.end()) co_return fail(Fault::kNotFound, name_ + ": '" + key + "' is not there");
  const auto tags = at->second.headers.find(std::string(kTagsHeader));
  std::string text = tags == at->second.headers.end() ? std::string() : tags->second;
  CO_TRY_VOID(co_await depart());
  co_return text;
}

Task<Result<void>> FakeStore::put_tags(ObjectKey key, std::string tags) {
  if (!options_.supports.tags) co_return fail(Fault::kRefused, name_ + ": tags are not implemented");
  CO_TRY_VOID(check_tag_text(tags));
  CO_TRY_VOID(co_await arrive());
  if (!objects_.contains(key)) co_return fail(Fault::kNotFound, name_ + ": '" + key + "' is not there");
  retag(key, tags);
  CO_TRY_VOID(co_await depart());
  co_return Result<void>{};
}

Task<Result<ListPage>> FakeStore::list(ListOptions options) {
  if (options.max_keys < 1 || options.max_keys > 1000) co_return fail(Fault::kInvalid, "max_keys must be 1..1000");
  CO_TRY_VOID(co_await arrive());
  const Duration lag = chance(faults_.stale_list)
                           ? Duration(static_cast<int64_t>(random_() % static_cast<uint64_t>(faults_.list_lag.count() + 1)))
                           : Duration{};
  std::vector<ListedObject> all;
  for (auto& [key, object] : listing_at(scheduler_.now() - lag, options.prefix)) all.push_back(object);
  const auto after = [&](const ObjectKey& a, const ObjectKey& b) { return options_.supports.list_sorted ? a < b : reversed_less(a, b); };
  std::ranges::sort(all, after, &ListedObject::key);
  ListPage page;
  for (ListedObject& object : all) {
    if (!options.start_after.empty() && !after(options.start_after, object.key)) continue;
    page.more = page.objects.size() == options.max_keys;
    if (page.more) break;
    page.objects.push_back(std::move(object));
  }
  CO_TRY_VOID(co_await depart());
  co_return page;
}

// --- ObjectStore: multipart ---

Task<Result<std::string>> FakeStore::create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) {
  CO_TRY_VOID(check_key(key));
  CO_TRY_VOID(check_headers(headers));
  CO_TRY_VOID(check_tags(headers));
  CO_TRY_VOID(check_metadata(metadata));
  CO_TRY_VOID(co_await arrive());
  const std::string id = fmt::format("upload-{}", ++last_upload_);
  uploads_[id] = {.key = key, .headers = std::move(headers), .metadata = std::move(metadata)};
  CO_TRY_VOID(co_await depart());
  co_return id;
}

Task<Result<CompletedPart>> FakeStore::put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                                BodyReader& body) {
  if (number < 1 || number > kPartNumberMax) co_return fail(Fault::kInvalid, "the part number must be 1..10000");
  CO_TRY_VOID(co_await arrive());
  CO_TRY(auto bytes, co_await receive(body, size_bytes));
  if (!reachable_) co_return fail(Fault::kTimedOut, name_ + ": no answer");
  const auto upload = uploads_.find(upload_id);
  if (upload == uploads_.end() || upload->second.key != key) co_return fail(Fault::kNotFound, name_ + ": NoSuchUpload");
  const std::string etag = etag_of(bytes);
  upload->second.parts[number] = {.bytes = std::move(bytes), .etag = etag};
  CO_TRY_VOID(co_await depart());
  co_return CompletedPart{number, etag};
}

Task<Result<PutResult>> FakeStore::complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                                      PutCondition condition) {
  CO_TRY_VOID(co_await arrive());
  const auto upload = uploads_.find(upload_id);
  if (upload == uploads_.end() || upload->second.key != key) co_return fail(Fault::kNotFound, name_ + ": NoSuchUpload");
  if (parts.empty()) co_return fail(Fault::kInvalid, "MalformedXML: no parts");
  CO_TRY_VOID(check_condition(key, condition));

  FakeObject object{.headers = upload->second.headers, .metadata = upload->second.metadata, .last_modified = stamp()};
  std::vector<std::string> etags;
  uint32_t previous = 0;
  for (const CompletedPart& wanted : parts) {
    const auto part = upload->second.parts.find(wanted.number);
    if (wanted.number <= previous) co_return fail(Fault::kInvalid, "InvalidPartOrder");
    if (part == upload->second.parts.end() || part->second.etag != wanted.etag) co_return fail(Fault::kInvalid, "InvalidPart");
    if (&wanted != &parts.back() && part->second.bytes.size() < options_.part_bytes_min) co_return fail(Fault::kInvalid, "EntityTooSmall");
    object.bytes += part->second.bytes;
    object.part_sizes.push_back(part->second.bytes.size());
    etags.push_back(wanted.etag);
    previous = wanted.number;
  }
  CO_TRY(object.etag, etag_of_parts(etags));
  const std::string etag = object.etag;
  store(key, std::move(object));
  uploads_.erase(upload);
  CO_TRY_VOID(co_await depart());
  co_return PutResult{etag};
}

Task<Result<void>> FakeStore::abort_multipart(ObjectKey key, std::string upload_id) {
  CO_TRY_VOID(co_await arrive());
  const auto upload = uploads_.find(upload_id);
  if (upload == uploads_.end() || upload->second.key != key) co_return fail(Fault::kNotFound, name_ + ": NoSuchUpload");
  uploads_.erase(upload);
  CO_TRY_VOID(co_await depart());
  co_return Result<void>{};
}

Task<Result<StoreCapabilities>> FakeStore::probe_capabilities() {
  CO_TRY_VOID(co_await arrive());
  CO_TRY_VOID(co_await depart());
  known_ = options_.supports;
  co_return known_;
}

}  // namespace evershore::store
