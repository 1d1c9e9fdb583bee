// One life of a node in the simulated world: a SiteReplicator whose stores, queue and rows stop answering the moment it
// crashes. Requests that were under way in that moment still reach the stores, as they do in reality.
#pragma once

#include <memory>
#include <vector>

#include "base/fake_scheduler.h"
#include "queue/memory_queue.h"
#include "queue/memory_rows.h"
#include "replicate/run/site_replicator.h"
#include "store/fake_store.h"

namespace evershore::sim {

class Node {
 public:
  Node(Scheduler& scheduler, queue::MemoryQueue& queue, queue::MemoryRows& rows, std::vector<std::unique_ptr<store::FakeStore>>& stores,
       replicate::ReplicatorRules rules, std::set<std::string> read_only, std::function<bool(const std::string&)> reachable);
  ~Node();

  void start();
  // Cut off at once; finished() some time later.
  void crash();
  void stop();
  bool finished() const { return finished_; }
  bool alive() const { return !dead_ && started_; }
  replicate::SiteReplicator& replicator() { return *replicator_; }

 private:
  class Door;
  class QueueDoor;
  class RowsDoor;
  Task<void> run_start();
  Task<void> run_stop();

  bool dead_ = false;
  bool started_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  std::vector<std::unique_ptr<ObjectStore>> doors_;
  std::unique_ptr<queue::TaskQueue> queue_;
  std::unique_ptr<queue::RowStore> rows_;
  std::unique_ptr<replicate::SiteReplicator> replicator_;
};

}  // namespace evershore::sim
