// What one loop has learnt about each region from its own requests: breaker, first-byte times, counts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/time.h"
#include "edge/attempts.h"
#include "edge/breaker.h"
#include "edge/crowd.h"
#include "edge/latency.h"
#include "edge/run/evidence.h"
#include "routing/decide.h"

namespace evershore::edge {

struct RegionCounters {
  Counter attempts;            // requests sent to it, of any kind
  Counter failures;            // refused, budgets over, resets, 5xx, 429, broken bodies
  Counter breaker_opened;      // closed -> open
  Counter breaker_open;        // 1 while it is not closed
  Counter bytes;               // of bodies from it
  Counter waiting_first_byte;  // gauge: requests that were sent and not answered yet
  Counter first_byte_limit;    // gauge: so many may be
  Counter waited;              // requests that had to wait for their turn
  Counter turned_away;         // requests that did not get it in time, or found too many waiting
};

struct RegionRecord {
  std::string name;
  BreakerState breaker;
  RecentLatency first_byte;
  CrowdState crowd;
  std::string last_failure;  // for people
  Mono success_reported = Mono::min();
  RegionCounters counters;
};

// A region in the order in which a request tries them.
struct Candidate {
  RegionRecord* region = nullptr;
  Prospect prospect;
  bool works = true;  // its breaker is closed and its check not down; not sound all the same: it has its fill of requests
};

// The loop's own thread, but for each_counters().
class RegionBook {
 public:
  RegionBook(const Clock& clock, EvidenceSink& sink, Log log, BreakerRules rules) : clock_(clock), sink_(sink), log_(log), rules_(rules) {}

  // Stays valid as long as the book.
  RegionRecord& record(std::string_view region);

  void asked(RegionRecord& region) { region.counters.attempts.add(); }
  void answered(RegionRecord& region, Mono begun);
  // `begun`: when the attempt started, or of a running body when its last byte came.
  void failed(RegionRecord& region, Mono begun, std::string_view why);
  void silent(RegionRecord& region, Mono begun);
  void alive(RegionRecord& region, size_t bytes);
  void probe_sent(RegionRecord& region);

  // True: one more may wait for this region's first byte, and has to be told of by end_wait().
  bool begin_wait(RegionRecord& region);
  void end_wait(RegionRecord& region, CrowdEnd end);

  // The order of routing, with the regions that this loop knows to fail behind the others:
  //   works and usable and not full, works and usable, works, usable, rest. Nothing is left out.
  std::vector<Candidate> candidates(std::span<const routing::RegionChoice> order, Duration first_byte_budget);

  // Called (by a post of nobody: at once) when a region's breaker opens.
  std::function<void(RegionRecord&)> on_opened;

  CrowdRules crowd_rules;

  // "east: open for 1.2 s (several failures in a row), next probe in 250 ms; last failure: ..." one line a region.
  std::vector<std::string> explain() const;
  // Any thread.
  void each_counters(const std::function<void(std::string_view, const RegionCounters&)>& visit) const;

 private:
  void apply(RegionRecord& region, Evidence evidence, Mono begun);
  void report_failure(RegionRecord& region, Mono begun, std::string_view why);

  const Clock& clock_;
  EvidenceSink& sink_;
  Log log_;
  BreakerRules rules_;
  mutable std::mutex mutex_;  // the map's shape; written by the loop only
  std::map<std::string, std::unique_ptr<RegionRecord>, std::less<>> records_;
};

}  // namespace evershore::edge
