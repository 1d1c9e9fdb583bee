#include "app/demo/acts.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/text.h"

namespace evershore::app::demo {

using namespace std::chrono_literals;

namespace {

constexpr Duration kReturnMax = 60s;
constexpr Duration kDownloadsMax = 60s;
constexpr size_t kNotesPerAct = 5;
constexpr const char* kPrimary = "east";

std::string ms(Duration span) { return fmt::format("{:.0f} ms", static_cast<double>(span.count()) / 1e6); }

std::vector<std::string> first_notes(const std::vector<Note>& notes, Span span) {
  std::vector<std::string> first;
  for (const Note& note : notes) {
    if (span.holds(note.at) && first.size() < kNotesPerAct) first.push_back(note.text);
  }
  return first;
}

std::string summary(const Act& act) {
  const auto& r = act.requests;
  auto text = fmt::format("  {}: {} requests: {} failed, {} truncated, {} with wrong bytes; median {}, p99 {}, worst {}.", act.name,
                          r.requests, r.failed, r.truncated, r.wrong, ms(r.p50), ms(r.p99), ms(r.worst));
  const auto& d = act.downloads;
  if (d.started > 0) {
    text += fmt::format("\n  {} of {} downloads complete and right, {} taken over in the middle, longest stall {}.", d.completed, d.started,
                        act.takeovers, ms(d.longest_stall));
  }
  return text;
}

}  // namespace

Script full_script() {
  return {.large_bytes = {64 << 20, 64 << 20, 128 << 20, 256 << 20},
          .download_takes = 8s,
          .changes = 200,
          .steady_for = 10s,
          .lead_in = 3s,
          .fault_for = 13s,
          .error_for = 13s,
          .tail = 2s};
}

Script quick_script() {
  return {.quick = true,
          .data = {.files_max = 800, .bytes_max = 16'000'000},
          .large_bytes = {64 << 20, 64 << 20},
          .download_takes = 6s,
          .changes = 50,
          .steady_for = 3s,
          .lead_in = 2s,
          .fault_for = 4s,
          .error_for = 4s,
          .tail = 1s};
}

uint64_t Script::disk_bytes() const {
  uint64_t sum = data.bytes_max;
  for (const uint64_t size : large_bytes) sum += size;
  return (Stage::kRegions + 1) * sum;  // one more for what is being written
}

Acts::Acts(io::Loop& loop, Interrupt& interrupt, Stage& stage, Script script)
    : loop_(loop), interrupt_(interrupt), stage_(stage), script_(std::move(script)), begun_(loop.now()), http_(loop, {}) {
  node_ = std::make_unique<NodeClient>(http_, stage.admin(), "");
  for (size_t i = 0; i < Stage::kRegions; ++i) buckets_.push_back(std::make_unique<Bucket>(loop, http_, stage.region(i)));
  report_.quick = script_.quick;
  report_.requests_per_second = script_.requests_per_second;
}

Acts::~Acts() = default;

void Acts::say(const std::string& text) {
  fmt::print("{:6.1f} s  {}\n", std::chrono::duration<double>(loop_.now() - begun_).count(), text);
  std::fflush(stdout);
}

ChangePlan Acts::changes_of(const std::string& act) const {
  const double over = std::chrono::duration<double>(script_.lead_in / 2 + script_.fault_for / 2).count();
  return {.act = act, .count = script_.changes, .per_second = static_cast<double>(script_.changes) / over};
}

Task<Result<void>> Acts::play() {
  CO_TRY_VOID(co_await fill());
  CO_TRY_VOID(co_await wait_replicated());
  CO_TRY_VOID(co_await open_doors());
  CO_TRY_VOID(co_await steady());
  Plan kill{.name = "kill", .story = "the primary's process is killed (SIGKILL) and started again"};
  kill.rules = {.dns_change_max = 600ms, .comes_back = true};
  kill.downloads = true;
  kill.fault_for = script_.fault_for;
  kill.strike = &Acts::kill_primary;
  kill.heal = &Acts::start_primary;
  CO_TRY_VOID(co_await fault_act(std::move(kill)));
  Plan stop{.name = "stop", .story = "the primary hangs (SIGSTOP) and goes on (SIGCONT)"};
  stop.rules = {.request_max = 1s, .dns_change_max = 1'500ms, .comes_back = true};
  stop.downloads = true;
  stop.fault_for = script_.fault_for;
  stop.strike = &Acts::stop_primary;
  stop.heal = &Acts::continue_primary;
  CO_TRY_VOID(co_await fault_act(std::move(stop)));
  Plan errors{.name = "503", .story = "the primary answers every request with 503"};
  errors.rules = {.comes_back = true};
  errors.fault_for = script_.error_for;
  errors.strike = &Acts::break_primary;
  errors.heal = &Acts::mend_primary;
  CO_TRY_VOID(co_await fault_act(std::move(errors)));
  co_return co_await check_end();
}

Task<Result<Acts::Mark>> Acts::mark() {
  CO_TRY(const auto view, co_await node_->status());
  co_return Mark{view.takeovers, view.objects_replicated, view.bytes_replicated};
}

Task<Result<void>> Acts::steady() {
  CO_TRY(const auto before, co_await mark());
  Act act{.name = "steady", .story = "nothing is broken"};
  act.span.begin = loop_.now();
  CO_TRY_VOID(co_await interrupt_.pause(script_.steady_for));
  co_return co_await finish_act(std::move(act), before, std::nullopt);
}

// The other regions' worst delay; the struck one's is the length of its outage.
Task<void> Acts::watch(Watching& watching) {
  std::map<std::string, Duration> at_first;  // the node tells the last lag there was: what it tells at first is from before
  while (!watching.stop && !interrupt_.asked()) {
    const auto view = co_await node_->status();
    for (const auto& region : view ? view->regions : std::vector<RegionView>()) {
      if (region.name == kPrimary || at_first.try_emplace(region.name, region.lag).first->second == region.lag) continue;
      watching.lag_worst = std::max(watching.lag_worst, region.lag);
    }
    [[maybe_unused]] const auto paused = co_await interrupt_.pause(Millis(200));
  }
}

Task<Result<void>> Acts::fault_act(Plan plan) {
  CO_TRY(const auto before, co_await mark());
  Act act{.name = plan.name, .story = plan.story, .rules = plan.rules};
  act.span.begin = loop_.now();
  if (plan.downloads) begin_downloads();
  Watching watching;
  std::string write_error;
  TaskScope scope;
  scope.spawn(watch(watching));
  Mono fault_at{};
  auto done = co_await interrupt_.pause(script_.lead_in / 2);
  if (done) {
    scope.spawn(make_changes(loop_, interrupt_, changes_of(plan.name), *buckets_[1], journal_, write_error));
    done = co_await strike_and_heal(plan, act, fault_at);
  }
  watching.stop = true;
  co_await scope.join();
  if (!done) co_return done;
  act.lag_worst = watching.lag_worst;
  if (!write_error.empty()) act.notes.push_back("a write failed: " + write_error);
  co_return co_await finish_act(std::move(act), before, fault_at);
}

Task<Result<void>> Acts::strike_and_heal(const Plan& plan, Act& act, Mono& fault_at) {
  CO_TRY_VOID(co_await interrupt_.pause(script_.lead_in / 2));
  CO_TRY(const auto view, co_await node_->status());
  if (const auto* primary = view.find(kPrimary)) act.pending_at_fault = primary->pending_keys;
  const uint64_t writes_before = journal_.writes();
  fault_at = std::chrono::steady_clock::now();
  CO_TRY_VOID(co_await (this->*plan.strike)());
  CO_TRY_VOID(co_await interrupt_.pause(plan.fault_for));
  act.writes_missed = journal_.writes() - writes_before;
  CO_TRY_VOID(co_await (this->*plan.heal)());
  CO_TRY_VOID(co_await wait_return(act, loop_.now()));
  CO_TRY_VOID(co_await interrupt_.pause(script_.tail));
  co_return co_await wait_downloads();
}

// A region that does not return breaks a promise; it does not end the demo.
Task<Result<void>> Acts::wait_return(Act& act, Mono healed) {
  while (loop_.now() - healed < kReturnMax) {
    CO_TRY(const auto view, co_await node_->status());
    const auto* primary = view.find(kPrimary);
    const bool in_sync = primary != nullptr && primary->health == "up" && primary->pending_keys == 0;
    const bool first = view.first_choice(kDemoSite) == kPrimary;
    if (in_sync && !act.synced) act.synced = loop_.now() - healed;
    if (first && act.synced) {
      act.served_again = loop_.now() - healed;
      say(fmt::format("Region {} has everything again after {} and serves again after {}.", kPrimary, format_duration(*act.synced),
                      format_duration(*act.served_again)));
      co_return Result<void>();
    }
    CO_TRY_VOID(co_await interrupt_.pause(Millis(50)));
  }
  say(fmt::format("Region {} did not come back within {}.", kPrimary, format_duration(kReturnMax)));
  co_return Result<void>();
}

Task<Result<void>> Acts::wait_downloads() {
  const Mono deadline = loop_.now() + kDownloadsMax;
  while (loop_.now() < deadline) {
    const size_t left = co_await clients_->downloads_under_way();
    if (left == 0) co_return Result<void>();
    CO_TRY_VOID(co_await interrupt_.pause(Millis(50)));
  }
  co_return Result<void>();  // those that still run are missing from the completed ones
}

Task<Result<void>> Acts::finish_act(Act act, Mark before, std::optional<Mono> fault_at) {
  act.span.end = loop_.now();
  // Requests that were due in the act may still be under way: give the slowest a moment.
  CO_TRY_VOID(co_await interrupt_.pause(Millis(1'200)));
  CO_TRY(const auto after, co_await mark());
  const Observed seen = co_await clients_->observed();
  act.requests = summarise(seen.samples, act.span);
  act.downloads = summarise(seen.downloads, act.span);
  if (fault_at) act.dns_changed = time_to_change(seen.dns, *fault_at);
  for (auto& note : first_notes(seen.notes, act.span)) act.notes.push_back(std::move(note));
  act.takeovers = after.takeovers - before.takeovers;
  act.objects_replicated = after.objects - before.objects;
  act.bytes_replicated = after.bytes - before.bytes;
  fmt::print("{}\n", summary(act));
  if (act.dns_changed) fmt::print("  The DNS answer changed {} after the fault.\n", ms(*act.dns_changed));
  for (const auto& note : act.notes) fmt::print("  ! {}\n", note);
  std::fflush(stdout);
  report_.acts.push_back(std::move(act));
  co_return Result<void>();
}

Task<Result<void>> Acts::kill_primary() {
  const auto pid = stage_.region_pid(0);
  stage_.signal_region(0, SIGKILL);
  say(fmt::format("KILL: the process of region {} (pid {}) gets SIGKILL. West goes on being written to.", kPrimary, pid));
  co_return Result<void>();
}
Task<Result<void>> Acts::start_primary() {
  say(fmt::format("Region {} is started again.", kPrimary));
  return stage_.start_region(0);
}
Task<Result<void>> Acts::stop_primary() {
  stage_.signal_region(0, SIGSTOP);
  say(fmt::format("STOP: region {} hangs (SIGSTOP): it refuses nothing and answers nothing.", kPrimary));
  co_return Result<void>();
}
Task<Result<void>> Acts::continue_primary() {
  stage_.signal_region(0, SIGCONT);
  say(fmt::format("Region {} goes on (SIGCONT).", kPrimary));
  co_return Result<void>();
}
Task<Result<void>> Acts::break_primary() {
  say(fmt::format("503: region {} answers every request with an error.", kPrimary));
  return node_->set_fault(kPrimary, "error", 300);
}
Task<Result<void>> Acts::mend_primary() {
  say(fmt::format("Region {} answers again.", kPrimary));
  return node_->end_fault(kPrimary);
}

}  // namespace evershore::app::demo
