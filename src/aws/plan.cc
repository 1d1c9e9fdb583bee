#include "aws/plan.h"

#include <fmt/format.h>

#include <set>

#include "aws/planner.h"
#include "base/digest.h"
#include "base/text.h"

namespace evershore::aws {

std::string_view verb_name(Verb verb) {
  switch (verb) {
    case Verb::kMake: return "make";
    case Verb::kChange: return "change";
    case Verb::kReplace: return "replace";
    case Verb::kDelete: return "delete";
  }
  return "";
}

std::string Plan::fingerprint() const {
  Hasher hasher(HashKind::kSha256);
  const auto feed = [&hasher](std::string_view text) {
    hasher.update(text);
    hasher.update(std::string_view("\0", 1));
  };
  feed(host);
  feed(account);
  for (const auto& step : steps) {
    feed(step.part);
    feed(step.title);
    feed(verb_name(step.verb));
    for (const auto& field : step.fields) {
      feed(field.name);
      feed(field.from);
      feed(field.to);
    }
  }
  return to_hex(hasher.finish_as<Sha256>());
}

Plan plan(const Layout& layout, const Present& present, const PlanOptions& options) {
  Planner planner(layout, present, options);
  planner.zone();
  planner.certificate();
  planner.buckets();
  planner.role();
  planner.replication();
  planner.access_control();
  planner.distribution();
  planner.bucket_policies();
  planner.checks();
  planner.alarm();
  planner.records();
  planner.superseded_checks();
  return std::move(planner).take();
}

bool leaves_a_name_empty(const std::vector<RecordSet>& present, const std::vector<RecordChange>& batch) {
  using Key = std::array<std::string, 3>;  // name, type, set identifier
  std::set<Key> sets;
  std::set<std::string> names;
  for (const auto& set : present) {
    sets.insert({set.name, set.type, set.set_identifier});
    names.insert(set.name);
  }
  for (const auto& change : batch) {
    const Key key{change.set.name, change.set.type, change.set.set_identifier};
    if (change.action == RecordAction::kDelete) sets.erase(key);
    if (change.action == RecordAction::kUpsert) sets.insert(key);
  }
  for (const auto& [name, type, identifier] : sets) names.erase(name);
  return !names.empty();
}

std::string broken_batch_limit(const std::vector<RecordChange>& batch) {
  constexpr size_t kRecordsMax = 1'000, kCharactersMax = 32'000;
  size_t records = 0, characters = 0;
  for (const auto& change : batch) {
    const size_t times = change.action == RecordAction::kUpsert ? 2 : 1;
    records += times * std::max<size_t>(1, change.set.values.size());
    for (const auto& value : change.set.values) characters += times * value.size();
  }
  if (records > kRecordsMax)
    return fmt::format("{} records in one batch; Route 53 takes 1,000, and counts what is upserted twice", records);
  if (characters > kCharactersMax) return fmt::format("{} characters of values in one batch; Route 53 takes 32,000", characters);
  return "";
}

}  // namespace evershore::aws
