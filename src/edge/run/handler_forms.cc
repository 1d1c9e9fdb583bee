// Compressed forms of what is cached: kept from the first time, or found beside the object in its bucket.
#include "edge/run/fill.h"

namespace evershore::edge {

namespace {
// For so long nobody looks again for a KEY.br that was not there.
constexpr Duration kNeighbourAbsent = std::chrono::minutes(1);
}  // namespace

// Perhaps there is a form of it that this client takes.
bool Handler::wants_form(const Request& request, const StoredObject& object) const {
  const auto& settings = request.site->behaviour.compression;
  if (!settings.on || object.etag.empty() || request.dressed->codings().empty()) return false;
  if (settings.precompressed && !object.headers.has("content-encoding")) return true;
  http::ResponseHead head;
  head.headers = object.headers;
  return worth_encoding(settings, head, object.size_bytes());
}

bool Handler::wants_neighbour(const Request& request) const {
  return request.site->behaviour.compression.precompressed && !request.dressed->codings().empty();
}

// True: answered with the best form there is. Else the answer may be compressed on its way, and that is kept.
Task<bool> Handler::serve_form(Request& request, std::shared_ptr<const StoredObject> object, http::ResponseHead head) {
  const auto forms = forms_of(request.cache_key, *object);
  const auto codings = request.dressed->codings();
  const size_t looked_at = wants_neighbour(request) ? codings.size() : 1;
  for (size_t i = 0; i < looked_at; ++i) {
    auto key = form_key(forms, object->etag, object->size_bytes(), codings[i]);
    const auto form = co_await find_form(request, std::move(key), codings[i]);
    if (!form) continue;
    counters_.forms_served.add();
    become_encoded(head.headers, codings[i]);
    co_await send(request, std::move(head), form->body->all());
    co_return true;
  }
  request.dressed->may_keep_forms(request.cache_key, *object);
  co_return false;
}

// An entry without bytes says that there was none beside the object.
Task<std::shared_ptr<const StoredObject>> Handler::find_form(Request& request, std::string key, Coding coding) {
  const auto known = cache_.find(key);
  if (known && known->body->size > 0) co_return known;
  if (!wants_neighbour(request) || (known && use_of(known->freshness, scheduler_.now()) == Use::kServe)) co_return nullptr;
  const auto neighbour = co_await find_page(request, request.key + std::string(coding_suffix(coding)));
  const bool usable = neighbour && neighbour->large_bytes == 0 && neighbour->body->size > 0;
  keep_form(key, usable ? neighbour->body : std::make_shared<const Bytes>(0), kNeighbourAbsent);
  co_return usable ? neighbour : nullptr;
}

void Handler::keep_form(const std::string& key, std::shared_ptr<const Bytes> body, Duration lifetime) {
  if (body->size > 0) counters_.forms_made.add();
  StoredObject form;
  form.body = std::move(body);
  form.freshness = {.received = scheduler_.now(), .lifetime = lifetime, .never_stale = true};
  cache_.put(key, std::make_shared<const StoredObject>(std::move(form)));
  refresh_gauges();
}

}  // namespace evershore::edge
