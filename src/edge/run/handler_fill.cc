// The shared half of the handler: one fetch a key, its bytes for all who wait, and for the cache.
#include <cstring>

#include "edge/forward.h"
#include "edge/run/fill.h"
#include "wire/http/date.h"

namespace evershore::edge {

std::shared_ptr<Handler::Fill> Handler::join_fill(Request& request, const std::string& key, std::shared_ptr<const StoredObject> stale) {
  const std::string cache_key = request.site->name + '\0' + key;
  const std::string fill_key = request.found_key.empty() ? cache_key : request.found_key;
  const uint64_t mark = purge_mark();
  if (const auto at = fills_.find(fill_key);
      at != fills_.end() && !at->second->outdated && at->second->purge_mark == mark && !has_news(cache_key, at->second->news_mark)) {
    counters_.collapsed.add();
    return at->second;
  }
  auto fill = std::make_shared<Fill>(scheduler_);
  fill->fill_key = fill_key;
  fill->cache_key = cache_key;
  fill->purge_mark = mark;
  fill->news_mark = news_mark();  // before anybody is asked, or chosen
  fill->begun_by = request.id;
  fill->forward = request.site->forward;
  fill->client.authorization = request.headers().has("authorization");
  fill->ttl = request.ttl();
  fill->stale = std::move(stale);
  auto order = order_for(request, key);
  if (request.forwards()) fill->asked_with = request.headers();
  if (fill->stale) {
    order.older.clear();  // the stored copy is as good as theirs
    order.request.if_none_match = fill->stale->etag;
    if (fill->stale->etag.empty()) order.request.if_modified_since = fill->stale->headers.get("last-modified");
  }
  fills_.insert_or_assign(fill_key, fill);
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

// Nobody answered, or only with a refusal that a stored copy is better than.
bool Handler::settle(const std::shared_ptr<Fill>& fill, const Fetched& fetched) const {
  if (fetched.why == GiveUp::kNone) return false;
  fill->state = Fill::State::kGaveUp;
  fill->why = fetched.why;
  return !fetched.body || (fill->stale && fetched.why != GiveUp::kNotFound);
}

bool Handler::may_share(const Fill& fill, const http::ResponseHead& head) const {
  const uint64_t size = http::status_without_body(head.status) ? 0 : head.content_length.value_or(UINT64_MAX);
  return storable(fill.client, head, fill.ttl) == Storable::kYes && fill.vary.size() <= kVaryNamesMax &&
         size <= (disk_ != nullptr ? limits_.shared_bytes_max : std::min(limits_.shared_bytes_max, cache_.object_bytes_max())) &&
         filling_bytes_ + size <= filling_bytes_max_;
}

namespace {
// What another loop's fetch brought.
struct Brought {
  explicit Brought(Scheduler& scheduler) : changed(scheduler) {}
  Signal changed;
  bool told = false;
  FillDesk::Object object;
};
}  // namespace

// True: another loop has brought it. A follower does not wait longer than a region may take to answer.
Task<bool> Handler::follow_another_loop(std::shared_ptr<Fill> fill, Mono deadline) {
  if (fill_desk_ == nullptr || fill->stale || fill->forward != ForwardMode::kKeys) co_return false;
  const auto brought = std::make_shared<Brought>(scheduler_);
  const auto post = post_here;
  fill->leads = fill_desk_->lead_or_follow(fill->fill_key, [brought, post](FillDesk::Object object) {
    post([brought, object = std::move(object)] {
      brought->told = true;
      brought->object = object;
      brought->changed.notify_all();
    });
  });
  if (fill->leads) co_return false;
  while (!brought->told && scheduler_.now() < deadline) {
    co_await brought->changed.wait_until(deadline);
  }
  const auto object = brought->object;
  if (!object || fill->outdated || object->purge_mark < fill->purge_mark || has_news(fill->cache_key, object->news_mark)) co_return false;
  counters_.collapsed.add();
  fill->object = object;
  fill->state = Fill::State::kDone;
  cache_.put(fill->fill_key, object);
  refresh_gauges();
  co_return true;
}

Task<void> Handler::run_fill(std::shared_ptr<Fill> fill, FetchOrder order) {
  const Mono deadline = scheduler_.now() + order.budgets.first_byte;
  const bool brought = co_await follow_another_loop(fill, deadline);
  if (!brought) co_await fetch_for(fill, std::move(order));
  const bool whole = fill->state == Fill::State::kDone && !fill->outdated;
  if (fill->leads) fill_desk_->ended(fill->fill_key, whole ? fill->object : nullptr);
  if (const auto at = fills_.find(fill->fill_key); at != fills_.end() && at->second == fill) fills_.erase(at);
  fill->changed.notify_all();
}

Task<void> Handler::fetch_for(std::shared_ptr<Fill> fill, FetchOrder order) {
  auto fetched = co_await fetcher_.fetch(std::move(order));
  fill->attempts = fetched.attempts;
  if (settle(fill, fetched)) {
    if (fetched.why == GiveUp::kNotFound) store_negative(*fill);
    fill->fetched = fetched.body ? std::optional(std::move(fetched)) : std::nullopt;
  } else if (fetched.head.status == 304 && fill->stale) {
    refresh(fill, fetched);
  } else {
    co_await take(fill, std::move(fetched));
  }
}

Task<void> Handler::take(std::shared_ptr<Fill> fill, Fetched fetched) {
  if (fetched.older) {
    fill->state = Fill::State::kNotShared;
    fill->fetched = std::move(fetched);
    co_return;
  }
  if (fill->forward == ForwardMode::kRequests) fill->vary = http::parse_vary(fetched.head.headers).names;
  if (may_share(*fill, fetched.head)) {
    co_await receive(fill, std::move(fetched));
    co_return;
  }
  if (may_block(*fill, fetched.head)) {
    take_large(fill, std::move(fetched));
    co_return;
  }
  if (fetched.head.status == 200) forget(fill->cache_key);  // what was stored has been replaced by what may not be
  fill->state = Fill::State::kNotShared;
  fill->fetched = std::move(fetched);
}

namespace {
http::Headers for_clients(ForwardMode forward, const http::Headers& upstream) {
  return forward == ForwardMode::kRequests ? end_to_end(upstream) : passed_on(upstream);
}
}  // namespace

void Handler::refresh(const std::shared_ptr<Fill>& fill, const Fetched& fetched) {
  counters_.cache_revalidated.add();
  const Exchange exchange{.asked = fetched.asked, .received = fetched.received, .received_wall = scheduler_.wall()};
  http::ResponseHead merged;
  merged.status = fill->stale->status;
  merged.headers = updated_by_304(fill->stale->headers, for_clients(fill->forward, fetched.head.headers));
  // Without a Date of its own the 304 is as old as its receipt, not as what it confirms (RFC 9110 6.6.1).
  if (!fetched.head.headers.has("date")) merged.headers.set("Date", http::format_http_date(exchange.received_wall));
  auto for_age = merged;
  for_age.headers.remove("age");
  if (const auto age = fetched.head.headers.find("age")) for_age.headers.set("age", *age);
  const auto freshness = freshness_of(for_age, exchange, fill->ttl);
  auto object = make_stored(merged.headers, freshness, fill->stale->body, fetched.region);
  object.status = merged.status;
  object.large_bytes = fill->stale->large_bytes;
  object.tags = fetched.head.headers.has("surrogate-key") ? tags_of(fetched.head.headers) : fill->stale->tags;
  object.purge_mark = fill->purge_mark;
  object.news_mark = fill->news_mark;
  fill->object = std::make_shared<const StoredObject>(std::move(object));
  fill->word = CacheWord::kRevalidated;
  fill->state = Fill::State::kDone;
  fill->vary = fill->forward == ForwardMode::kRequests ? http::parse_vary(merged.headers).names : std::vector<std::string>{};
  store(*fill, fill->object);
}

// What is stored of an answer, without its body.
StoredObject Handler::describe(const Fill& fill, const Fetched& fetched) const {
  const Exchange exchange{.asked = fetched.asked, .received = fetched.received, .received_wall = scheduler_.wall()};
  auto kept = without_withheld(for_clients(fill.forward, fetched.head.headers), directives_of(fetched.head.headers).control);
  if (!kept.has("date")) kept.add("Date", http::format_http_date(exchange.received_wall));  // RFC 9110 6.6.1
  auto object = make_stored(kept, freshness_of(fetched.head, exchange, fill.ttl), std::make_shared<const Bytes>(0), fetched.region);
  object.status = fetched.head.status;
  object.tags = tags_of(fetched.head.headers);
  object.purge_mark = fill.purge_mark;
  object.news_mark = fill.news_mark;
  return object;
}

Task<void> Handler::receive(std::shared_ptr<Fill> fill, Fetched fetched) {
  const bool no_body = http::status_without_body(fetched.head.status);
  fill->buffer = std::make_shared<Bytes>(no_body ? 0 : static_cast<size_t>(*fetched.head.content_length));
  const size_t size = fill->buffer->size;
  filling_bytes_ += size;
  auto object = describe(*fill, fetched);
  object.body = fill->buffer;
  const auto control = directives_of(fetched.head.headers).control;
  if (!control.private_fields.empty() || !control.no_cache_fields.empty()) {
    fill->withheld = for_clients(fill->forward, fetched.head.headers);
    add_common_fields(fill->withheld);
  }
  fill->object = std::make_shared<const StoredObject>(std::move(object));
  fill->state = Fill::State::kArriving;
  fill->changed.notify_all();
  while (true) {
    const std::span<uint8_t> room(fill->buffer->data.get() + fill->filled, std::min(size - fill->filled, kReadBytesMax));
    auto piece = co_await fetched.body->next_into(room);
    if (!piece) {
      fill->state = Fill::State::kBroken;
      break;
    }
    if (piece->empty()) {
      fill->state = fill->filled == size ? Fill::State::kDone : Fill::State::kBroken;
      break;
    }
    if (piece->data() != room.data()) std::memcpy(room.data(), piece->data(), piece->size());  // never more than announced (BodyStream)
    fill->filled += piece->size();
    fill->changed.notify_all();
  }
  filling_bytes_ -= size;
  if (fill->state == Fill::State::kDone) store(*fill, fill->object);
}

void Handler::store(const Fill& fill, std::shared_ptr<const StoredObject> object) {
  // It began before somebody said that the key has changed: what it brought may be what was there before.
  if (fill.outdated || has_news(fill.cache_key, fill.news_mark)) return;
  const auto at = cache_.find(fill.cache_key);
  if (fill.vary.empty()) {
    if (at && at->is_marker()) forget(fill.cache_key);
    keep(fill.cache_key, std::move(object));
  } else {
    const std::string key = variant_cache_key(fill.cache_key, fill.vary, fill.asked_with);
    auto added = with_variant(at && at->is_marker() ? at->variants : Variants{}, fill.vary, key);
    for (const auto& dropped : added.dropped) cache_.remove(dropped);
    auto marker = make_marker(std::move(added.marker));
    marker.purge_mark = fill.purge_mark;
    marker.news_mark = fill.news_mark;
    keep(fill.cache_key, std::make_shared<const StoredObject>(std::move(marker)));
    keep(key, std::move(object));
  }
  refresh_gauges();
}

void Handler::keep(const std::string& key, std::shared_ptr<const StoredObject> object) {
  if (disk_ != nullptr) disk_->put(key, object, scheduler_.now(), scheduler_.wall());
  cache_.put(key, std::move(object));
}

// "No region has it", for a while, where the site wants that; what was stored is gone in any case.
void Handler::store_negative(const Fill& fill) {
  const bool known_better = fill.outdated || has_news(fill.cache_key, fill.news_mark);
  forget(fill.cache_key);
  if (fill.ttl.negative_ttl == Duration::zero() || known_better) return;
  StoredObject nothing;
  nothing.status = 404;
  nothing.body = std::make_shared<const Bytes>(0);
  nothing.news_mark = fill.news_mark;
  nothing.freshness = {.received = scheduler_.now(), .lifetime = fill.ttl.negative_ttl, .never_stale = true};
  cache_.put(fill.cache_key, std::make_shared<const StoredObject>(std::move(nothing)));
  refresh_gauges();
}

void Handler::refresh_gauges() {
  counters_.cache_bytes.set(cache_.bytes());
  counters_.cache_objects.set(cache_.objects());
}

}  // namespace evershore::edge
