// The promises, one function for each kind.
#include <fmt/format.h>

#include "app/demo/report.h"
#include "base/text.h"

namespace evershore::app::demo {

namespace {

std::string in_ms(Duration span) { return fmt::format("{:.0f} ms", static_cast<double>(span.count()) / 1e6); }

void promise_none(std::vector<Promise>& out, const Act& act, const char* what, uint64_t seen) {
  out.push_back({.what = what, .where = act.name, .bound = "0", .measured = std::to_string(seen), .kept = seen == 0});
}

void promise_below(std::vector<Promise>& out, const Act& act, const char* what, Duration bound, std::optional<Duration> seen) {
  out.push_back(
      {.what = what, .where = act.name, .bound = in_ms(bound), .measured = seen ? in_ms(*seen) : "never", .kept = seen && *seen <= bound});
}

void judge_downloads(std::vector<Promise>& out, const Act& act) {
  const auto& downloads = act.downloads;
  if (downloads.started == 0) return;
  out.push_back({.what = "every download completes",
                 .where = act.name,
                 .bound = fmt::format("{} of {}", downloads.started, downloads.started),
                 .measured = fmt::format("{} of {}", downloads.completed, downloads.started),
                 .kept = downloads.completed == downloads.started});
  promise_below(out, act, "no download stalls longer", act.rules.stall_max, downloads.longest_stall);
}

void judge_act(std::vector<Promise>& out, const Act& act) {
  out.push_back({.what = "clients were served all the while",
                 .where = act.name,
                 .bound = "some requests",
                 .measured = std::to_string(act.requests.requests),
                 .kept = act.requests.requests > 0});
  promise_none(out, act, "no failed request", act.requests.failed + act.downloads.failed);
  promise_none(out, act, "no truncated answer", act.requests.truncated + act.downloads.truncated);
  promise_none(out, act, "no wrong bytes", act.requests.wrong + act.downloads.wrong);
  if (act.rules.request_max) promise_below(out, act, "no request takes longer", *act.rules.request_max, act.requests.worst);
  judge_downloads(out, act);
  if (act.rules.dns_change_max) promise_below(out, act, "DNS changes within", *act.rules.dns_change_max, act.dns_changed);
  if (!act.rules.comes_back) return;
  out.push_back({.what = "the region catches up and serves again",
                 .where = act.name,
                 .bound = "yes",
                 .measured = !act.synced         ? "did not catch up"
                             : !act.served_again ? "caught up, does not serve"
                                                 : "yes",
                 .kept = act.synced && act.served_again});
}

}  // namespace

std::vector<Promise> judge(const Report& report) {
  std::vector<Promise> out;
  for (const Act& act : report.acts) judge_act(out, act);
  const auto& check = report.check;
  out.push_back({.what = "all regions are identical (`evershore verify`)",
                 .where = "end",
                 .bound = "identical",
                 .measured = check.identical ? "identical" : "they differ",
                 .kept = check.identical});
  out.push_back({.what = "no acknowledged write is lost",
                 .where = "end",
                 .bound = fmt::format("0 of {}", check.writes_acknowledged),
                 .measured = std::to_string(check.writes_missing),
                 .kept = check.writes_missing == 0});
  return out;
}

bool all_kept(const std::vector<Promise>& promises) {
  for (const Promise& promise : promises) {
    if (!promise.kept) return false;
  }
  return true;
}

}  // namespace evershore::app::demo
