#include "edge/run/handler.h"

#include "edge/forward.h"
#include "edge/run/block_run.h"
#include "edge/run/fill.h"
#include "edge/run/strict_exchange.h"
#include "edge/secure.h"
#include "routing/choice.h"
#include "routing/decide.h"
#include "wire/http/cache_control.h"
#include "wire/http/conditional.h"
#include "wire/http/date.h"
#include "wire/http/range.h"

namespace evershore::edge {

Handler::Handler(Scheduler& scheduler, Fetcher& fetcher, EdgeInputs inputs, uint64_t cache_bytes_max)
    : scheduler_(scheduler),
      fetcher_(fetcher),
      config_(inputs.config),
      health_(inputs.health),
      steering_(inputs.steering),
      cache_(cache_bytes_max),
      disk_(inputs.disk),
      limits_(inputs.limits),
      fill_desk_(inputs.fills),
      news_desk_(inputs.news),
      filling_bytes_max_(std::max(cache_bytes_max / 2, uint64_t{1} << 20)),
      encoding_{.scheduler = scheduler,
                .keep = [this](const std::string& key, std::shared_ptr<const Bytes> body) { keep_form(key, std::move(body), {}); },
                .kept_bytes_max = cache_.object_bytes_max()},
      front_{.scheduler = scheduler, .access_log = inputs.access_log, .id_prefix = id_prefix(inputs.start, inputs.loop)} {
  if (inputs.purges != nullptr) purges_.emplace(inputs.purges->list());
  if (inputs.preference != nullptr) preference_.emplace(*inputs.preference);
  if (news_desk_ != nullptr) news_.emplace(news_desk_->news());
}

Handler::~Handler() = default;

Task<void> Handler::close() { co_await scope_.join(); }

Task<void> Handler::serve(io::HttpExchange& client) {
  counters_.requests.add();
  const auto config = config_.get();
  FrontExchange exchange(client, *config, front_);
  if (auto proof = client.tls() ? std::nullopt : answer_acme(exchange.request(), config->acme_thumbprint)) {
    co_await refuse_with(exchange, std::move(*proof));
    co_return;
  }
  const auto* site = config->sites.find(exchange.request().host);
  if (site == nullptr) {
    Request request{.exchange = exchange, .config = config, .begun = scheduler_.now()};
    count_answer(request, 421);
    co_await refuse_with(exchange, refuse(421, "No site here has this host name."));
    co_return;
  }
  if (exchange.tls() && site->hsts.max_age > Duration::zero()) {
    StrictExchange strict(exchange, strict_transport(site->hsts));
    co_await serve_site(strict, exchange, *site);
    co_return;
  }
  co_await serve_site(exchange, exchange, *site);
}

// `site` is of the present settings, which the request holds.
Task<void> Handler::serve_site(io::HttpExchange& exchange, FrontExchange& front, const SiteSettings& site) {
  if (site.forward == ForwardMode::kRequests) front.prepare_forwarding();
  SiteExchange dressed(exchange, site, encoding_);
  Request request{.exchange = dressed,
                  .config = config_.get(),
                  .id = ++requests_seen_,
                  .site = &site,
                  .dressed = &dressed,
                  .front = &front,
                  .begun = scheduler_.now()};
  if (auto redirect = exchange.tls() ? std::nullopt : redirect_to_https(site, exchange.request(), request.config->edge.https_port)) {
    count_answer(request, redirect->head.status);
    co_await refuse_with(dressed, std::move(*redirect));
    co_return;
  }
  if (has_gate(site.behaviour)) {
    const bool admitted = co_await admit(request, exchange.request());
    if (!admitted) co_return;
  }
  if (request.forwards()) {
    co_await route_forwarded(request);
  } else {
    co_await route(request);
  }
}

Task<void> Handler::route(Request& request) {
  const auto& head = request.exchange.request();
  if (head.method == "OPTIONS") {
    co_await send(request, allow_options(), {});
    co_return;
  }
  if (head.method != "GET" && head.method != "HEAD") {
    co_await serve_refused(request, refuse_method());
    co_return;
  }
  auto key = key_for(*request.site, head.path());
  if (!key && key.error().fault == Fault::kInvalid) {
    co_await serve_refused(request, refuse(400, key.error().text));
    co_return;
  }
  if (!key) {
    co_await serve_nothing(request, GiveUp::kNotFound);
    co_return;
  }
  request.key = std::move(*key);
  request.cache_key.reserve(request.site->name.size() + 1 + request.key.size());
  request.cache_key.append(request.site->name).append(1, '\0').append(request.key);
  co_await serve_object(request);
}

// What is stored under the request's key, or its variant of it; what is no use for anything but a hit only if it is fresh.
std::shared_ptr<const StoredObject> Handler::find_stored(Request& request) {
  auto stored = cache_.find(request.cache_key);
  if (stored && stored->is_marker()) {
    request.found_key = variant_cache_key(request.cache_key, stored->variants.names, request.headers());
    stored = stored->variants.lists(request.found_key) ? cache_.find(request.found_key) : nullptr;
  }
  if (stored && purged(request.cache_key, *stored)) return nullptr;
  return stored;
}

// The same from disk, into memory.
Task<std::shared_ptr<const StoredObject>> Handler::find_on_disk(Request& request) {
  auto stored = cache_.find(request.cache_key);
  if (!stored) stored = co_await load(request.cache_key);
  if (stored && stored->is_marker()) {
    request.found_key = variant_cache_key(request.cache_key, stored->variants.names, request.headers());
    const bool listed = stored->variants.lists(request.found_key);
    stored = nullptr;
    if (listed) stored = co_await load(request.found_key);
  }
  if (stored && purged(request.cache_key, *stored)) co_return nullptr;
  co_return stored;
}

Task<std::shared_ptr<const StoredObject>> Handler::load(std::string key) {
  if (!disk_->may_have(key)) co_return nullptr;
  const uint64_t before = forgotten_;
  auto loaded = co_await disk_->find(scheduler_, key);
  auto newer = cache_.find(key);
  if (newer) co_return newer;
  if (!loaded || forgotten_ != before) co_return nullptr;  // perhaps it was this one
  counters_.disk_hits.add();
  cache_.put(key, loaded);
  refresh_gauges();
  co_return loaded;
}

namespace {
// RFC 9111 5.2.1.7; looked at only when a region would have to be asked.
bool only_if_cached(const http::Headers& headers) { return http::parse_cache_control(headers).only_if_cached; }
bool negative_entry(const StoredObject& stored) { return stored.status != 200 && stored.body->size == 0 && stored.etag.empty(); }
}  // namespace

Task<void> Handler::serve_object(Request& request) {
  auto stored = find_stored(request);
  if (!stored && disk_ != nullptr) stored = co_await find_on_disk(request);
  if (stored && negative_entry(*stored) && has_news(request.cache_key, stored->news_mark)) stored = nullptr;
  if (stored) {
    const auto use = use_now(request.cache_key, *stored);
    if (use == Use::kServe) {
      counters_.cache_hits.add();
      co_await serve_stored(request, std::move(stored), CacheWord::kHit);
      co_return;
    }
    if (use == Use::kServeAndRevalidate) {
      counters_.cache_stale.add();
      join_fill(request, request.key, stored);
      co_await serve_stored(request, std::move(stored), CacheWord::kStale);
      co_return;
    }
  }
  if (only_if_cached(request.headers())) {
    count_answer(request, 504);
    co_await refuse_with(request.exchange, refuse(504, "Nothing fresh is cached, and the request wants nothing else."));
    co_return;
  }
  if (stored && !negative_entry(*stored)) {
    co_await serve_shared(request, std::move(stored));
    co_return;
  }
  counters_.cache_misses.add();
  const auto range = request.headers().find("range");
  const auto specs = range && !request.is_head() ? http::parse_range(*range) : std::nullopt;
  if (request.is_head() || (specs && specs->size() == 1)) {
    std::string asked = specs ? std::string(*range) : "";
    co_await serve_directly(request, std::move(asked));
    co_return;
  }
  co_await serve_shared(request, nullptr);
}

// A miss or a revalidation: shares one fetch with all who want the same.
Task<void> Handler::serve_shared(Request& request, std::shared_ptr<const StoredObject> stale) {
  const auto fill = join_fill(request, request.key, stale);
  const bool may_be_stale = stale && use_now(request.cache_key, *stale) == Use::kRevalidate;
  Mono deadline = kNever;
  // A cached copy is worth more than a wait: at once where nobody is known to work.
  if (may_be_stale) deadline = scheduler_.now() + (nobody_sound(order_for(request, request.key)) ? Duration::zero() : kStalePatience);
  co_await await_head(fill, deadline);
  const bool nobody = fill->state == Fill::State::kGaveUp && fill->why != GiveUp::kNotFound;
  if (may_be_stale && (nobody || fill->state == Fill::State::kAsking)) {
    counters_.cache_stale.add();
    co_await serve_stored(request, std::move(stale), CacheWord::kStale);
    co_return;
  }
  if (!fill->fits(request.headers())) {
    if (++request.rounds > 2) {
      co_await serve_directly(request, "");
    } else {
      co_await serve_object(request);
    }
    co_return;
  }
  if (fill->fetched || fill->state == Fill::State::kNotShared) {
    co_await serve_not_shared(request, fill);
    co_return;
  }
  if (fill->state == Fill::State::kGaveUp) {
    co_await serve_nothing(request, fill->why);
    co_return;
  }
  co_await serve_fill(request, fill);
}

// What may not be stored goes to one client: where it was asked for with a client's own fields, to that one.
Task<void> Handler::serve_not_shared(Request& request, std::shared_ptr<Fill> fill) {
  const bool mine = !request.forwards() || fill->begun_by == request.id;
  if (!mine || !fill->fetched) {
    co_await serve_directly(request, "");
    co_return;
  }
  Fetched fetched = std::move(*fill->fetched);
  fill->fetched.reset();
  co_await serve_fetched(request, std::move(fetched));
}

Task<void> Handler::serve_fill(Request& request, std::shared_ptr<Fill> fill) {
  // Conditions and the method need the head only; ranges are cut from the complete object.
  const bool whole_body = !request.is_head() && !request.conditional() && !request.headers().has("range") && !wants_neighbour(request);
  if (whole_body && fill->state == Fill::State::kArriving) {
    auto sent = co_await send_filled(request, fill);
    if (!sent) {
      counters_.resets.add();
      request.exchange.abort();
    }
    co_return;
  }
  co_await await_end(fill);
  if (fill->state != Fill::State::kDone) {
    co_await serve_nothing(request, GiveUp::kUnavailable);
    co_return;
  }
  auto object = fill->object;
  if (!fill->withheld.empty() && fill->begun_by == request.id) {
    auto whole = *object;
    whole.headers = fill->withheld;
    object = std::make_shared<const StoredObject>(std::move(whole));
  }
  co_await serve_stored(request, std::move(object), fill->word);
}

Task<Result<void>> Handler::send_filled(Request& request, std::shared_ptr<Fill> fill) {
  const auto object = fill->object;
  http::ResponseHead head;
  head.status = object->status;
  head.headers = !fill->withheld.empty() && fill->begun_by == request.id ? fill->withheld : object->headers;
  set_age(head.headers, age_at(object->freshness, scheduler_.now()));
  add_provenance(head.headers, provenance_of(request, object->region, fill->word, fill->attempts));
  count_answer(request, head.status);
  if (fill->withheld.empty()) request.dressed->may_keep_forms(request.cache_key, *object);
  CO_TRY_VOID(co_await request.exchange.start(std::move(head), fill->buffer->size));
  size_t sent = 0;
  while (sent < fill->buffer->size) {
    while (sent == fill->filled && fill->state == Fill::State::kArriving) {
      co_await fill->changed.wait();
    }
    if (sent == fill->filled) co_return fail(Fault::kBroken, "the object could not be completed");
    const auto piece = fill->buffer->first(fill->filled).subspan(sent);
    CO_TRY_VOID(co_await request.exchange.write(piece));
    sent += piece.size();
    counters_.bytes_sent.add(piece.size());
  }
  CO_TRY_VOID(co_await request.exchange.finish());
  co_return Result<void>{};
}

// ---- from memory ----

Task<void> Handler::serve_stored(Request& request, std::shared_ptr<const StoredObject> object, CacheWord word) {
  if (negative_entry(*object) && !request.forwards()) {
    request.word = word;
    co_await serve_nothing(request, GiveUp::kNotFound);
    co_return;
  }
  http::ConditionalDecision decided{.use_range = request.headers().has("range")};
  // RFC 9110 13.2.1: conditions are for what would be a success.
  if (object->status >= 300) {
    decided.use_range = false;
  } else if (request.conditional() || request.headers().has("if-range"))
    decided = http::evaluate_conditions(request.headers(), request.exchange.request().method, object->validators());
  http::ResponseHead head;
  if (decided.outcome == http::Precondition::kFailed) {
    count_answer(request, 412);
    co_await refuse_with(request.exchange, refuse(412, "A condition of the request is false."));
    co_return;
  }
  if (decided.outcome == http::Precondition::kNotModified) {
    head = not_modified(object->headers);
    request.dressed->tell_form(head.headers, object->headers, object->size_bytes());
  } else {
    head.status = object->status;
    head.headers.reserve(object->headers.size() + 4);  // Age, X-Evershore, X-Evershore-Request and Vary
    head.headers = object->headers;
  }
  set_age(head.headers, age_at(object->freshness, scheduler_.now()));
  add_provenance(head.headers, provenance_of(request, object->region, word, word == CacheWord::kHit ? 0 : 1));
  if (head.status == 200 && decided.use_range && !request.is_head()) {
    co_await serve_range(request, std::move(object), std::move(head));
    co_return;
  }
  if (head.status == 200 && wants_form(request, *object)) {
    const bool served = co_await serve_form(request, object, head);
    if (served) co_return;
  }
  if (object->large_bytes != 0 && head.status != 304) {
    const ByteRange whole{0, object->large_bytes};
    co_await serve_large(request, std::move(object), std::move(head), {whole});
    co_return;
  }
  const auto body = head.status == 304 ? std::span<const uint8_t>{} : object->body->all();
  co_await send(request, std::move(head), body);
}

Task<void> Handler::serve_range(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head) {
  const uint64_t size = object->size_bytes();
  auto range = http::decide_range(request.headers().get("range"), size);
  if (range.outcome == http::RangeOutcome::kUnsatisfiable) {
    auto refusal = refuse(416, "The object is shorter.");
    refusal.head.headers.add("Content-Range", http::format_unsatisfied_content_range(size));
    co_await serve_refused(request, std::move(refusal));
    co_return;
  }
  if (range.outcome == http::RangeOutcome::kWhole) {
    range.ranges = {ByteRange{0, size}};
  } else {
    head.status = 206;
  }
  const std::string type(head.headers.get("content-type"));
  const std::string boundary = multipart_boundary(object->etag, size);
  if (range.ranges.size() > 1) head.headers.set("Content-Type", multipart_type(boundary));
  if (head.status == 206 && range.ranges.size() == 1) head.headers.set("Content-Range", http::format_content_range(range.ranges[0], size));
  if (object->large_bytes != 0) {
    co_await serve_large(request, std::move(object), std::move(head), std::move(range.ranges));
    co_return;
  }
  if (range.ranges.size() == 1) {
    const auto& one = range.ranges[0];
    co_await send(request, std::move(head), object->body->all().subspan(one.first, one.length));
    co_return;
  }
  const auto multipart = make_multipart(object->body->all(), range.ranges, type, boundary);
  co_await send(request, std::move(head), std::span(reinterpret_cast<const uint8_t*>(multipart.body.data()), multipart.body.size()));
}

// ---- straight from a region ----

Task<void> Handler::serve_directly(Request& request, std::string range) {
  auto order = order_for(request, request.key);
  order.request.method = request.is_head() ? "HEAD" : "GET";
  order.request.range = range;
  const uint64_t forgotten_before = forgotten_;
  const uint64_t news_before = news_mark();
  auto fetched = co_await fetcher_.fetch(std::move(order));
  if (fetched.why == GiveUp::kNone && !request.is_head()) learn_large(request, fetched, forgotten_before, news_before);
  // If-Range that names another version: the whole of this one (RFC 9110 13.1.5).
  if (fetched.why == GiveUp::kNone && fetched.head.status == 206 && request.headers().has("if-range")) {
    const auto last_modified = http::parse_http_date(fetched.head.headers.get("last-modified"));
    const http::Validators validators{.etag = fetched.head.headers.get("etag"), .last_modified = last_modified};
    const auto decided = http::evaluate_conditions(request.headers(), "GET", validators);
    if (decided.outcome == http::Precondition::kProceed && !decided.use_range) {
      fetched = co_await fetcher_.fetch(order_for(request, request.key));
    }
  }
  co_await serve_fetched(request, std::move(fetched));
}

Task<void> Handler::serve_fetched(Request& request, Fetched fetched) {
  if (!fetched.body) {
    co_await serve_nothing(request, fetched.why);
    co_return;
  }
  http::ResponseHead head;
  head.status = fetched.head.status;
  head.headers = request.forwards() ? end_to_end(fetched.head.headers) : passed_on(fetched.head.headers);
  if (safe_method(request.exchange.request().method)) add_common_fields(head.headers);
  const auto word = fetched.older ? CacheWord::kStale : CacheWord::kNone;
  if (fetched.older) counters_.reads_older.add();
  const auto provenance = provenance_of(request, fetched.region, word, fetched.attempts);
  if (head.status == 416 && !request.forwards()) {
    auto refusal = refuse(416, "The object is shorter.");
    if (head.headers.has("content-range")) refusal.head.headers.add("Content-Range", head.headers.get("content-range"));
    add_provenance(refusal.head.headers, provenance);
    co_await serve_refused(request, std::move(refusal));
    co_return;
  }
  if (request.conditional() && head.status < 300 && safe_method(request.exchange.request().method)) {
    const std::string etag(head.headers.get("etag"));
    const auto last_modified = http::parse_http_date(head.headers.get("last-modified"));
    const auto decided =
        http::evaluate_conditions(request.headers(), request.exchange.request().method, {.etag = etag, .last_modified = last_modified});
    if (decided.outcome == http::Precondition::kFailed) {
      count_answer(request, 412);
      co_await refuse_with(request.exchange, refuse(412, "A condition of the request is false."));
      co_return;
    }
    if (decided.outcome == http::Precondition::kNotModified) {
      auto of_200 = std::move(head.headers);
      head = not_modified(of_200);
      request.dressed->tell_form(head.headers, of_200, fetched.head.content_length.value_or(0));
      add_provenance(head.headers, provenance);
      co_await send(request, std::move(head), {});
      co_return;
    }
  }
  const auto freshness =
      freshness_of(fetched.head, {.asked = fetched.asked, .received = fetched.received, .received_wall = scheduler_.wall()}, request.ttl());
  set_age(head.headers, age_at(freshness, scheduler_.now()));
  add_provenance(head.headers, provenance);
  co_await serve_stream(request, std::move(fetched), std::move(head));
}

Task<void> Handler::serve_stream(Request& request, Fetched fetched, http::ResponseHead head) {
  count_answer(request, head.status);
  const auto length = request.is_head() ? fetched.head.content_length : fetched.body->length();
  auto going = co_await request.exchange.start(std::move(head), length);
  while (going && !request.is_head()) {
    auto piece = co_await fetched.body->next();
    if (!piece) {
      counters_.resets.add();
      request.exchange.abort();
      co_return;
    }
    if (piece->empty()) break;
    counters_.bytes_sent.add(piece->size());
    going = co_await request.exchange.write(*piece);
  }
  if (going) going = co_await request.exchange.finish();
}

// ---- refusals ----

Task<void> Handler::serve_nothing(Request& request, GiveUp why) {
  const bool missing = why == GiveUp::kNotFound || why == GiveUp::kNotFoundPartly;
  auto provenance = provenance_of(request, "", request.word, request.word == CacheWord::kHit ? 0 : 1);
  provenance.partly_asked = why == GiveUp::kNotFoundPartly;
  if (missing) {
    const bool served = co_await serve_folder(request);
    if (served) co_return;
  }
  auto refusal = missing ? refuse(404, "No region has this object.") : refuse(503, "No region can be reached. A moment later one may be.");
  if (!missing) refusal.head.headers.add("Retry-After", "2");
  add_provenance(refusal.head.headers, provenance);
  co_await serve_refused(request, std::move(refusal));
}

Task<void> Handler::refuse_with(io::HttpExchange& exchange, Refusal refusal) {
  const auto body = std::span(reinterpret_cast<const uint8_t*>(refusal.body.data()), refusal.body.size());
  (void)co_await exchange.respond(std::move(refusal.head), body);  // a client that has gone needs no answer
}

Task<void> Handler::send(Request& request, http::ResponseHead head, std::span<const uint8_t> body) {
  count_answer(request, head.status);
  if (!request.is_head()) counters_.bytes_sent.add(body.size());
  (void)co_await request.exchange.respond(std::move(head), body);
}

// ---- small decisions ----

std::vector<routing::RegionChoice> Handler::regions_for(const SiteSettings& site, std::string_view key) {
  auto order = routing::region_order(site, *health_.get(), *steering_.get());
  const auto preference = preference_ ? preference_->get() : nullptr;
  const bool by_key = site.reads.choice != ChoiceMode::kOrder || (preference && !preference->shares.empty());
  if (!by_key) return order;
  return routing::order_for_key(site, std::move(order), routing::key_hash(key), preference ? *preference : RegionPreference{});
}

FetchOrder Handler::order_for(Request& request, std::string key) {
  FetchOrder order;
  order.request.key = std::move(key);
  order.regions = regions_for(*request.site, order.request.key);
  heed_copies(*request.site, order);
  const auto& edge = request.config->edge;
  order.budgets = {.connect = edge.connect_timeout, .first_byte = edge.first_byte_timeout, .stall = edge.stall_timeout};
  if (request.forwards()) {
    order.request.target = forwarded_target(*request.site, request.exchange.request());
    order.request.fields = forwarded_fields(request.exchange.request(), Conditions::kLeaveOut);
    order.keep_refusal = true;
  }
  return order;
}

bool Handler::nobody_sound(const FetchOrder& order) { return fetcher_.nobody_sound(order); }

void Handler::count_answer(Request& request, uint16_t status) {
  if (std::exchange(request.counted, true)) return;
  counters_.answers_by_class[std::min<size_t>(status / 100, 5)].add();
  counters_.first_byte.add(scheduler_.now() - request.begun);
}

Provenance Handler::provenance_of(const Request& request, std::string_view region, CacheWord word, uint32_t attempts) const {
  const Provenance provenance{.region = region, .cache = word, .attempts = attempts, .expose = request.config->edge.expose_header};
  if (request.front != nullptr) request.front->note(provenance);
  return provenance;
}

}  // namespace evershore::edge
