// The node's durable state and its replicators, on a loop and thread of their own, so that a scan never delays an answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/replicators.h"
#include "base/published.h"
#include "model/health.h"
#include "model/settings.h"
#include "queue/rocks_state.h"

namespace evershore::app {

struct SiteReadiness {
  std::string site;
  std::string region;
  std::optional<std::string> why_not;  // nullopt = may serve
  bool operator==(const SiteReadiness&) const = default;
};

class ReplicationThread {
 public:
  struct Inputs {
    NodeSettings node;
    const Published<HealthSnapshot>& health;
    const io::FaultBoard* faults;
    std::shared_ptr<io::TlsClientContext> tls;
    Log log;
    // Called on the replication loop whenever some readiness is not as it was told last.
    std::function<void(std::vector<SiteReadiness>)> on_readiness;
    KeyNews* news = nullptr;  // written on the replication loop
    TellNews tell_news = {};  // called there
    // The same of a loser of crossing writes that was kept.
    std::function<void(const std::string& site, const std::string& key, const std::string& region)> on_conflict = {};
  };

  // Opens node.data (created 0700). Blocks. Errors name the directory and the remedy.
  static Result<std::unique_ptr<ReplicationThread>> open(Inputs inputs);
  ~ReplicationThread();  // after stop()

  // Before begin(), on the caller's thread: what was kept of drains, pins and checks.
  Result<std::vector<std::pair<std::string, std::string>>> board_entries();
  void begin();
  // Any thread: written behind; a failure is logged.
  void save(std::string key, std::optional<std::string> value);
  // Any thread: stops what runs and builds anew. Happens soon.
  void configure(Settings settings);
  void stop();  // blocks until nothing runs any more

  io::Loop& loop() { return loop_; }
  Replicators& replicators() { return *replicators_; }  // on the loop

 private:
  explicit ReplicationThread(Inputs inputs);
  Task<void> save_entry(std::string key, std::optional<std::string> value);
  Task<void> run_configuration();
  Task<void> watch_readiness();
  Task<void> shut_down();

  Inputs inputs_;
  io::Loop loop_;
  std::unique_ptr<queue::RocksState> state_;
  std::unique_ptr<Replicators> replicators_;
  Signal wake_;
  std::optional<Settings> wanted_;  // the newest settings not yet applied
  bool configuring_ = false;
  bool stopping_ = false;
  TaskScope tasks_;
  std::thread thread_;
};

}  // namespace evershore::app
