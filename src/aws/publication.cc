#include "aws/publication.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace evershore::aws {

namespace {

constexpr std::array<std::string_view, 6> kTypesWithNames{"CNAME", "NS", "PTR", "MX", "SRV", "DNAME"};

// As values are compared: names by DNS's rules.
std::string comparable(const std::string& type, std::string_view value) {
  if (std::ranges::find(kTypesWithNames, type) == kTypesWithNames.end()) return std::string(value);
  auto text = to_lower(value);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::vector<std::string> comparable_values(const RecordSet& set) {
  std::vector<std::string> values;
  for (const auto& value : set.values) values.push_back(comparable(set.type, value));
  std::ranges::sort(values);
  return values;
}

bool says_the_same(const RecordSet& wanted, const RecordSet& present) {
  return !present.alias && present.ttl_s == wanted.ttl_s && comparable_values(present) == comparable_values(wanted);
}

// "" = nothing stands in the way.
std::string obstacle_to(const RecordSet& wanted, const RecordSet& present) {
  if (!equal_ignoring_case(present.name, wanted.name)) return "";
  if (present.type == wanted.type && !present.set_identifier.empty()) {
    return fmt::format("{} {} has a routing policy of Route 53's own there (set \"{}\"): remove those sets, then ours is published",
                       wanted.name, wanted.type, present.set_identifier);
  }
  if (present.type != wanted.type && (present.type == "CNAME" || wanted.type == "CNAME")) {
    return fmt::format("{} is {} here and {} there, and a CNAME stands alone: remove the one there, then ours is published", wanted.name,
                       wanted.type, present.type);
  }
  return "";
}

size_t characters_of(const RecordSet& set) {
  size_t sum = 0;
  for (const auto& value : set.values) sum += value.size();
  return sum;
}

}  // namespace

Publication plan_publication(std::span<const RecordSet> wanted, std::span<const RecordSet> present) {
  Publication plan;
  for (const auto& set : wanted) {
    if (set.values.empty()) continue;
    const auto blocked = [&](const RecordSet& there) { return !obstacle_to(set, there).empty(); };
    const auto same = [&](const RecordSet& there) {
      return equal_ignoring_case(there.name, set.name) && there.type == set.type && says_the_same(set, there);
    };
    if (const auto at = std::ranges::find_if(present, blocked); at != present.end()) {
      plan.obstacles.push_back(obstacle_to(set, *at));
    } else if (std::ranges::none_of(present, same)) {
      plan.changes.push_back({.action = RecordAction::kUpsert, .set = set});
    }
  }
  return plan;
}

std::vector<std::vector<RecordChange>> batches_of(std::vector<RecordChange> changes) {
  std::vector<std::vector<RecordChange>> batches;
  size_t records = 0;
  size_t characters = 0;
  for (auto& change : changes) {
    records += change.set.values.size();
    characters += characters_of(change.set);
    if (batches.empty() || records > kBatchRecordsMax || characters > kBatchCharactersMax) {
      batches.emplace_back();
      records = change.set.values.size();
      characters = characters_of(change.set);
    }
    batches.back().push_back(std::move(change));
  }
  return batches;
}

}  // namespace evershore::aws
