#include "gateway/run/webhook.h"

namespace evershore::gateway {

using namespace std::chrono_literals;

namespace {
constexpr io::HttpTimeouts kTimeouts{.connect = 1s, .first_byte = 5s, .stall = 5s};
}

Webhook::Webhook(io::Loop& loop, io::HttpUrl url, std::string region, Log log)
    : loop_(loop), url_(std::move(url)), region_(std::move(region)), log_(log.named("webhook")), client_(loop, {}), changed_(loop) {}

void Webhook::notify(s3::ObjectEvent event) {
  if (closing_) return;
  if (waiting_.size() == kQueuedMax) return drop("the queue is full");
  waiting_.push_back(std::move(event));
  // Senders come into being with the work, so that starting needs no loop.
  if (senders_.size() < kSendersMax) senders_.spawn(send_all());
}

Task<void> Webhook::send_all() {
  while (!waiting_.empty()) {
    const auto event = std::move(waiting_.front());
    waiting_.pop_front();
    auto body = s3::render_event(event, region_);
    const bool delivered = co_await deliver(std::move(body));
    if (delivered)
      counters_.delivered.add();
    else
      drop("not delivered");
  }
}

Task<bool> Webhook::deliver(std::string body) {
  Duration pause = 100ms;
  for (size_t attempt = 1;; ++attempt) {
    io::HttpRequest request{.method = "POST", .target = url_.target, .body = body};
    request.headers.add("Content-Type", "application/json");
    auto sending = client_.fetch(url_.origin, std::move(request), kTimeouts, 64 * 1024);
    const auto answer = co_await std::move(sending);
    if (answer && answer->head.status < 300) co_return true;
    if (attempt == kTriesMax || closing_) co_return false;
    co_await changed_.wait_until(loop_.now() + pause);
    pause *= 4;
  }
}

void Webhook::drop(std::string_view why) {
  counters_.dropped.add();
  if (said_ != Mono{} && loop_.now() < said_ + 1min) return;
  said_ = loop_.now();
  log_.warn("events are dropped: {} ({} so far, to {}:{}); the receiver will learn of the changes by its next scan", why,
            counters_.dropped.get(), url_.origin.host, url_.origin.port);
}

Task<void> Webhook::close() {
  closing_ = true;
  changed_.notify_all();
  co_await senders_.join();
}

}  // namespace evershore::gateway
