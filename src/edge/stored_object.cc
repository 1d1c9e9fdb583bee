#include "edge/stored_object.h"

#include <algorithm>

#include "edge/answer.h"
#include "wire/http/date.h"

namespace evershore::edge {

namespace {
constexpr size_t kOverheadBytes = 512;  // maps, lists, allocator
}

size_t StoredObject::cost_bytes() const {
  size_t cost = sizeof(StoredObject) + kOverheadBytes + body->size;
  for (const auto& header : headers) cost += sizeof(header) + header.name.size() + header.value.size();
  for (const auto& key : variants.keys) cost += sizeof(key) + key.size();
  return cost;
}

StoredObject make_stored(const http::Headers& passed, Freshness freshness, std::shared_ptr<const Bytes> body, std::string region) {
  StoredObject object;
  object.headers = passed;
  add_common_fields(object.headers);
  object.body = std::move(body);
  object.etag = passed.get("etag");
  if (const auto modified = passed.find("last-modified")) object.last_modified = http::parse_http_date(*modified);
  object.freshness = freshness;
  object.region = std::move(region);
  return object;
}

StoredObject doubted(const StoredObject& object) {
  StoredObject doubtful = object;
  auto& freshness = doubtful.freshness;
  // It may be served for as long past now as it might have been past its lifetime.
  const Duration room = Duration::max() - freshness.stale_if_error;
  freshness.stale_if_error += std::min(room, freshness.lifetime);
  freshness.lifetime = Duration::zero();
  freshness.stale_while_revalidate = Duration::zero();
  return doubtful;
}

StoredObject make_marker(Variants variants) {
  StoredObject object;
  object.body = std::make_shared<const Bytes>(0);
  object.variants = std::move(variants);
  return object;
}

}  // namespace evershore::edge
