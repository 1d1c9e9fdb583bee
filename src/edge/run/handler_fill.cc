// The shared half of the handler: one fetch a key, its bytes for all who wait, and for the cache.
#include <cstring>

#include "edge/run/fill.h"

namespace evershore::edge {

std::shared_ptr<Handler::Fill> Handler::join_fill(Request& request, const std::string& key, std::shared_ptr<const StoredObject> stale) {
  const std::string cache_key = request.site->name + '\0' + key;
  if (const auto at = fills_.find(cache_key); at != fills_.end()) {
    counters_.collapsed.add();
    return at->second;
  }
  auto fill = std::make_shared<Fill>(scheduler_);
  fill->cache_key = cache_key;
  fill->client.authorization = request.headers().has("authorization");
  fill->default_ttl = request.site->default_ttl;
  fill->stale = std::move(stale);
  auto order = order_for(request, key);
  if (fill->stale) {
    order.request.if_none_match = fill->stale->etag;
    if (fill->stale->etag.empty()) order.request.if_modified_since = fill->stale->headers.get("last-modified");
  }
  fills_.emplace(cache_key, fill);
  scope_.spawn(run_fill(fill, std::move(order)));
  return fill;
}

Task<void> Handler::await_head(std::shared_ptr<Fill> fill, Mono deadline) {
  while (fill->state == Fill::State::kAsking && scheduler_.now() < deadline) {
    co_await fill->changed.wait_until(deadline);
  }
}

Task<void> Handler::await_end(std::shared_ptr<Fill> fill) {
  while (!fill->ended()) {
    co_await fill->changed.wait();
  }
}

Task<void> Handler::run_fill(std::shared_ptr<Fill> fill, FetchOrder order) {
  auto fetched = co_await fetcher_.fetch(std::move(order));
  fill->attempts = fetched.attempts;
  const Exchange exchange{.asked = fetched.asked, .received = fetched.received, .received_wall = scheduler_.wall()};
  if (fetched.why != GiveUp::kNone) {
    fill->state = Fill::State::kGaveUp;
    fill->why = fetched.why;
    if (fetched.why == GiveUp::kNotFound) cache_.remove(fill->cache_key);
  } else if (fetched.head.status == 304 && fill->stale) {
    refresh(fill, fetched);
  } else if (const uint64_t size = fetched.head.content_length.value_or(UINT64_MAX);
             storable(fill->client, fetched.head) == Storable::kYes && size <= std::min(kSharedBytesMax, cache_.object_bytes_max()) &&
             filling_bytes_ + size <= filling_bytes_max_) {
    const auto freshness = freshness_of(fetched.head, exchange, fill->default_ttl);
    co_await receive(fill, std::move(fetched), freshness);
  } else {
    if (fetched.head.status == 200) cache_.remove(fill->cache_key);  // what was stored has been replaced by what may not be
    fill->state = Fill::State::kNotShared;
    fill->fetched = std::move(fetched);
  }
  fills_.erase(fill->cache_key);
  fill->changed.notify_all();
}

void Handler::refresh(const std::shared_ptr<Fill>& fill, const Fetched& fetched) {
  counters_.cache_revalidated.add();
  http::ResponseHead merged;
  merged.headers = updated_by_304(fill->stale->headers, fetched.head.headers);
  const Exchange exchange{.asked = fetched.asked, .received = fetched.received, .received_wall = scheduler_.wall()};
  auto for_age = merged;
  for (const auto* name : {"date", "age"})
    if (const auto value = fetched.head.headers.find(name)) for_age.headers.set(name, *value);
  const auto freshness = freshness_of(for_age, exchange, fill->default_ttl);
  fill->object = std::make_shared<const StoredObject>(make_stored(merged.headers, freshness, fill->stale->body, fetched.region));
  fill->word = CacheWord::kRevalidated;
  fill->state = Fill::State::kDone;
  store(fill->cache_key, fill->object);
}

Task<void> Handler::receive(std::shared_ptr<Fill> fill, Fetched fetched, Freshness freshness) {
  fill->buffer = std::make_shared<Bytes>(static_cast<size_t>(*fetched.head.content_length));
  const size_t size = fill->buffer->size;
  filling_bytes_ += size;
  fill->object =
      std::make_shared<const StoredObject>(make_stored(passed_on(fetched.head.headers), freshness, fill->buffer, fetched.region));
  fill->state = Fill::State::kArriving;
  fill->changed.notify_all();
  while (true) {
    auto piece = co_await fetched.body->next();
    if (!piece) {
      fill->state = Fill::State::kBroken;
      break;
    }
    if (piece->empty()) {
      fill->state = fill->filled == size ? Fill::State::kDone : Fill::State::kBroken;
      break;
    }
    std::memcpy(fill->buffer->data.get() + fill->filled, piece->data(), piece->size());  // never more than announced (BodyStream)
    fill->filled += piece->size();
    fill->changed.notify_all();
  }
  filling_bytes_ -= size;
  if (fill->state == Fill::State::kDone) store(fill->cache_key, fill->object);
}

void Handler::store(const std::string& cache_key, std::shared_ptr<const StoredObject> object) {
  cache_.put(cache_key, std::move(object));
  counters_.cache_bytes.set(cache_.bytes());
  counters_.cache_objects.set(cache_.objects());
}

}  // namespace evershore::edge
