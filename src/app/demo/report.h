// The demo's result as values, its promises and whether they were kept; as JSON and as a table. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/demo/statistics.h"

namespace evershore::app::demo {

// What one act needs to be judged by.
struct ActRules {
  std::optional<Duration> request_max = kSlowRequest;
  std::optional<Duration> dns_change_max;  // from the fault
  Duration stall_max = std::chrono::seconds(1);
  bool comes_back = false;  // the primary is to be synced and to serve again at the end
};

// One part of the demo: what was done, what clients saw, what the node said.
struct Act {
  std::string name;   // "kill"
  std::string story;  // "the primary is killed (SIGKILL), later started again"
  ActRules rules;
  Span span;
  RequestSummary requests;
  DownloadSummary downloads;
  std::optional<Duration> dns_changed;       // from the fault
  std::optional<Duration> synced;            // from the heal until nothing was pending for the primary
  std::optional<Duration> served_again;      // from the heal until the primary was the first choice again
  std::optional<uint64_t> pending_at_fault;  // keys the primary lacked when it fell
  std::optional<uint64_t> writes_missed;     // acknowledged changes made elsewhere while it was away
  uint64_t takeovers = 0;
  uint64_t objects_replicated = 0;
  uint64_t bytes_replicated = 0;
  Duration lag_worst{};
  std::vector<std::string> notes;  // the first failures, in words
};

struct Seeding {
  uint64_t objects = 0;
  uint64_t bytes = 0;
  Duration written_in{};
  Duration replicated_in{};  // from the last write until nothing was pending
};

struct FinalCheck {
  bool identical = false;     // `evershore verify`
  std::string verify_output;  // when not
  uint64_t writes_acknowledged = 0;
  uint64_t writes_missing = 0;  // acknowledged, but not the same in every region at the end
};

struct Promise {
  std::string what;      // "no request over 500 ms"
  std::string where;     // the act's name, or "end"
  std::string bound;     // "500 ms"
  std::string measured;  // "83 ms"
  bool kept = false;
};

struct Report {
  bool quick = false;
  double requests_per_second = 0;
  Seeding seeding;
  std::vector<Act> acts;
  FinalCheck check;
};

std::vector<Promise> judge(const Report& report);
bool all_kept(const std::vector<Promise>& promises);

std::string report_json(const Report& report, const std::vector<Promise>& promises);
// For a terminal, 110 columns at most.
std::string report_table(const Report& report, const std::vector<Promise>& promises);

}  // namespace evershore::app::demo
