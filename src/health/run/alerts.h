// Tells the world about changes: a webhook gets a POST, a program is run with the JSON as its input, or a mail is sent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/result.h"
#include "health/alert_desk.h"
#include "health/alert_text.h"
#include "health/run/runner.h"
#include "health/silences.h"
#include "io/loop.h"
#include "model/settings.h"

namespace evershore::health {

// Nothing for what is not worth waking anybody: an edge's own check, and a first good verdict.
std::optional<AlertEvent> alert_of(const HealthChange& change);

struct AlertCounters {
  Counter delivered;
  Counter retried;
  Counter failed;   // given up after kAlertTriesMax
  Counter dropped;  // kAlertsOpenMax were open
};

inline constexpr size_t kAlertTriesMax = 5;
// Alertmanager resolves by itself what it has not heard of for a while (5 min by default): without `repeat` it is told so often.
inline constexpr Duration kAlertmanagerRepeat = std::chrono::minutes(1);

struct AlertReceiverStatus {
  std::string name;  // "webhook https://hooks.example/...", "exec /usr/bin/notify", "mail ops@example.com"
  std::vector<std::string> on;
  uint64_t delivered = 0;
  uint64_t failed = 0;     // given up
  size_t open = 0;         // told, or waiting for it, and not over
  std::string last_error;  // "" = the last delivery worked, or there was none
  Wall last_delivered{};   // not set: never
};
// Without what may be a secret: the path of a webhook.
std::string alert_receiver_name(const AlertSettings& settings);

struct AlertOutcome {
  std::string receiver;
  Result<void> sent;
};

class Alerts {
 public:
  struct Options {
    std::string node;
    Duration first_retry_after = std::chrono::seconds(1);  // then four times as long each time
    Duration webhook_timeout = std::chrono::seconds(5);
    Duration exec_timeout = std::chrono::seconds(30);
    Duration mail_timeout = std::chrono::seconds(30);
  };
  // `loop` outlives it. One thread: the loop's.
  Alerts(io::Loop& loop, const std::vector<AlertSettings>& settings, Options options, Log log);
  ~Alerts();  // after stop()
  Alerts(const Alerts&) = delete;
  Alerts& operator=(const Alerts&) = delete;

  // To every receiver that wants its kind, when its rules say so (health/alert_desk.h); never blocks. What is tried in vain is given up
  // after kAlertTriesMax; what comes meanwhile waits, the newest state of each thing.
  void tell(const AlertEvent& event);
  // What is looked at again and again becomes an alert when it crosses the receiver's own limit, and when it comes back.
  // "replication": a region's backlog of one site.
  void tell_backlog(const std::string& site, const std::string& region, Duration oldest_pending, uint64_t pending_keys);
  // "conflict": losers of crossing writes that are kept. "delete_cap": deletes held back as too many at once.
  void tell_conflicts(const std::string& site, uint64_t kept);
  void tell_deletes_held(const std::string& site, uint64_t held);
  // "disk": a file system that the node writes to.
  void tell_disk(const std::string& folder, uint64_t free_bytes, uint64_t total_bytes);
  // "clock": how far a region's clock is ahead of ours; its answers say it to the second.
  void tell_clock(const std::string& region, Duration ahead);
  // Does any receiver want `kind`?
  bool wants(std::string_view kind) const;
  // Nothing of what falls under it is told before its end; of what was told, the end still is.
  Result<Silence> silence(Silence silence);
  void restore(Silence silence);  // of an earlier run
  bool end_silence(uint64_t id);  // false: there is none
  const std::vector<Silence>& silences() const;
  std::vector<uint64_t> take_ended_silences();
  // Gives up what is queued, and what is under way.
  Task<void> stop();

  const AlertCounters& counters() const;
  std::vector<AlertReceiverStatus> status() const;

  // Tries every receiver once, with a notice that says it is a test.
  static Task<std::vector<AlertOutcome>> test(io::Loop& loop, std::vector<AlertSettings> settings, Options options);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::health
