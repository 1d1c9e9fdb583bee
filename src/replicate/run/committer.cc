#include "replicate/run/committer.h"

#include "replicate/run/copy_news.h"

namespace evershore::replicate {

namespace {
constexpr Duration kGather = std::chrono::milliseconds(2);
constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);
}  // namespace

void Committer::settle(queue::Taken task, std::optional<KeyRow> row) {
  tasks_.push_back(std::move(task));
  if (row) rows_.push_back(std::move(*row));
  if (tasks_.size() == 1) wake_.notify_all();
}

void Committer::stop() {
  stopping_ = true;
  wake_.notify_all();
}

Task<bool> Committer::write_batch(std::vector<queue::Taken> tasks, std::vector<KeyRow> rows) {
  auto put = context_.rows.put(context_.rules.site, std::move(rows), queue::Durability::kDurable);
  const auto written = co_await std::move(put);
  if (!written) {
    context_.log.error("site {}: {} settled keys could not be written down, they will be looked at again: {}", context_.rules.site,
                       tasks.size(), written.error().text);
    for (auto& task : tasks) {
      auto release = context_.queue.release(context_.rules.site, std::move(task));
      co_await std::move(release);
    }
    co_return false;
  }
#ifdef EVERSHORE_PLANTED_BUGS
  for (auto& task : tasks) {
    const auto now =
        context_.rules.planted_bug == PlantedBug::kIgnoreGeneration ? context_.queue.find(context_.rules.site, task.key) : std::nullopt;
    if (now) task.generation = now->generation;
  }
#endif
  std::vector<ObjectKey> keys;
  for (const auto& task : tasks) keys.push_back(task.key);
  auto done = context_.queue.done(context_.rules.site, std::move(tasks));
  const auto removed = co_await std::move(done);
  if (removed) context_.copy_news->done(keys);
  if (!removed) context_.log.error("site {}: the queue could not be written: {}", context_.rules.site, removed.error().text);
  co_return removed.has_value();
}

Task<void> Committer::run() {
  while (true) {
    while (tasks_.empty() && !stopping_) co_await wake_.wait();
    if (tasks_.empty()) co_return;
    if (!stopping_) co_await sleep_for(context_.scheduler, kGather);
    auto batch = write_batch(std::exchange(tasks_, {}), std::exchange(rows_, {}));
    const bool fine = co_await std::move(batch);
    if (!fine && !stopping_) co_await sleep_for(context_.scheduler, kPauseAfterFailure);
  }
}

}  // namespace evershore::replicate
