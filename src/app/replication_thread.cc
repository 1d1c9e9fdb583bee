#include "app/replication_thread.h"

#include <fmt/format.h>

#include "io/files.h"

namespace evershore::app {

namespace {
constexpr Duration kReadinessTick = std::chrono::milliseconds(200);

Task<void> list_board(queue::Board& board, Result<std::vector<std::pair<std::string, std::string>>>& out) { out = co_await board.list(""); }
}  // namespace

ReplicationThread::ReplicationThread(Inputs inputs) : inputs_(std::move(inputs)), wake_(loop_) {}
ReplicationThread::~ReplicationThread() { EVERSHORE_ASSERT(!thread_.joinable()); }

Result<std::unique_ptr<ReplicationThread>> ReplicationThread::open(Inputs inputs) {
  const std::string data = inputs.node.data;
  if (auto made = io::make_directories(data, 0700); !made) {
    return wrap(std::move(made).error(), fmt::format("node.data {}: cannot be created (choose a directory this user may write)", data));
  }
  std::unique_ptr<ReplicationThread> self(new ReplicationThread(std::move(inputs)));
  auto state = queue::RocksState::open(self->loop_, data + "/state");
  if (!state && state.error().fault == Fault::kRefused) {
    return fail(Fault::kRefused, fmt::format("node.data {} is in use by another evershore process: {}", data, state.error().text));
  }
  if (!state) return wrap(std::move(state).error(), "node.data " + data);
  self->state_ = std::move(*state);
  auto* thread = self.get();
  self->replicators_ = std::make_unique<Replicators>(ReplicatorsDeps{.loop = self->loop_,
                                                                     .queue = self->state_->queue(),
                                                                     .rows = self->state_->rows(),
                                                                     .reachable =
                                                                         [thread](const std::string& region) {
                                                                           return thread->inputs_.health.read()->health_of(
                                                                                      region_check_name(region)) == Health::kUp;
                                                                         },
                                                                     .faults = self->inputs_.faults,
                                                                     .tls = self->inputs_.tls,
                                                                     .node = self->inputs_.node.name,
                                                                     .log = self->inputs_.log,
                                                                     .news = self->inputs_.news,
                                                                     .tell_news = self->inputs_.tell_news,
                                                                     .on_conflict = self->inputs_.on_conflict});
  return self;
}

Result<std::vector<std::pair<std::string, std::string>>> ReplicationThread::board_entries() {
  Result<std::vector<std::pair<std::string, std::string>>> entries;
  loop_.run_until_done(list_board(state_->board(), entries));
  return entries;
}

void ReplicationThread::begin() {
  loop_.post([this] { tasks_.spawn(watch_readiness()); });
  thread_ = std::thread([this] { loop_.run(); });
}

void ReplicationThread::save(std::string key, std::optional<std::string> value) {
  loop_.post([this, key = std::move(key), value = std::move(value)]() mutable {
    if (!stopping_) tasks_.spawn(save_entry(std::move(key), std::move(value)));
  });
}

Task<void> ReplicationThread::save_entry(std::string key, std::optional<std::string> value) {
  Result<void> saved;
  if (value) {
    saved = co_await state_->board().put(key, std::move(*value));
  } else {
    saved = co_await state_->board().remove(key);
  }
  if (!saved) inputs_.log.error("{} could not be kept for the next start: {}", key, saved.error().text);
}

void ReplicationThread::configure(Settings settings) {
  loop_.post([this, settings = std::move(settings)]() mutable {
    wanted_ = std::move(settings);
    if (!configuring_ && !stopping_) tasks_.spawn(run_configuration());
  });
}

Task<void> ReplicationThread::run_configuration() {
  configuring_ = true;
  while (wanted_ && !stopping_) {
    const Settings settings = *std::exchange(wanted_, std::nullopt);
    co_await replicators_->stop();
    replicators_->build(settings.regions, settings.sites);
    auto started = co_await replicators_->start(replicate::SiteReplicator::Scans::kRegular);
    if (!started) inputs_.log.error("replication could not begin: {}", started.error().text);
  }
  configuring_ = false;
}

Task<void> ReplicationThread::watch_readiness() {
  std::vector<SiteReadiness> told;
  while (!stopping_) {
    std::vector<SiteReadiness> now;
    for (const auto& [site, regions, replicator] : replicators_->all()) {
      for (const auto& region : regions) {
        const auto readiness = replicator->readiness(region);
        now.push_back({site, region, readiness.ready ? std::nullopt : std::optional(readiness.why)});
      }
    }
    if (now != told) {
      told = now;
      inputs_.on_readiness(std::move(now));
    }
    co_await wake_.wait_until(loop_.now() + kReadinessTick);
  }
}

Task<void> ReplicationThread::shut_down() {
  stopping_ = true;
  wake_.notify_all();
  co_await tasks_.join();
  co_await replicators_->stop();
  loop_.stop();
}

void ReplicationThread::stop() {
  if (!thread_.joinable()) return;
  loop_.post([this] { spawn_detached(shut_down()); });
  thread_.join();
}

}  // namespace evershore::app
