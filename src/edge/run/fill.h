// handler.cc's own: one fetch that several clients share.
#pragma once

#include "edge/run/handler.h"
#include "edge/website.h"

namespace evershore::edge {

struct Handler::Fill {
  enum class State : uint8_t {
    kAsking,     // no head yet
    kArriving,   // `object` and its first `filled` bytes are there
    kDone,       // `object` is complete
    kBroken,     // the body could not be completed
    kNotShared,  // too large or not storable: `fetched` is for the first who takes it
    kGaveUp,     // `why`
  };
  explicit Fill(Scheduler& scheduler) : changed(scheduler) {}

  Signal changed;
  std::string fill_key;   // in fills_: of the key, or of a variant known before
  std::string cache_key;  // of the key
  uint64_t begun_by = 0;  // Request::id
  ForwardMode forward = ForwardMode::kKeys;
  ClientFacts client;             // of the request that began it
  http::Headers asked_with;       // its fields, where requests are forwarded
  std::vector<std::string> vary;  // by which of them the answer was chosen, once there is one
  http::Headers withheld;         // all fields of the answer, where some of them are for that request alone
  TtlRules ttl;
  std::shared_ptr<const StoredObject> stale;  // being revalidated
  State state = State::kAsking;
  std::shared_ptr<const StoredObject> object;
  std::shared_ptr<Bytes> buffer;  // the object's body while it arrives
  size_t filled = 0;
  CacheWord word = CacheWord::kMiss;
  std::optional<Fetched> fetched;
  GiveUp why = GiveUp::kNone;
  uint32_t attempts = 0;
  uint64_t purge_mark = 0;
  uint64_t news_mark = 0;
  bool leads = false;     // for the other loops, too
  bool outdated = false;  // what is stored under its key has been forgotten since it began

  bool ended() const { return state != State::kAsking && state != State::kArriving; }
  // What was fetched for one client's fields may not be for another's.
  bool fits(const http::Headers& client_fields) const {
    return vary.empty() || selecting_key(vary, asked_with) == selecting_key(vary, client_fields);
  }
};

struct Handler::Request {
  io::HttpExchange& exchange;
  std::shared_ptr<const EdgeConfig> config;
  uint64_t id = 0;
  const SiteSettings* site = nullptr;
  SiteExchange* dressed = nullptr;  // the same as `exchange`; null where no site is known
  FrontExchange* front = nullptr;   // the same; null where no client asks
  std::string key;
  std::string cache_key;
  std::string found_key;              // the cache key of the variant, where there are several
  uint32_t rounds = 0;                // fetches that turned out to be another variant
  CacheWord word = CacheWord::kNone;  // of an answer that there is nothing
  uint16_t refused = 0;               // the error it would be, whatever is shown instead
  Mono begun{};
  bool counted = false;

  const http::Headers& headers() const { return exchange.request().headers; }
  bool forwards() const { return site->forward == ForwardMode::kRequests; }
  TtlRules ttl() const {
    return {.default_ttl = site->default_ttl,
            .negative_ttl = negative_ttl_of(*site),
            .override_ttl = site->override_ttl,
            .max_ttl = site->max_ttl};
  }
  bool is_head() const { return exchange.request().method == "HEAD"; }
  bool conditional() const {
    for (const auto* name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
      if (headers().has(name)) return true;
    return false;
  }
};

}  // namespace evershore::edge
