// Settles one key: looks, decides (reconcile.h), acts, writes down. Two roads lead to the same result:
//   short  the hint and the row say what every region should hold: one GET and one conditional PUT for each other region
//          prove it right. Any condition that fails leads to the long road.
//   long   a HEAD in each region, reconcile(), its actions; again from the start when a condition fails.
// What cannot be settled stays queued: parked for regions that are away, retried with growing pauses for everything else.
#pragma once

#include <optional>

#include "queue/task_queue.h"
#include "replicate/reconcile.h"
#include "replicate/run/committer.h"
#include "replicate/run/conflicts.h"
#include "replicate/run/short_road.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

class Worker {
 public:
  Worker(SiteContext& context, Committer& committer, Conflicts& conflicts)
      : context_(context), committer_(committer), conflicts_(conflicts) {}

  // `row` as of the moment the task was taken. When it resumes, the task is settled, parked or waiting to be tried again.
  Task<void> settle(queue::TaskRow task, std::optional<KeyRow> row);

  // One copy per member region; those that cannot be asked are kUnreachable, and in `failed` if they should have answered.
  Task<std::vector<Copy>> look(ObjectKey key, RegionSet& failed, std::string& error);

  // The short road, if what is known before anything is read allows it.
  std::optional<ShortRoad> short_road_of(const queue::TaskRow& task, const std::optional<KeyRow>& row) const;

 private:
  enum class Road : uint8_t { kSettled, kTakeTheLong };
  enum class Round : uint8_t { kSettled, kAgain };
  struct Acted;

  bool may_hold_tags(const Region& target, const ObjectInfo& info) const;
  Task<Road> short_road(const queue::TaskRow& task, const std::optional<KeyRow>& row);
  Task<Round> long_road(const queue::TaskRow& task);
  // What one look at all regions brought, apart from the copies.
  struct Looked {
    RegionSet failed;    // should have answered
    RegionSet answered;  // reported a removal, and were seen: whatever was found, that report is dealt with
    std::string error;
  };
  Task<Round> act(const queue::TaskRow& task, Plan plan, Looked looked);
  Task<std::optional<Round>> keep_losers(const queue::TaskRow& task, const Plan& plan);
  Task<Acted> act_in(Region& region, const Plan& plan, Action action);
  Task<Acted> copy_into(Region& region, const Plan& plan, std::string if_match);
  Task<Acted> delete_from(Region& region, const Plan& plan, std::string if_match);
  Task<Acted> replace_metadata_in(Region& region, const Plan& plan, std::string if_match);

  Task<Round> forget(const queue::TaskRow& task, const Plan& plan);
  Task<void> later(const queue::TaskRow& task, std::string error);
  Task<void> park(const queue::TaskRow& task, RegionSet regions);
  Task<Round> leave_open(const queue::TaskRow& task, RegionSet waiting_for, Looked looked);
  Task<void> enqueue_again(const queue::TaskRow& task, queue::Lane lane, queue::Hint hint);
  bool too_large_for_lane(const queue::TaskRow& task, const Plan& plan) const;
  bool held_by_cap(const Plan& plan);
  void note_copied(const queue::TaskRow& task, Region& target, const Region* source, uint64_t size_bytes);

  SiteContext& context_;
  Committer& committer_;
  Conflicts& conflicts_;
};

}  // namespace evershore::replicate
