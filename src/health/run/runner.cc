#include "health/run/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/sync.h"
#include "base/text.h"

namespace evershore::health {

namespace {

constexpr Duration kFirstProbeWithin = 200ms;
constexpr Duration kPublishEvery = 250ms;
constexpr uint32_t kEvidencePostedMax = 1'000;

// Spreads the first probes, the same way each time.
Duration first_delay(const ProbedCheck& plan) {
  const Duration span = std::min(plan.rules.interval, kFirstProbeWithin);
  return Duration(static_cast<int64_t>(std::hash<std::string>{}(plan.name) % static_cast<uint64_t>(span.count())));
}

// Traffic failed, and no probe has said yet whether it is the target's fault.
bool awaits_probe(const CheckState& state) {
  return state.health != Health::kDown && state.traffic_failures > 0 && state.failures_in_row == state.traffic_failures;
}

std::string describe(const HealthChange& change) {
  std::string text = fmt::format("check {} {}: {}", change.check.name, health_name(change.check.health), change.check.why);
  if (change.before != Health::kUnknown) text += fmt::format(", was {} {}", health_name(change.before), format_duration(change.lasted));
  return text;
}

}  // namespace

// One probed check and its loop.
struct HealthRunner::Running {
  Running(Scheduler& scheduler, ProbedCheck own_plan) : plan(std::move(own_plan)), wake(scheduler) {}

  ProbedCheck plan;
  CheckState state;
  std::string why;         // of state.health
  std::string last_probe;  // what the last probe said
  Mono started{};          // the present or last probe
  Mono next_probe{};
  bool stopping = false;
  Signal wake;  // next_probe was moved, or stopping
  ProbeCancel* under_way = nullptr;
};

// What other threads touch. Outlives the runner as long as something posted holds it.
struct HealthRunner::Inbox {
  HealthRunner* runner;              // the loop's thread only; null once stopped
  io::LoopHandle loop;               // fixed
  std::atomic<uint32_t> posted{0};   // evidence on its way
  std::atomic<uint32_t> pending{0};  // checks that a success from traffic could clear
};

HealthRunner::HealthRunner(io::Loop& loop, Published<HealthSnapshot>& board, HealthHooks hooks, Prober::Options options, Log log)
    : loop_(loop),
      board_(board),
      hooks_(std::move(hooks)),
      log_(log),
      prober_(loop, options),
      inbox_(std::make_shared<Inbox>(this, loop.handle())) {}

HealthRunner::~HealthRunner() { EVERSHORE_ASSERT(running_.empty()); }

void HealthRunner::start(const HealthSettings& settings) {
  if (hooks_.load) memory_ = read_memory(hooks_.load());
  reconfigure(settings);
}

void HealthRunner::reconfigure(const HealthSettings& settings) {
  const Plan plan = plan_of(settings);
  auto next = planned(plan);
  running_.swap(next);
  for (auto& [name, check] : next) {
    if (const auto kept = running_.find(name); kept == running_.end() || kept->second != check) end(*check);
  }
  calculated_ = plan.calculated;
  std::erase_if(statuses_, [&](const auto& known) {
    const auto is_it = [&](const CalculatedCheck& check) { return check.name == known.first; };
    return !running_.contains(known.first) && std::ranges::none_of(calculated_, is_it);
  });
  const auto changes = refresh_all();
  ++epoch_;  // checks may have come or gone, even if none changed
  publish_now();
  tell(changes);
}

// The checks of `plan`: those that go on as they are, those that go on with other rules, and new ones.
std::map<std::string, std::shared_ptr<HealthRunner::Running>, std::less<>> HealthRunner::planned(const Plan& plan) {
  std::map<std::string, std::shared_ptr<Running>, std::less<>> next;
  for (const ProbedCheck& check : plan.probed) {
    const auto before = running_.find(check.name);
    const bool same = before != running_.end() && before->second->plan == check;
    next[check.name] = same ? before->second : begin(check);
  }
  return next;
}

std::shared_ptr<HealthRunner::Running> HealthRunner::begin(const ProbedCheck& plan) {
  auto check = std::make_shared<Running>(loop_, plan);
  check->next_probe = loop_.now() + first_delay(plan);
  const auto before = running_.find(plan.name);
  if (before != running_.end() && before->second->plan.target == plan.target) {
    check->state = before->second->state;
    check->why = before->second->why;
    check->last_probe = before->second->last_probe;
  } else if (const auto remembered = memory_.find(plan.name); before == running_.end() && remembered != memory_.end()) {
    check->state.health = remembered->second.health;
    check->why = remembered->second.why;
  }
  if (awaits_probe(check->state)) inbox_->pending.fetch_add(1, std::memory_order_relaxed);
  if (!plan.switches.disabled) probes_.spawn(run_check(check));
  return check;
}

void HealthRunner::end(Running& check) {
  check.stopping = true;
  if (awaits_probe(check.state)) inbox_->pending.fetch_sub(1, std::memory_order_relaxed);
  if (check.under_way != nullptr) check.under_way->cancel();
  check.wake.notify_all();
}

Task<void> HealthRunner::run_check(std::shared_ptr<Running> check) {
  while (!check->stopping) {
    if (loop_.now() < check->next_probe) {
      co_await check->wake.wait_until(check->next_probe);
      continue;
    }
    check->started = loop_.now();
    const ProbeResult result = co_await prober_.probe(check->plan.target, check->plan.timeout, &check->under_way);
    if (check->stopping) co_return;
    counters_.probes.add();
    if (!result.ok) counters_.probe_failures.add();
    if (!result.ok && result.self_late) counters_.probes_late.add();
    if (hooks_.on_probe) hooks_.on_probe(check->plan.name, result);
    take(*check, Source::kActive, result);
  }
}

void HealthRunner::take(Running& check, Source source, const ProbeResult& result) {
  const bool awaited = awaits_probe(check.state);
  CheckStep taken = step(check.plan.rules, check.state, source, result, loop_.now());
  check.state = taken.next;
  const bool awaits = awaits_probe(check.state);
  if (awaits && !awaited) inbox_->pending.fetch_add(1, std::memory_order_relaxed);
  if (awaited && !awaits) inbox_->pending.fetch_sub(1, std::memory_order_relaxed);

  if (source == Source::kActive) {
    check.last_probe = result.why;
    check.next_probe = check.started + *taken.next_probe_in;
  } else if (taken.next_probe_in) {
    check.next_probe = std::min(check.next_probe, loop_.now() + *taken.next_probe_in);
    check.wake.notify_all();
  }
  if (taken.change != Change::kChanged) return publish_soon();
  check.why = std::move(taken.why);
  const auto changes = refresh_all();
  if (!changes.empty()) ++epoch_;
  publish_now();
  tell(changes);
}

void HealthRunner::report_evidence(std::string_view check, ProbeResult result) {
  if (result.ok && inbox_->pending.load(std::memory_order_relaxed) == 0) return;
  // More than these say nothing new.
  if (inbox_->posted.load(std::memory_order_relaxed) >= kEvidencePostedMax) return;
  inbox_->posted.fetch_add(1, std::memory_order_relaxed);
  inbox_->loop.post([inbox = inbox_, name = std::string(check), what = std::move(result)] {
    inbox->posted.fetch_sub(1, std::memory_order_relaxed);
    if (inbox->runner != nullptr) inbox->runner->evidence_here(name, what);
  });
}

void HealthRunner::evidence_here(const std::string& check, const ProbeResult& result) {
  const auto at = running_.find(check);
  if (at == running_.end() || at->second->plan.switches.disabled) return;
  if (!result.ok) counters_.traffic_failures.add();
  take(*at->second, Source::kPassive, result);
}

// Brings statuses_ up to date, calculated checks last. Returns what changed, in that order.
std::vector<HealthChange> HealthRunner::refresh_all() {
  std::vector<HealthChange> changes;
  for (const auto& [name, check] : running_) {
    const Switches& switches = check->plan.switches;
    CheckStatus now{.name = name, .health = published_health(check->state.health, switches)};
    now.why = switches.disabled ? "disabled: counts as healthy" : check->why;
    if (switches.inverted) now.why += " (inverted)";
    now.last_probe = check->last_probe;
    now.failures_in_row = check->state.failures_in_row;
    now.successes_in_row = check->state.successes_in_row;
    refresh(std::move(now), check->state.health, changes);
  }
  for (const CalculatedCheck& check : calculated_) {
    std::vector<CheckStatus> children;
    for (const std::string& child : check.children) {
      const auto at = statuses_.find(child);
      children.push_back(at == statuses_.end() ? CheckStatus{.name = child} : at->second);
    }
    Calculated result = calculate(children, check.healthy_at_least);
    CheckStatus now{.name = check.name, .health = published_health(result.health, check.switches), .why = std::move(result.why)};
    if (check.switches.disabled) now.why = "disabled: counts as healthy";
    if (check.switches.inverted) now.why += " (inverted)";
    refresh(std::move(now), result.health, changes);
  }
  return changes;
}

// `seen`: before the switches, as it is remembered.
void HealthRunner::refresh(CheckStatus now, Health seen, std::vector<HealthChange>& changes) {
  const Wall wall = loop_.wall();
  const auto known = statuses_.find(now.name);
  now.since = wall;
  Health before = Health::kUnknown;
  if (known != statuses_.end()) {
    before = known->second.health;
    if (before == now.health) now.since = known->second.since;
  } else if (const auto remembered = memory_.find(now.name); remembered != memory_.end() && remembered->second.health == seen) {
    before = now.health;  // as it was before the restart
    now.since = remembered->second.since;
  }
  if (before != now.health) {
    const Duration lasted = known == statuses_.end() ? Duration{} : Duration(wall - known->second.since);
    changes.push_back({now, before, before == Health::kUnknown ? Duration{} : lasted});
  }
  statuses_[now.name] = std::move(now);
}

void HealthRunner::publish_now() {
  loop_.cancel(publish_timer_);
  publish_timer_ = TimerId::kNone;
  HealthSnapshot snapshot{.epoch = epoch_};
  for (const auto& [_, status] : statuses_) snapshot.checks.push_back(status);
  board_.publish(std::move(snapshot));
}

// Counts and last probes, for people: not worth a snapshot each.
void HealthRunner::publish_soon() {
  if (publish_timer_ != TimerId::kNone) return;
  publish_timer_ = loop_.call_at(loop_.now() + kPublishEvery, [this] {
    publish_timer_ = TimerId::kNone;
    refresh_all();
    publish_now();
  });
}

void HealthRunner::tell(const std::vector<HealthChange>& changes) {
  if (changes.empty()) return;
  const auto snapshot = board_.read();
  for (const HealthChange& change : changes) {
    if (hooks_.on_change) hooks_.on_change(*snapshot, change);
  }
  for (const HealthChange& change : changes) {
    counters_.changes.add();
    if (change.check.health == Health::kDown) {
      log_.warn("{}", describe(change));
    } else {
      log_.info("{}", describe(change));
    }
  }
  // In a turn of its own: what follows from the change goes first.
  loop_.post([inbox = inbox_] {
    if (inbox->runner != nullptr) inbox->runner->store_memory();
  });
}

void HealthRunner::store_memory() {
  if (!hooks_.store) return;
  Memory memory;
  for (const auto& [name, status] : statuses_) {
    const auto probed = running_.find(name);
    const Health seen = probed == running_.end() ? status.health : probed->second->state.health;
    memory[name] = {seen, status.since, probed == running_.end() ? status.why : probed->second->why};
  }
  hooks_.store(write_memory(memory));
}

Task<void> HealthRunner::stop() {
  inbox_->runner = nullptr;
  loop_.cancel(publish_timer_);
  publish_timer_ = TimerId::kNone;
  for (auto& [_, check] : running_) end(*check);
  co_await probes_.join();
  running_.clear();
}

}  // namespace evershore::health
