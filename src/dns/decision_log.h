// Since when each decided record answers what it does, and how often that changed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "dns/live_zones.h"

namespace evershore::dns {

class DecisionLog {
 public:
  struct Entry {
    RecordDecision now;
    Wall since{};          // of `now`: the same answers for the same reason
    uint64_t changes = 0;  // so far; 0: it has been so from the start
  };

  // All records' decisions at `now`. A record that is no longer among them is forgotten.
  void note(const std::vector<RecordDecision>& decisions, Wall now);
  // In the order of the decisions.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void take_others(const std::vector<RecordDecision>& decisions, Wall now);

  std::vector<Entry> entries_;
};

}  // namespace evershore::dns
