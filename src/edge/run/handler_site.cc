// What a site's rules say before a request is served, and what an answer becomes that would be an error.
#include <array>

#include "edge/access_rules.h"
#include "edge/cors.h"
#include "edge/run/fill.h"
#include "edge/signed_url.h"
#include "edge/website.h"

namespace evershore::edge {

namespace {
constexpr uint64_t kPageBytesMax = 1 << 20;  // of an error page that may not be stored
constexpr std::array<std::string_view, 3> kPageFields = {"content-type", "content-encoding", "content-language"};

std::optional<Visited> visited_by(io::HttpExchange& exchange) { return visited_of(exchange.request(), exchange.tls()); }
}  // namespace

// Why it may not be served; nullopt: it may.
std::optional<Refusal> Handler::refusal_of(const Request& request, const http::RequestHead& as_sent) const {
  const auto& behaviour = request.site->behaviour;
  const auto access = access_of(behaviour.access, as_sent);
  if (access == Access::kMethod) {
    auto refusal = refuse(405, "This site does not take this method.");
    refusal.head.headers.add("Allow", allowed_methods(behaviour.access));
    return refusal;
  }
  if (access == Access::kReferer) return refuse(403, "This cannot be embedded in pages of other sites.");
  if (behaviour.signing.keys.empty() || as_sent.method == "OPTIONS") return std::nullopt;
  const auto visited = visited_by(request.exchange);
  if (!visited) return refuse(400, "a '%' in the path is not followed by two hex digits");
  if (!needs_grant(behaviour.signing, visited->key)) return std::nullopt;
  const GrantCheck check{
      .site = request.site->name, .key = visited->key, .client_address = request.exchange.peer().address, .now = scheduler_.wall()};
  const auto verdict = check_grant(behaviour.signing, check, as_sent);
  return verdict == GrantVerdict::kGood ? std::nullopt : std::optional(refuse(403, why_not(verdict)));
}

// True: it may be served. Else it has been answered. `as_sent`: with what the request's exchange does not show.
Task<bool> Handler::admit(Request& request, const http::RequestHead& as_sent) {
  const auto& behaviour = request.site->behaviour;
  const auto& head = request.exchange.request();
  if (!behaviour.redirect_all.host.empty()) {
    co_await send(request, redirect_head(redirect_all(behaviour.redirect_all, head.target, request.exchange.tls())), {});
    co_return false;
  }
  if (!behaviour.cors.empty() && is_preflight(head)) {
    auto answer = answer_preflight(behaviour.cors, head);
    if (answer) {
      co_await send(request, std::move(*answer), {});
    } else {
      co_await serve_refused(request, refuse(403, "No CORS rule of this site allows this."));
    }
    co_return false;
  }
  auto refusal = refusal_of(request, as_sent);
  if (refusal) {
    co_await serve_refused(request, std::move(*refusal));
    co_return false;
  }
  if (behaviour.redirects.empty()) co_return true;
  const auto visited = visited_by(request.exchange);
  auto redirect = visited ? redirect_for(behaviour.redirects, *visited, 0) : std::nullopt;
  if (!redirect) co_return true;
  co_await send(request, redirect_head(std::move(*redirect)), {});
  co_return false;
}

// An error leads where a rule says, or shows the site's page for it; the plain refusal where there is neither.
Task<void> Handler::serve_refused(Request& request, Refusal refusal) {
  const uint16_t status = refusal.head.status;
  request.refused = status;
  const auto page = request.forwards() ? std::nullopt : error_page_for(*request.site, status);
  const auto visited = visited_by(request.exchange);
  auto redirect = visited ? redirect_for(request.site->behaviour.redirects, *visited, status) : std::nullopt;
  if (redirect) {
    co_await send(request, redirect_head(std::move(*redirect)), {});
    co_return;
  }
  std::shared_ptr<const StoredObject> document;
  if (page) document = co_await find_page(request, request.site->prefix + page->document);
  if (!document || document->large_bytes != 0) {
    if (page) refusal.body += "The site's page for this is not there, either.\n";
    count_answer(request, status);
    co_await refuse_with(request.exchange, std::move(refusal));
    co_return;
  }
  auto head = std::move(refusal.head);
  head.status = static_cast<uint16_t>(page->answer);
  head.headers.remove("content-type");
  if (status == 404) head.headers.remove("cache-control");
  for (const auto name : kPageFields)
    if (const auto value = document->headers.find(name)) head.headers.add(name, *value);
  co_await send(request, std::move(head), document->body->all());
}

// True: there is no such key, but an index document below it, and the client has been sent there.
Task<bool> Handler::serve_folder(Request& request) {
  const auto visited = visited_by(request.exchange);
  if (request.forwards() || !visited || !may_be_folder(*request.site, *visited)) co_return false;
  std::string index = request.site->prefix + visited->key + "/" + request.site->index;
  if (index.size() > kObjectKeyBytesMax) co_return false;
  const auto found = co_await find_page(request, std::move(index));
  if (!found) co_return false;
  co_await send(request, redirect_head(folder_redirect(*visited)), {});
  co_return true;
}

namespace {
// The whole of a body that belongs to this request alone; nullptr if it breaks off.
Task<std::shared_ptr<const StoredObject>> read_page(Fetched fetched) {
  const auto length = fetched.head.content_length.value_or(UINT64_MAX);
  if (fetched.head.status != 200 || !fetched.body || length > kPageBytesMax) co_return nullptr;
  const auto bytes = std::make_shared<Bytes>(length);
  size_t filled = 0;
  while (filled < length) {
    auto piece = co_await fetched.body->next();
    if (!piece || piece->empty()) co_return nullptr;
    std::ranges::copy(*piece, bytes->data.get() + filled);  // never more than announced (BodyStream)
    filled += piece->size();
  }
  co_return std::make_shared<const StoredObject>(make_stored(passed_on(fetched.head.headers), {}, bytes, fetched.region));
}
}  // namespace

// An object that the site's own answers need, from the cache or fetched; stale where nobody can be asked. nullptr: there is none.
Task<std::shared_ptr<const StoredObject>> Handler::find_page(Request& request, std::string key) {
  const std::string cache_key = request.site->name + '\0' + key;
  auto stored = cache_.find(cache_key);
  if (!stored && disk_ != nullptr) stored = co_await load(cache_key);
  if (stored && purged(cache_key, *stored)) stored = nullptr;
  const auto is_there = [](const std::shared_ptr<const StoredObject>& object) { return object && object->status == 200; };
  if (stored && use_now(cache_key, *stored) == Use::kServe) co_return is_there(stored) ? stored : nullptr;
  const auto fill = join_fill(request, key, is_there(stored) ? stored : nullptr);
  co_await await_end(fill);
  if (fill->state == Fill::State::kDone) co_return is_there(fill->object) ? fill->object : nullptr;
  if (fill->state == Fill::State::kNotShared && fill->fetched) {
    Fetched fetched = std::move(*fill->fetched);
    fill->fetched.reset();
    co_return co_await read_page(std::move(fetched));
  }
  const bool gone = fill->state == Fill::State::kGaveUp && fill->why == GiveUp::kNotFound;
  co_return !gone && is_there(stored) ? stored : nullptr;
}

}  // namespace evershore::edge
