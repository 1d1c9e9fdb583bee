// Tells the world about changes: a webhook gets a POST of JSON, or a program is run with the JSON as its input.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "health/run/runner.h"
#include "io/loop.h"
#include "model/settings.h"

namespace evershore::health {

struct AlertEvent {
  std::string kind;    // "region" | "health_check" | "replication" | "dns" | "certificate", as AlertSettings::on has them
  std::string name;    // "east", "bucket", "assets"
  std::string state;   // "up", "down", "behind", ...
  std::string before;  // "" = unknown
  std::string why;
  Wall at{};
};
// {"kind", "name", "state", "before", "why", "at" (ISO 8601), "node", "text" (one line for people and chat systems)}
std::string alert_json(const AlertEvent& event, const std::string& node);
// Nothing for what is not worth waking anybody: an edge's own check, and a first good verdict.
std::optional<AlertEvent> alert_of(const HealthChange& change);

struct AlertCounters {
  Counter delivered;
  Counter retried;
  Counter failed;   // given up after kAlertTriesMax
  Counter dropped;  // the queue was full
};

inline constexpr size_t kAlertsQueuedMax = 256;  // per receiver; more: the oldest is dropped and logged
inline constexpr size_t kAlertTriesMax = 4;

class Alerts {
 public:
  struct Options {
    std::string node;
    Duration first_retry_after = std::chrono::seconds(1);  // then four times as long each time
    Duration webhook_timeout = std::chrono::seconds(5);
    Duration exec_timeout = std::chrono::seconds(30);
  };
  // `loop` outlives it. One thread: the loop's.
  Alerts(io::Loop& loop, const std::vector<AlertSettings>& settings, Options options, Log log);
  ~Alerts();  // after stop()
  Alerts(const Alerts&) = delete;
  Alerts& operator=(const Alerts&) = delete;

  // Queues it for every receiver that wants its kind, in order for each; never blocks.
  void tell(const AlertEvent& event);
  // Gives up what is queued, and what is under way.
  Task<void> stop();

  const AlertCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::health
