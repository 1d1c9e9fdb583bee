// One complete object as the cache holds it. Immutable; a revalidation makes a new one that shares the bytes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/time.h"
#include "edge/cache_rules.h"
#include "edge/variants.h"
#include "wire/http/conditional.h"
#include "wire/http/message.h"

namespace evershore::edge {

struct Bytes {
  explicit Bytes(size_t length) : data(std::make_unique_for_overwrite<uint8_t[]>(length)), size(length) {}
  std::span<const uint8_t> first(size_t count) const { return {data.get(), count}; }
  std::span<const uint8_t> all() const { return first(size); }
  std::unique_ptr<uint8_t[]> data;
  size_t size;
};

struct StoredObject {
  uint16_t status = 200;
  http::Headers headers;  // as passed to clients, and what every answer of the edge carries
  std::shared_ptr<const Bytes> body;
  std::string etag;  // "" = none
  std::optional<Wall> last_modified;
  Freshness freshness;
  std::string region;        // that it came from
  std::string tags;          // of Surrogate-Key, separated by spaces
  uint64_t purge_mark = 0;   // purges up to this one happened before it was fetched
  uint64_t news_mark = 0;    // the same of news that the key has changed (model/key_news.h); not on disk
  uint64_t large_bytes = 0;  // not 0: so large is the object, and its bytes lie in blocks (blocks.h); `body` is empty
  Variants variants;         // names set: not an object but the marker of a key with several

  uint64_t size_bytes() const { return large_bytes != 0 ? large_bytes : body->size; }
  bool is_marker() const { return !variants.names.empty(); }
  http::Validators validators() const { return {.etag = etag, .last_modified = last_modified}; }
  size_t cost_bytes() const;
};

// From the fields of a region's head that clients get (or the merged ones after a 304).
StoredObject make_stored(const http::Headers& passed, Freshness freshness, std::shared_ptr<const Bytes> body, std::string region);
// The same, but stale from now on: to be asked for again before it is used, and a last resort if nobody answers.
StoredObject doubted(const StoredObject& object);
StoredObject make_marker(Variants variants);

}  // namespace evershore::edge
