// Runs all checks of a node on one loop and publishes what is known of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/published.h"
#include "health/memory.h"
#include "health/plan.h"
#include "health/run/prober.h"
#include "io/loop.h"
#include "model/health.h"

namespace evershore::health {

// A check that became up, down or unknown.
struct HealthChange {
  CheckStatus check;  // as it is now; `why` says why
  Health before = Health::kUnknown;
  Duration lasted{};  // how long it had been as before; 0 where that was unknown
};

struct HealthHooks {
  // What store() was given last, in an earlier run; "" = nothing. Called once, by start().
  std::function<std::string()> load;
  // After each change, once the change has been told. On the runner's loop: must not block it for long.
  std::function<void(std::string)> store;
  // At once when a check changed, after the snapshot was published and before anything slow. On the runner's loop.
  std::function<void(const HealthSnapshot&, const HealthChange&)> on_change;
  // After each probe. On the runner's loop.
  std::function<void(std::string_view check, const ProbeResult&)> on_probe = {};
};

struct HealthCounters {
  Counter probes;
  Counter probe_failures;
  Counter probes_late;       // failures not counted because this node was late
  Counter traffic_failures;  // passive evidence taken in
  Counter changes;
};

class HealthRunner {
 public:
  // All that is given here outlives the runner. `board` is written by the runner alone; epoch grows with each change of health.
  // Between changes it is refreshed (same epoch) with counts and last probes, at most four times a second.
  HealthRunner(io::Loop& loop, Published<HealthSnapshot>& board, HealthHooks hooks, Prober::Options options, Log log);
  ~HealthRunner();  // after stop()
  HealthRunner(const HealthRunner&) = delete;
  HealthRunner& operator=(const HealthRunner&) = delete;

  // On its loop. Begins with what is remembered; the rest is unknown until the first probes, which start within 200 ms.
  void start(const HealthSettings& settings);
  // On its loop. Checks that probe the same target keep their state; new ones are unknown; others disappear.
  void reconfigure(const HealthSettings& settings);
  // Any thread, never blocks: what traffic saw of a check's target. Successes are dropped unless a failure is pending.
  void report_evidence(std::string_view check, ProbeResult result);
  // On its loop: ends all probes under way, then returns. Nothing is told or stored any more.
  Task<void> stop();

  const HealthCounters& counters() const { return counters_; }

 private:
  struct Running;
  struct Inbox;

  std::map<std::string, std::shared_ptr<Running>, std::less<>> planned(const Plan& plan);
  std::shared_ptr<Running> begin(const ProbedCheck& plan);
  void end(Running& check);
  Task<void> run_check(std::shared_ptr<Running> check);
  void take(Running& check, Source source, const ProbeResult& result);
  void evidence_here(const std::string& check, const ProbeResult& result);

  std::vector<HealthChange> refresh_all();
  void refresh(CheckStatus now, Health seen, std::vector<HealthChange>& changes);
  void publish_now();
  void publish_soon();
  void tell(const std::vector<HealthChange>& changes);
  void store_memory();

  io::Loop& loop_;
  Published<HealthSnapshot>& board_;
  HealthHooks hooks_;
  Log log_;
  Prober prober_;
  HealthCounters counters_;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running_;
  std::vector<CalculatedCheck> calculated_;
  std::map<std::string, CheckStatus, std::less<>> statuses_;  // what is published
  Memory memory_;                                             // of the earlier run, until the states have moved on
  uint64_t epoch_ = 0;
  TimerId publish_timer_ = TimerId::kNone;
  TaskScope probes_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace evershore::health
