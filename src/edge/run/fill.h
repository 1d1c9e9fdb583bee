// handler.cc's own: one fetch that several clients share.
#pragma once

#include "edge/run/handler.h"

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
  std::string cache_key;
  ClientFacts client;  // of the request that began it
  Duration default_ttl{};
  std::shared_ptr<const StoredObject> stale;  // being revalidated
  State state = State::kAsking;
  std::shared_ptr<const StoredObject> object;
  std::shared_ptr<Bytes> buffer;  // the object's body while it arrives
  size_t filled = 0;
  CacheWord word = CacheWord::kMiss;
  std::optional<Fetched> fetched;
  GiveUp why = GiveUp::kNone;
  uint32_t attempts = 0;

  bool ended() const { return state != State::kAsking && state != State::kArriving; }
};

struct Handler::Request {
  io::HttpExchange& exchange;
  std::shared_ptr<const EdgeConfig> config;
  const SiteSettings* site = nullptr;
  std::string key;
  std::string cache_key;
  Mono begun{};
  bool counted = false;

  const http::Headers& headers() const { return exchange.request().headers; }
  bool is_head() const { return exchange.request().method == "HEAD"; }
  bool conditional() const {
    for (const auto* name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
      if (headers().has(name)) return true;
    return false;
  }
};

}  // namespace evershore::edge
