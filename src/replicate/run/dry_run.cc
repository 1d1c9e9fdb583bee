#include "replicate/run/dry_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "replicate/identity.h"
#include "replicate/part_layout.h"

namespace evershore::replicate {

namespace {
constexpr size_t kLooksAtOnce = 32;
constexpr uint64_t kKeysPerPage = 1000;

struct Planned {
  PlannedKey key;
  PlannedSync totals;
  std::optional<Error> failed;
};

bool asks_for_tags(const SiteContext& context, const Region& region, const ObjectInfo& info, bool told) {
  if (context.rules.tags == TagRule::kIgnore || !region.store->capabilities().tags) return false;
  return !told || info.tag_count > 0;
}

uint64_t requests_to_copy(const SiteContext& context, const Copy& from) {
  const Layout layout = choose_layout({.size_bytes = from.info.size_bytes,
                                       .etag = from.info.etag,
                                       .source_tells_parts = context.find(from.slot)->store->capabilities().get_part_number});
  const bool whole = layout.transfer == Transfer::kBuffered || layout.transfer == Transfer::kStreamed;
  return whole ? 2 : 2 + 2ULL * layout.parts;
}

uint64_t requests_to_look(const SiteContext& context, std::span<const Copy> copies) {
  uint64_t requests = copies.size();
  for (const auto& copy : copies) {
    const Region& region = *context.find(copy.slot);
    if (copy.presence == Presence::kFound && asks_for_tags(context, region, copy.info, region.store->capabilities().find_tells_tags))
      ++requests;
  }
  return requests;
}

std::string names_of(const SiteContext& context, const Plan& plan, ActionKind kind) {
  std::string names;
  for (const auto& action : plan.actions) {
    if (action.kind == kind) names += (names.empty() ? "" : ", ") + context.find(action.slot)->name;
  }
  return names;
}

std::string describe(const SiteContext& context, const Plan& plan) {
  std::string text;
  const std::pair<ActionKind, std::string_view> kinds[] = {
      {ActionKind::kCopy, "copy to"}, {ActionKind::kReplaceMetadata, "replace headers in"}, {ActionKind::kDelete, "delete in"}};
  for (const auto& [kind, verb] : kinds) {
    const auto names = names_of(context, plan, kind);
    if (!names.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : "; ", verb, names);
  }
  if (!plan.losers.empty()) text += fmt::format("; keep {} as a conflict", plan.losers.size() == 1 ? "the loser" : "the losers");
  return text;
}

// Of the long road's actions.
void count_actions(const SiteContext& context, const Plan& plan, Planned& planned) {
  for (const auto& action : plan.actions) {
    if (action.kind == ActionKind::kCopy) {
      ++planned.totals.objects;
      planned.key.bytes += plan.row.size_bytes;
      planned.key.requests += requests_to_copy(context, *plan.sources.front());
    } else if (action.kind == ActionKind::kReplaceMetadata) {
      ++planned.totals.metadata;
      ++planned.key.requests;
    } else if (action.kind == ActionKind::kDelete) {
      ++planned.totals.deletes;
      ++planned.key.requests;
    }
  }
  if (context.rules.conflict_retention <= Duration::zero()) return;
  for (const auto& loser : plan.losers) {
    ++planned.totals.conflicts;
    const uint64_t times = context.usable().without(context.read_only()).size();
    planned.key.bytes += loser.copy->info.size_bytes * times;
    planned.key.requests += requests_to_copy(context, *loser.copy) * times;
  }
}

// The short road reads the source and writes all others; where it cannot, the long one looks everywhere first.
void count_requests(const SiteContext& context, const Plan& plan, bool short_road, std::span<const Copy> copies, Planned& planned) {
  if (short_road) {
    const Copy& source = *plan.sources.front();
    const Region& region = *context.find(source.slot);
    planned.key.requests = 1 + (asks_for_tags(context, region, source.info, region.store->capabilities().get_tells_tags) ? 1 : 0);
    if (parts_in_etag(source.info.etag) == 0) {
      const auto copied = std::ranges::count(plan.actions, ActionKind::kCopy, &Action::kind);
      planned.key.requests += static_cast<uint64_t>(copied);
      planned.totals.objects += static_cast<uint64_t>(copied);
      planned.key.bytes = plan.row.size_bytes * static_cast<uint64_t>(copied);
      return;
    }
  }
  planned.key.requests += requests_to_look(context, copies);
  count_actions(context, plan, planned);
}

Task<Planned> plan_key(SiteContext& context, Worker& worker, Finding finding) {
  Planned planned;
  planned.key.key = finding.key;
  auto read = context.rows.get(context.rules.site, {finding.key});
  const auto rows = co_await std::move(read);
  RegionSet failed;
  std::string error;
  auto looking = worker.look(finding.key, failed, error);
  const auto copies = co_await std::move(looking);
  if (!rows || !failed.empty()) {
    planned.failed = rows ? Error{Fault::kBroken, error} : rows.error();
    co_return planned;
  }
  const Plan plan = reconcile(finding.key, rows->front(), copies, context.look_rules());
  const bool acts = std::ranges::any_of(
      plan.actions, [](const Action& action) { return action.kind != ActionKind::kNothing && action.kind != ActionKind::kPark; });
  const queue::TaskRow task = task_of(finding);
  const bool short_road = plan.losers.empty() && !plan.sources.empty() && worker.short_road_of(task, rows->front()).has_value();
  count_requests(context, plan, short_road, copies, planned);
  planned.key.what = describe(context, plan);
  planned.totals.keys = acts ? 1 : 0;
  planned.totals.bytes = planned.key.bytes;
  planned.totals.requests = planned.key.requests;
  co_return planned;
}

void add(PlannedSync& to, const PlannedSync& one) {
  to.keys += one.keys;
  to.objects += one.objects;
  to.bytes += one.bytes;
  to.metadata += one.metadata;
  to.deletes += one.deletes;
  to.conflicts += one.conflicts;
  to.requests += one.requests;
}

struct Planning {
  SiteContext& context;
  Worker& worker;
  OnPlannedKey on_key;
  PlannedSync totals = {};
};

Task<Result<void>> plan_findings(Planning& planning, std::vector<Finding> findings) {
  std::erase_if(findings, [](const Finding& finding) { return finding.verdict != Verdict::kDiffers; });
  for (size_t from = 0; from < findings.size(); from += kLooksAtOnce) {
    std::vector<Task<Planned>> looks;
    for (size_t i = from; i < std::min(findings.size(), from + kLooksAtOnce); ++i)
      looks.push_back(plan_key(planning.context, planning.worker, findings[i]));
    auto all = when_all(std::move(looks));
    const auto planned = co_await std::move(all);
    for (const auto& one : planned) {
      if (one.failed) co_return fail(one.failed->fault, fmt::format("{}: {}", one.key.key, one.failed->text));
      add(planning.totals, one.totals);
      if (planning.on_key && one.totals.keys > 0) planning.on_key(one.key);
    }
  }
  co_return Result<void>{};
}
}  // namespace

Task<Result<PlannedSync>> plan_sync(SiteContext& context, Worker& worker, OnPlannedKey on_key, ScanProgress on_progress) {
  Planning planning{context, worker, std::move(on_key)};
  const FindingSink sink = [&planning](std::vector<Finding> findings) { return plan_findings(planning, std::move(findings)); };
  auto scanning = scan_site(context, sink, on_progress);
  CO_TRY(const auto report, co_await std::move(scanning));
  PlannedSync total = planning.totals;
  total.keys_compared = report.keys;
  total.requests += report.lists;
  // What was found asks for a second scan, which finds all keys, and what is kept, in each region.
  const uint64_t present = report.keys_present + report.own_keys + total.conflicts;
  if (report.different > 0) total.requests += report.regions.size() * std::max<uint64_t>(1, (present + kKeysPerPage - 1) / kKeysPerPage);
  co_return total;
}

}  // namespace evershore::replicate
