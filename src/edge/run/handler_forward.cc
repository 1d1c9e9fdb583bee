// Sites that forward requests: every method, with the client's fields and body; what is safe may come from the cache.
#include "edge/forward.h"
#include "edge/run/fill.h"

namespace evershore::edge {

Task<void> Handler::route_forwarded(Request& request) {
  const auto& head = request.exchange.request();
  if (head.method == "CONNECT" || head.method == "TRACE") {
    count_answer(request, 405);
    co_await refuse_with(request.exchange, refuse(405, "This method is not forwarded."));
    co_return;
  }
  request.key = head.target;
  request.cache_key = request.site->name + '\0' + request.key;
  if (head.method == "GET" || head.method == "HEAD") {
    co_await serve_object(request);
  } else {
    co_await serve_unsafe(request);
  }
}

// One region, one attempt: nobody can tell whether a request that got no answer has been carried out.
Task<void> Handler::serve_unsafe(Request& request) {
  auto body = co_await request.exchange.read_whole_body(kForwardedBodyBytesMax);
  if (!body) {
    const bool too_large = body.error().fault == Fault::kInvalid;
    count_answer(request, too_large ? 413 : 400);
    co_await refuse_with(request.exchange, refuse(too_large ? 413 : 400, body.error().text));
    co_return;
  }
  auto order = order_for(request, request.key);
  order.request.method = request.exchange.request().method;
  order.request.fields = forwarded_fields(request.exchange.request(), Conditions::kKeep);
  order.request.body = std::move(*body);
  order.once = true;
  auto fetched = co_await fetcher_.fetch(std::move(order));
  // RFC 9111 4.4: an answer that is no error makes what is stored invalid.
  if (fetched.body && fetched.head.status < 400 && !safe_method(request.exchange.request().method)) {
    auto targets = invalidated_targets(request.exchange.request(), fetched.head.headers);
    targets.push_back(request.key);
    for (const auto& target : targets) {
      const std::string cache_key = request.site->name + '\0' + target;
      forget(cache_key);
      if (tell_others) tell_others(cache_key);
    }
  }
  co_await serve_fetched(request, std::move(fetched));
}

void Handler::forget(const std::string& cache_key) {
  ++forgotten_;
  if (const auto stored = cache_.find(cache_key); stored && stored->is_marker())
    for (const auto& variant : stored->variants.keys) cache_.remove(variant);
  cache_.remove(cache_key);
  // Variants on disk are not found without their marker, nor with a new one that does not list them.
  if (disk_ != nullptr && disk_->may_have(cache_key)) disk_->remove(cache_key);
  for (const auto& [key, fill] : fills_)
    if (fill->cache_key == cache_key) fill->outdated = true;
  refresh_gauges();
}

}  // namespace evershore::edge
