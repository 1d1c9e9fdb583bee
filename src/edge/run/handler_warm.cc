// Objects fetched before anybody asks for them.
#include "edge/run/fill.h"
#include "edge/run/silent_exchange.h"

namespace evershore::edge {

Task<Warmed> Handler::warm(std::string site, std::string key) {
  const auto config = config_.get();
  const auto* found = config->sites.by_name(site);
  if (found == nullptr || found->forward != ForwardMode::kKeys || found->prefix.size() + key.size() > kObjectKeyBytesMax)
    co_return Warmed::kFailed;
  SilentExchange nobody(found->hosts.front());
  SiteExchange dressed(nobody, *found, encoding_);
  Request request{
      .exchange = dressed, .config = config, .id = ++requests_seen_, .site = found, .dressed = &dressed, .begun = scheduler_.now()};
  request.counted = true;  // no client, no answer
  request.key = found->prefix + key;
  request.cache_key = found->name + '\0' + request.key;
  const auto stored = find_stored(request);
  if (stored && stored->status == 200 && stored->large_bytes == 0 && use_now(request.cache_key, *stored) == Use::kServe)
    co_return Warmed::kWasThere;
  co_await serve_object(request);
  const auto status = nobody.status();
  if (request.refused == 404 || status == 302) co_return Warmed::kMissing;  // 302: only a folder of that name
  const bool good = request.refused == 0 && (status == 200 || status == 301) && nobody.complete();
  co_return good ? Warmed::kFetched : Warmed::kFailed;
}

namespace {
struct Batch {
  std::string site;
  std::vector<std::string> keys;
  size_t next = 0;
  std::vector<Warmed> ends;
};
Task<void> warm_some(Handler& handler, std::shared_ptr<Batch> batch) {
  while (batch->next < batch->keys.size()) {
    const size_t mine = batch->next++;
    batch->ends[mine] = co_await handler.warm(batch->site, batch->keys[mine]);
  }
}
}  // namespace

Task<std::vector<Warmed>> Handler::warm_all(std::string site, std::vector<std::string> keys) {
  auto batch = std::make_shared<Batch>();
  batch->site = std::move(site);
  batch->ends.resize(keys.size(), Warmed::kFailed);
  batch->keys = std::move(keys);
  TaskScope workers;
  for (size_t i = 0; i < kWarmedAtOnce; ++i) workers.spawn(warm_some(*this, batch));
  co_await workers.join();
  co_return std::move(batch->ends);
}

}  // namespace evershore::edge
