#include "dns/decision_log.h"

#include <algorithm>

namespace evershore::dns {

namespace {

bool same_record(const DecisionLog::Entry& entry, const RecordDecision& decision) {
  return entry.now.name == decision.name && entry.now.type == decision.type;
}

void advance(DecisionLog::Entry& entry, const RecordDecision& decision, Wall now) {
  if (entry.now == decision) return;
  entry.now = decision;
  entry.since = now;
  ++entry.changes;
}

}  // namespace

void DecisionLog::note(const std::vector<RecordDecision>& decisions, Wall now) {
  if (!std::ranges::equal(entries_, decisions, same_record)) {
    take_others(decisions, now);
    return;
  }
  for (size_t i = 0; i < decisions.size(); ++i) advance(entries_[i], decisions[i], now);
}

// The settings changed: other records, or in another order.
void DecisionLog::take_others(const std::vector<RecordDecision>& decisions, Wall now) {
  std::map<std::pair<std::string, std::string>, Entry> known;
  for (auto& entry : entries_) {
    auto key = std::pair(entry.now.name, entry.now.type);
    known.emplace(std::move(key), std::move(entry));
  }
  entries_.clear();
  for (const auto& decision : decisions) {
    const auto before = known.find({decision.name, decision.type});
    auto& entry = entries_.emplace_back(before == known.end() ? Entry{.now = decision, .since = now} : before->second);
    advance(entry, decision, now);
  }
}

}  // namespace evershore::dns
