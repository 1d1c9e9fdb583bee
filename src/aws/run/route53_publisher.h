// Keeps the named record sets of hosted zones as our decisions have them: one task a zone, the latest wish wins, each step tried
// again until it works. The control loop's; nothing waits for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/publication.h"
#include "aws/run/route53_door.h"
#include "base/counter.h"
#include "base/log.h"
#include "base/sync.h"
#include "base/task.h"

namespace evershore::aws {

// What one hosted zone is to say under the names that the settings list.
struct ZoneWish {
  std::string zone;  // without the final dot
  std::vector<RecordSet> records;
};

// For people.
struct PublicationStatus {
  enum class State : uint8_t {
    kWaiting,    // not tried yet
    kPublished,  // says what we decided; `in_sync`: on all of Route 53's servers
    kFailing,    // `problem`, tried again by itself
  };
  std::string zone;
  State state = State::kWaiting;
  bool in_sync = false;
  std::string problem;
  Wall changed_at{};  // when something was last changed there
};
std::string_view publication_state_name(PublicationStatus::State state);

struct PublicationCounters {
  Counter changes;   // record sets written
  Counter failures;  // attempts that did not work
};

class Route53Publisher {
 public:
  static constexpr Duration kLookAgain = std::chrono::minutes(10);  // somebody else may have changed it
  static constexpr Duration kBetweenChanges = std::chrono::seconds(1);
  static constexpr Duration kRetryMost = std::chrono::seconds(60);

  // `on_news(zone, text, works)`: when a zone begins to fail, fails for another reason, or works again. `chance` gives numbers from 0 to 1.
  using OnNews = std::function<void(const std::string& zone, const std::string& text, bool works)>;
  Route53Publisher(Scheduler& scheduler, Route53Door& door, std::function<double()> chance, Log log, OnNews on_news);

  // The whole wish. Zones that are not in it any more are left as they stand.
  void publish(std::vector<ZoneWish> wishes);
  Task<void> stop();

  std::vector<PublicationStatus> status() const;
  const PublicationCounters& counters() const { return counters_; }

 private:
  struct Zone {
    explicit Zone(Scheduler& scheduler) : changed(scheduler) {}
    Signal changed;
    ZoneWish wish;
    uint64_t wished = 0;  // counts wishes; `done` of which is published
    uint64_t done = 0;
    bool dropped = false;
    std::string id;
    std::string change_id;                          // not known to be in sync yet; "" = none
    std::optional<std::vector<RecordSet>> present;  // under `looked_at`, with what we wrote; nullopt: to be read
    std::set<std::string> looked_at;                // names
    Mono next_look{};
    Mono not_before{};  // of the next change
    uint32_t failures = 0;
    PublicationStatus status;
  };
  Task<void> serve(std::shared_ptr<Zone> zone);
  Task<Result<void>> bring(std::shared_ptr<Zone> zone, std::vector<RecordSet> records);
  Task<Result<void>> look(std::shared_ptr<Zone> zone, std::vector<RecordSet> records);
  Mono due(const Zone& zone) const;
  Task<void> look_whether_in_sync(std::shared_ptr<Zone> zone);
  void settle(Zone& zone, uint64_t wish, const Result<void>& done);
  bool over(const Zone& zone) const { return stopping_ || zone.dropped; }

  Scheduler& scheduler_;
  Route53Door& door_;
  std::function<double()> chance_;
  Log log_;
  OnNews on_news_;
  std::map<std::string, std::shared_ptr<Zone>> zones_;
  PublicationCounters counters_;
  bool stopping_ = false;
  TaskScope tasks_;
};

}  // namespace evershore::aws
