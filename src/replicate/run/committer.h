// Writes down what workers have settled: the row first, then the queue entry goes. Many at a time, so that a small object does
// not pay for a disk write of its own. One thread.
#pragma once

#include <optional>
#include <vector>

#include "base/sync.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

class Committer {
 public:
  explicit Committer(SiteContext& context) : context_(context), wake_(context.scheduler) {}

  // The key stays taken until its entry is gone, so no second worker can meet the old row.
  void settle(queue::Taken task, std::optional<KeyRow> row);
  // Runs until stop() and until all is written.
  Task<void> run();
  void stop();
  size_t waiting() const { return tasks_.size(); }

 private:
  Task<bool> write_batch(std::vector<queue::Taken> tasks, std::vector<KeyRow> rows);

  SiteContext& context_;
  Signal wake_;
  std::vector<queue::Taken> tasks_;
  std::vector<KeyRow> rows_;
  bool stopping_ = false;
};

}  // namespace evershore::replicate
