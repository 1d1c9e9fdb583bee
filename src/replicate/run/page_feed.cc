#include "replicate/run/page_feed.h"

namespace evershore::replicate {

namespace {
constexpr size_t kPagesAhead = 2;
constexpr uint32_t kAttemptsMax = 5;  // for one page; then the scan fails and begins anew at its next turn
}  // namespace

void PageFeed::close() {
  closed_ = true;
  changed_.notify_all();
}

Task<Result<ListPage>> PageFeed::fetch(ObjectKey after) {
  for (uint32_t attempt = 0;; ++attempt) {
    ++lists_;
    auto list = region_.store->list({.prefix = context_.rules.prefix, .start_after = after});
    auto page = co_await ask(context_, region_, std::move(list));
    const bool give_up = closed_ || context_.stopping || !region_.usable() || attempt + 1 >= kAttemptsMax;
    if (page || give_up) co_return page;
    co_await sleep_for(context_.scheduler, context_.backoff(attempt));
  }
}

Task<void> PageFeed::run() {
  ObjectKey after = after_;
  while (!closed_) {
    auto fetching = fetch(after);
    auto page = co_await std::move(fetching);
    const bool last = !page || !page->more || page->objects.empty();
    if (page && !page->objects.empty()) after = page->objects.back().key;
    ready_.push_back(std::move(page));
    changed_.notify_all();
    if (last) co_return;
    while (ready_.size() >= kPagesAhead && !closed_) co_await changed_.wait();
  }
}

Task<Result<ListPage>> PageFeed::next() {
  while (ready_.empty() && !closed_) co_await changed_.wait();
  if (ready_.empty()) co_return fail(Fault::kClosed, "the scan was stopped");
  auto page = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  co_return page;
}

}  // namespace evershore::replicate
