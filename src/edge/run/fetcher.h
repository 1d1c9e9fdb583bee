// Gets an object from whichever region can give it, and its body to the end although regions die on the way.
// One loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/counter.h"
#include "base/sync.h"
#include "base/task.h"
#include "edge/budget.h"
#include "edge/run/origin.h"
#include "edge/run/race.h"
#include "edge/run/region_book.h"
#include "edge/takeover.h"
#include "routing/decide.h"

namespace evershore::edge {

struct FetchCounters {
  Counter fetches;
  Counter hedges;            // second regions asked because the first was slow
  Counter retries;           // next regions asked because one failed or lacked the key
  Counter takeovers;         // bodies continued from another answer
  Counter takeovers_failed;  // bodies that nobody could continue
  Counter rescues;           // takeovers prepared because a body stalled
  Counter probes;            // background probes of regions with an open breaker
};

struct FetchOrder {
  OriginRequest request;                       // `region` is filled by the fetcher
  std::vector<routing::RegionChoice> regions;  // of routing::region_order, not empty
  std::vector<routing::RegionChoice> older;    // known to hold an older copy: asked only when nobody in `regions` can be reached
  Budgets budgets;
  bool once = false;          // one region, one attempt: for requests that must not be repeated
  bool keep_refusal = false;  // if no region has the object, the answer of one that said so comes with the GiveUp
};

class BodyStream;
class Fetcher;

struct Fetched {
  GiveUp why = GiveUp::kUnavailable;  // kNone: `head` and `body` are there; else only with FetchOrder::keep_refusal
  http::ResponseHead head;
  std::unique_ptr<BodyStream> body;
  std::string region;
  bool older = false;  // of FetchOrder::older
  uint32_t attempts = 0;
  Mono asked{};
  Mono received{};
  std::string last_problem;
};

// A body that survives its region: when the region breaks, or is silent for too long, it goes on with the very same
// object from another one, at the next byte. Memory: one piece of one connection (two while a rescue is prepared).
// Must not outlive its Fetcher; destroying it gives up the rest.
class BodyStream {
 public:
  BodyStream(Fetcher& fetcher, FetchOrder order, RaceEnd first);
  ~BodyStream();
  BodyStream(const BodyStream&) = delete;
  BodyStream& operator=(const BodyStream&) = delete;

  // Bytes to come, if known. HEAD, 304 and the like: 0.
  std::optional<uint64_t> length() const { return length_; }
  // Next piece, valid until the next call; empty = complete. An error: nobody can continue it, reset the client.
  // One waiter. Not to be destroyed while one waits.
  Task<Result<std::span<const uint8_t>>> next() { return next_into({}); }
  // The same; may read straight into `room`, which nobody touches until the return: then the piece lies there.
  Task<Result<std::span<const uint8_t>>> next_into(std::span<uint8_t> room);

  uint32_t takeovers() const { return takeovers_; }
  const std::string& region() const { return region_->name; }

 private:
  friend class Fetcher;
  // A race for the next byte that runs beside the stalled or instead of the broken reply.
  struct Rescue {
    explicit Rescue(Scheduler& scheduler) : changed(scheduler) {}
    Signal changed;
    std::shared_ptr<Race> race;
    BodyStream* stream = nullptr;  // null once nobody wants the outcome
    uint64_t next_byte = 0;
    bool done = false;
    RaceEnd end;
  };
  enum class Adopted : uint8_t { kYes, kNo };

  Duration first_gap(const RaceEnd& end) const;
  void give_up();
  void accept(std::span<const uint8_t> piece);
  void begin_wait();
  void end_wait();
  void on_watchdog();
  bool may_continue() const;
  bool may_rescue(Mono now);
  void start_rescue();
  void drop_rescue();
  void rescue_ended();
  Task<Result<void>> continue_elsewhere(std::string why);
  Task<void> await_rescue(std::shared_ptr<Rescue> rescue);
  Adopted adopt(Rescue& rescue);
  std::vector<Candidate> others_first();

  static constexpr uint32_t kTakeoversMax = 16;

  Fetcher& fetcher_;
  FetchOrder order_;
  std::unique_ptr<OriginReply> reply_;
  RegionRecord* region_;
  std::vector<RegionRecord*> let_down_;  // by those, in the order in which they did
  std::optional<Identity> object_;
  std::optional<uint64_t> length_;
  uint64_t delivered_ = 0;
  uint32_t takeovers_ = 0;
  bool complete_ = false;
  Mono waiting_since_ = kNever;  // in next(), for the region
  Mono last_byte_at_{};
  Duration usual_gap_{};
  TimerId watchdog_ = TimerId::kNone;
  std::shared_ptr<Rescue> rescue_;
  bool given_up_waiting_ = false;
};

class Fetcher {
 public:
  struct Rules {
    BudgetRules hedges{};
    BudgetRules retries{.per_request = 0.2, .per_second = 10, .tokens_at_start = 100, .tokens_max = 500};
  };
  // All outlive the fetcher.
  Fetcher(Scheduler& scheduler, Origin& origin, RegionBook& book, Rules rules);
  ~Fetcher();

  Task<Fetched> fetch(FetchOrder order);
  // No region of this order works, as far as this loop knows.
  bool nobody_sound(const FetchOrder& order);

  // Gives up all fetches and bodies under way: each ends soon, with an error.
  void cancel_all();
  // Cancels what still runs and waits for it. No fetch and no BodyStream may be left when it is called.
  Task<void> close();

  const FetchCounters& counters() const { return counters_; }

 private:
  friend class BodyStream;

  Task<RaceEnd> find(const FetchOrder& order);  // which outlives it
  Task<RaceEnd> run_race(std::shared_ptr<Race> race, Budgets budgets);
  Task<void> run_leg(std::shared_ptr<Race> race, size_t leg, OriginRequest request, Budgets budgets);
  Task<bool> wait_in_line(RegionRecord& region, Duration patience, OriginCancel& cancel);
  void leave_place(RegionRecord& region, CrowdEnd end);
  Task<void> run_rescue(std::shared_ptr<BodyStream::Rescue> rescue, Budgets budgets);
  Task<void> run_probe(RegionRecord& region, OriginRequest like, Budgets budgets);
  Task<void> drain_small(std::unique_ptr<OriginReply> reply);
  void start_leg(const std::shared_ptr<Race>& race, size_t leg, const Budgets& budgets);
  RaceEnd finish(Race& race, const Action& action);
  void count(const Action& action, PlanEvent because);
  Task<Happened> next_event(std::shared_ptr<Race> race, Mono wake);
  LegEnd judge(const Race& race, const RegionRecord& region, const http::ResponseHead& head, std::string& problem) const;
  void note_silence(Race& race, Mono now);
  void leave(const std::shared_ptr<Race>& race);
  void on_opened(RegionRecord& region);
  void probe_what_is_due(const FetchOrder& order);
  void probe_if_due(const std::string& region, const FetchOrder& like);

  struct InLine {
    explicit InLine(Scheduler& scheduler) : changed(scheduler) {}
    Signal changed;
    bool may_go = false;
  };

  static constexpr size_t kLegsRunningMax = 512;  // above this a leg that lost is cancelled instead of heard out

  Scheduler& scheduler_;
  Origin& origin_;
  RegionBook& book_;
  Rules rules_;
  Budget hedges_;
  Budget retries_;
  FetchCounters counters_;
  std::unordered_set<Race*> races_;
  std::unordered_set<std::shared_ptr<OriginCancel>> open_;  // of all legs and probes that wait for a head
  std::unordered_set<BodyStream*> streams_;
  size_t legs_running_ = 0;
  std::unordered_map<RegionRecord*, std::deque<InLine*>> in_line_;  // who waits for its turn; the first goes first
  bool closing_ = false;
  TaskScope scope_;
};

}  // namespace evershore::edge
