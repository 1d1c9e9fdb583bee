// A request of a client and its answer: site, key, cache, conditions, ranges, and the fetch behind them. One loop's own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/published.h"
#include "base/sync.h"
#include "edge/answer.h"
#include "edge/blocks.h"
#include "edge/memory_cache.h"
#include "edge/run/config.h"
#include "edge/run/counters.h"
#include "edge/run/disk_tier.h"
#include "edge/run/fetcher.h"
#include "edge/run/fill_desk.h"
#include "edge/run/front_exchange.h"
#include "edge/run/news_desk.h"
#include "edge/run/purge_desk.h"
#include "edge/run/site_exchange.h"
#include "io/http_server.h"
#include "model/health.h"
#include "model/region_preference.h"
#include "model/steering.h"

namespace evershore::edge {

// The published views that every request reads once.
struct EdgeInputs {
  const Published<EdgeConfig>& config;
  const Published<HealthSnapshot>& health;
  const Published<Steering>& steering;
  DiskTier* disk = nullptr;     // none: memory only
  PurgeDesk* purges = nullptr;  // none: nothing is ever purged
  CacheLimits limits{};
  FillDesk* fills = nullptr;                                // none: each loop fetches for itself
  NewsDesk* news = nullptr;                                 // none: nobody tells of copies that are older than others
  const Published<RegionPreference>* preference = nullptr;  // none: no region is nearer than another, or comes back slowly
  io::LineFeed* access_log = nullptr;                       // this loop's; outlives it
  uint32_t start = 0;                                       // see id_prefix()
  uint32_t loop = 0;
};

enum class Warmed : uint8_t { kWasThere, kFetched, kMissing, kFailed };

class Handler {
 public:
  // All outlive the handler.
  Handler(Scheduler& scheduler, Fetcher& fetcher, EdgeInputs inputs, uint64_t cache_bytes_max);
  ~Handler();

  // Never leaves the exchange without an answer or an abort.
  Task<void> serve(io::HttpExchange& client);
  // For the access log: what the server has refused by itself.
  void on_refused(const io::RefusedRequest& refused) { log_refused(front_, config_.get()->edge.access_log, refused); }
  // After the last serve() has returned: ends background work, then returns. The fetcher must have been cancelled.
  Task<void> close();

  // What is stored under the key, with all its variants, is outdated; what is being fetched for it just now will not be kept.
  void forget(const std::string& cache_key);
  // These keys have changed, or are the same in all regions by now: what was asked for before is not served unasked any more.
  void doubt(const std::vector<KeyHasNews>& keys);
  // Has an object of a site in the cache, if it may be stored there at all; the key is without the site's prefix.
  Task<Warmed> warm(std::string site, std::string key);
  // The same for several, kWarmedAtOnce at a time; in the order of the keys.
  Task<std::vector<Warmed>> warm_all(std::string site, std::vector<std::string> keys);
  static constexpr size_t kWarmedAtOnce = 8;
  // Runs something on this handler's thread, from any thread, or never if that has ended. Needed with EdgeInputs::fills.
  std::function<void(Callback)> post_here;
  // Called when an unsafe request has outdated a key: the other loops have it, too.
  std::function<void(const std::string& cache_key)> tell_others;

  const EdgeCounters& counters() const { return counters_; }

 private:
  struct Fill;
  struct Request;  // what one request knows of itself
  struct BlockRun;
  struct BlockReader;
  struct BlockPiece;

  Task<void> serve_site(io::HttpExchange& exchange, FrontExchange& front, const SiteSettings& site);
  Task<void> route(Request& request);
  Task<void> route_forwarded(Request& request);
  Task<void> serve_unsafe(Request& request);
  Task<void> serve_object(Request& request);
  Task<void> serve_shared(Request& request, std::shared_ptr<const StoredObject> stale);
  Task<void> serve_directly(Request& request, std::string range);
  Task<void> serve_stored(Request& request, std::shared_ptr<const StoredObject> object, CacheWord word);
  Task<void> serve_range(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head);
  Task<void> serve_fill(Request& request, std::shared_ptr<Fill> fill);
  Task<void> serve_fetched(Request& request, Fetched fetched);
  Task<void> serve_stream(Request& request, Fetched fetched, http::ResponseHead head);
  Task<void> serve_not_shared(Request& request, std::shared_ptr<Fill> fill);
  Task<void> serve_nothing(Request& request, GiveUp why);
  Task<void> refuse_with(io::HttpExchange& exchange, Refusal refusal);
  Task<void> send(Request& request, http::ResponseHead head, std::span<const uint8_t> body);
  Task<Result<void>> send_filled(Request& request, std::shared_ptr<Fill> fill);

  // handler_site.cc
  Task<bool> admit(Request& request, const http::RequestHead& as_sent);
  std::optional<Refusal> refusal_of(const Request& request, const http::RequestHead& as_sent) const;
  Task<void> serve_refused(Request& request, Refusal refusal);
  Task<bool> serve_folder(Request& request);
  Task<std::shared_ptr<const StoredObject>> find_page(Request& request, std::string key);

  // handler_forms.cc
  bool wants_form(const Request& request, const StoredObject& object) const;
  bool wants_neighbour(const Request& request) const;
  Task<bool> serve_form(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head);
  Task<std::shared_ptr<const StoredObject>> find_form(Request& request, std::string key, Coding coding);
  void keep_form(const std::string& key, std::shared_ptr<const Bytes> body, Duration lifetime);

  // handler_blocks.cc
  bool may_block(const Fill& fill, const http::ResponseHead& head) const;
  void take_large(const std::shared_ptr<Fill>& fill, Fetched fetched);
  void learn_large(Request& request, const Fetched& fetched, uint64_t forgotten_before, uint64_t news_before);
  std::shared_ptr<BlockRun> start_run(const std::string& cache_key, std::shared_ptr<const StoredObject> object, uint64_t first,
                                      uint64_t end, std::optional<FetchOrder> order, Fetched fetched);
  Task<void> run_blocks(std::shared_ptr<BlockRun> run, std::optional<FetchOrder> order, Fetched fetched);
  Task<bool> wait_for_readers(std::shared_ptr<BlockRun> run);
  std::span<uint8_t> room_in(BlockRun& run);
  void add_to_run(BlockRun& run, std::span<const uint8_t> piece);
  void finish_block(BlockRun& run);
  std::shared_ptr<const Bytes> find_block(const BlockReader& reader, uint64_t block);
  Task<std::shared_ptr<const Bytes>> load_block(BlockReader& reader, uint64_t block);
  uint64_t fetch_until(const BlockReader& reader, uint64_t block);
  bool follow_a_run(BlockReader& reader, uint64_t block);
  Task<Result<BlockPiece>> next_piece(BlockReader& reader, uint64_t position);
  Task<void> serve_large(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head,
                         std::vector<ByteRange> ranges);
  Task<Result<void>> send_blocks(Request& request, BlockReader& reader, ByteRange range);
  Task<void> serve_without_blocks(Request& request, Fault fault);

  // handler_news.cc
  void doubt_one(const KeyHasNews& key);
  bool has_news(std::string_view cache_key, uint64_t mark);
  Use use_now(std::string_view cache_key, const StoredObject& object);
  void heed_copies(const SiteSettings& site, FetchOrder& order);
  uint64_t news_mark() { return news_ ? news_->mark() : 0; }

  Task<bool> follow_another_loop(std::shared_ptr<Fill> fill, Mono deadline);
  StoredObject describe(const Fill& fill, const Fetched& fetched) const;
  Task<void> fetch_for(std::shared_ptr<Fill> fill, FetchOrder order);
  Task<void> run_fill(std::shared_ptr<Fill> fill, FetchOrder order);
  Task<void> receive(std::shared_ptr<Fill> fill, Fetched fetched);
  Task<void> take(std::shared_ptr<Fill> fill, Fetched fetched);
  void refresh(const std::shared_ptr<Fill>& fill, const Fetched& fetched);
  std::shared_ptr<Fill> join_fill(Request& request, const std::string& key, std::shared_ptr<const StoredObject> stale);
  Task<void> await_head(std::shared_ptr<Fill> fill, Mono deadline);
  Task<void> await_end(std::shared_ptr<Fill> fill);

  FetchOrder order_for(Request& request, std::string key);
  std::vector<routing::RegionChoice> regions_for(const SiteSettings& site, std::string_view key);
  bool nobody_sound(const FetchOrder& order);
  std::shared_ptr<const StoredObject> find_stored(Request& request);
  bool settle(const std::shared_ptr<Fill>& fill, const Fetched& fetched) const;
  bool may_share(const Fill& fill, const http::ResponseHead& head) const;
  void store(const Fill& fill, std::shared_ptr<const StoredObject> object);
  void store_negative(const Fill& fill);
  void refresh_gauges();
  void keep(const std::string& key, std::shared_ptr<const StoredObject> object);
  Task<std::shared_ptr<const StoredObject>> find_on_disk(Request& request);
  Task<std::shared_ptr<const StoredObject>> load(std::string key);
  uint64_t purge_mark() { return purges_ ? purges_->get()->mark() : 0; }
  bool purged(std::string_view key, const StoredObject& object) { return purges_ && purges_->get()->purged(key, object); }
  void count_answer(Request& request, uint16_t status);
  Provenance provenance_of(const Request& request, std::string_view region, CacheWord word, uint32_t attempts) const;

  Scheduler& scheduler_;
  Fetcher& fetcher_;
  Published<EdgeConfig>::Reader config_;
  Published<HealthSnapshot>::Reader health_;
  Published<Steering>::Reader steering_;
  MemoryCache cache_;
  DiskTier* disk_;
  const CacheLimits limits_;
  FillDesk* fill_desk_;
  std::optional<Published<PurgeList>::Reader> purges_;
  std::optional<Published<RegionPreference>::Reader> preference_;
  NewsDesk* news_desk_;
  std::optional<KeyNews::Reader> news_;
  uint64_t forgotten_ = 0;  // calls of forget()
  uint64_t filling_bytes_ = 0;
  uint64_t filling_bytes_max_;
  std::unordered_map<std::string, std::shared_ptr<Fill>> fills_;          // that a newcomer may join
  std::unordered_multimap<std::string, std::shared_ptr<BlockRun>> runs_;  // by block family
  uint64_t requests_seen_ = 0;
  EncodingDesk encoding_;
  FrontDesk front_;
  EdgeCounters counters_;
  TaskScope scope_;
};

// Of a request that is forwarded; larger bodies are refused.
inline constexpr size_t kForwardedBodyBytesMax = 16 << 20;
// Read at once from a region: what comes should still be in the processor's cache when it leaves.
inline constexpr size_t kReadBytesMax = 256 << 10;
// How long a client waits for a revalidation before it gets the stale copy; the revalidation goes on.
inline constexpr Duration kStalePatience = std::chrono::milliseconds(400);

}  // namespace evershore::edge
