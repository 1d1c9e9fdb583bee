#include "aws/run/route53_publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"

namespace evershore::aws {

namespace {
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kSyncLook = std::chrono::seconds(3);  // Route 53 says 60 s, mostly it is less
}  // namespace

std::string_view publication_state_name(PublicationStatus::State state) {
  switch (state) {
    case PublicationStatus::State::kWaiting: return "waiting";
    case PublicationStatus::State::kPublished: return "published";
    case PublicationStatus::State::kFailing: return "failing";
  }
  return "";
}

Route53Publisher::Route53Publisher(Scheduler& scheduler, Route53Door& door, std::function<double()> chance, Log log, OnNews on_news)
    : scheduler_(scheduler), door_(door), chance_(std::move(chance)), log_(log), on_news_(std::move(on_news)) {}

void Route53Publisher::publish(std::vector<ZoneWish> wishes) {
  std::set<std::string> named;
  for (auto& wish : wishes) {
    named.insert(wish.zone);
    auto& zone = zones_[wish.zone];
    const bool is_new = zone == nullptr;
    if (is_new) zone = std::make_shared<Zone>(scheduler_);
    zone->status.zone = wish.zone;
    zone->wish = std::move(wish);
    ++zone->wished;
    zone->changed.notify_all();
    if (is_new) tasks_.spawn(serve(zone));
  }
  std::erase_if(zones_, [&](auto& entry) {
    if (named.contains(entry.first)) return false;
    entry.second->dropped = true;
    entry.second->changed.notify_all();
    return true;
  });
}

Task<void> Route53Publisher::stop() {
  stopping_ = true;
  for (auto& [name, zone] : zones_) zone->changed.notify_all();
  co_await tasks_.join();
}

// A zone takes one change after the other; news that comes meanwhile is part of the next.
Mono Route53Publisher::due(const Zone& zone) const {
  const bool news = zone.wished != zone.done && zone.failures == 0;
  return std::max(news ? Mono::min() : zone.next_look, zone.not_before);
}

Task<void> Route53Publisher::serve(std::shared_ptr<Zone> zone) {
  while (!over(*zone)) {
    const Mono now = scheduler_.now();
    const Mono at = due(*zone);
    if (now < at) {
      const Mono until = zone->change_id.empty() ? at : std::min(at, now + kSyncLook);
      co_await zone->changed.wait_until(until);
      if (!over(*zone) && !zone->change_id.empty() && scheduler_.now() >= until) co_await look_whether_in_sync(zone);
      continue;
    }
    if (now >= zone->next_look) zone->present.reset();
    const uint64_t wish = zone->wished;
    const auto done = co_await bring(zone, zone->wish.records);
    if (!over(*zone)) settle(*zone, wish, done);
  }
}

// What the zone has under our names. A failover must not wait for that: it is read at first, after failures, and now and then.
Task<Result<void>> Route53Publisher::look(std::shared_ptr<Zone> zone, std::vector<RecordSet> records) {
  if (zone->id.empty()) {
    CO_TRY(zone->id, co_await door_.zone_id(zone->status.zone));
  }
  std::set<std::string> names;
  for (const auto& set : records) names.insert(to_lower(set.name));
  std::vector<RecordSet> present;
  for (const auto& name : names) {
    if (over(*zone)) co_return fail(Fault::kClosed, "stopping");
    CO_TRY(auto found, co_await door_.records(zone->id, name));
    std::ranges::move(found, std::back_inserter(present));
  }
  zone->present = std::move(present);
  zone->next_look = scheduler_.now() + kLookAgain;
  co_return Result<void>{};
}

namespace {
void note(std::vector<RecordSet>& present, const RecordSet& written) {
  std::erase_if(present, [&](const RecordSet& set) { return equal_ignoring_case(set.name, written.name) && set.type == written.type; });
  present.push_back(written);
}

std::string values_text(const RecordSet& set) { return fmt::format("{}", fmt::join(set.values, ", ")); }
}  // namespace

Task<Result<void>> Route53Publisher::bring(std::shared_ptr<Zone> zone, std::vector<RecordSet> records) {
  const auto unknown = [&](const RecordSet& set) { return !zone->looked_at.contains(to_lower(set.name)); };
  if (!zone->present || std::ranges::any_of(records, unknown)) {
    CO_TRY_VOID(co_await look(zone, records));
    zone->looked_at.clear();
    for (const auto& set : records) zone->looked_at.insert(to_lower(set.name));
  }
  auto plan = plan_publication(records, *zone->present);
  for (auto& batch : batches_of(std::move(plan.changes))) {
    if (over(*zone)) co_return fail(Fault::kClosed, "stopping");
    for (const auto& change : batch) log_.info("{} {} becomes {}", change.set.name, change.set.type, values_text(change.set));
    zone->not_before = scheduler_.now() + kBetweenChanges;
    CO_TRY(zone->change_id, co_await door_.change({.zone_id = zone->id, .changes = batch}));
    for (const auto& change : batch) note(*zone->present, change.set);
    counters_.changes.add(batch.size());
    zone->status.changed_at = scheduler_.wall();
    zone->status.in_sync = false;
  }
  if (!plan.obstacles.empty()) co_return fail(Fault::kInvalid, fmt::format("{}", fmt::join(plan.obstacles, "; ")));
  co_return Result<void>{};
}

// An error leaves the question open: it is asked again.
Task<void> Route53Publisher::look_whether_in_sync(std::shared_ptr<Zone> zone) {
  const auto asked = zone->change_id;
  const auto there = co_await door_.in_sync(asked);
  if (there && *there && zone->change_id == asked) {
    zone->change_id.clear();
    zone->status.in_sync = true;
  }
}

void Route53Publisher::settle(Zone& zone, uint64_t wish, const Result<void>& done) {
  auto& status = zone.status;
  if (done) {
    const bool again = status.state == PublicationStatus::State::kFailing;
    status.state = PublicationStatus::State::kPublished;
    status.problem.clear();
    if (zone.change_id.empty()) status.in_sync = true;
    zone.done = wish;
    zone.failures = 0;
    if (again) on_news_(status.zone, fmt::format("Route 53 takes the records of {} again", status.zone), true);
    return;
  }
  counters_.failures.add();
  zone.present.reset();
  const auto wait = std::min<Duration>(kRetryMost, kFirstRetry * (1U << std::min(zone.failures, 6U)));
  ++zone.failures;
  zone.next_look = scheduler_.now() + std::chrono::duration_cast<Duration>(wait * (0.5 + chance_() / 2));
  if (done.error().fault == Fault::kNotFound) zone.id.clear();  // it may have been made anew
  const bool news = status.state != PublicationStatus::State::kFailing || status.problem != done.error().text;
  status.state = PublicationStatus::State::kFailing;
  status.problem = done.error().text;
  if (news)
    on_news_(status.zone,
             fmt::format("Route 53 does not have the records of {} yet: {}; tried again by itself", status.zone, status.problem), false);
}

std::vector<PublicationStatus> Route53Publisher::status() const {
  std::vector<PublicationStatus> all;
  for (const auto& [name, zone] : zones_) all.push_back(zone->status);
  return all;
}

}  // namespace evershore::aws
