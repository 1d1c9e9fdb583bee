// Tells someone that a key changed: one POST of S3 event JSON a change. Only a hint: what cannot be delivered after a few
// tries, or does not fit into the queue, is dropped, counted, and said once a minute.
#pragma once

#include <deque>
#include <string>

#include "base/counter.h"
#include "base/log.h"
#include "base/sync.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "wire/s3/event.h"

namespace evershore::gateway {

struct WebhookCounters {
  Counter delivered;
  Counter dropped;
};

// One loop. close() and then join it before it is destroyed.
class Webhook {
 public:
  static constexpr size_t kQueuedMax = 4096, kTriesMax = 3, kSendersMax = 4;

  Webhook(io::Loop& loop, io::HttpUrl url, std::string region, Log log);
  void notify(s3::ObjectEvent event);
  // What is queued is still tried once; nothing new is taken.
  Task<void> close();
  const WebhookCounters& counters() const { return counters_; }

 private:
  Task<void> send_all();
  Task<bool> deliver(std::string body);
  void drop(std::string_view why);

  io::Loop& loop_;
  io::HttpUrl url_;
  std::string region_;
  Log log_;
  io::HttpClient client_;
  std::deque<s3::ObjectEvent> waiting_;
  Signal changed_;
  TaskScope senders_;
  bool closing_ = false;
  Mono said_{};
  WebhookCounters counters_;
};

}  // namespace evershore::gateway
