#include <fmt/format.h>

#include <iterator>

#include "app/demo/report.h"
#include "base/text.h"

namespace evershore::app::demo {

namespace {

std::string ms(Duration span) { return fmt::format("{:.1f}", static_cast<double>(span.count()) / 1e6); }
std::string span_or_dash(std::optional<Duration> span) {
  return span ? fmt::format("{:.2f} s", static_cast<double>(span->count()) / 1e9) : "-";
}
std::string count_or_dash(std::optional<uint64_t> count) { return count ? std::to_string(*count) : "-"; }

// One row a fact, one column an act.
void row(std::string& out, const Report& report, std::string_view title, std::string (*cell)(const Act&)) {
  fmt::format_to(std::back_inserter(out), "  {:<34}", title);
  for (const Act& act : report.acts) fmt::format_to(std::back_inserter(out), "{:>14}", cell(act));
  out += '\n';
}

void act_rows(std::string& out, const Report& report) {
  row(out, report, "", [](const Act& a) { return a.name; });
  row(out, report, "requests", [](const Act& a) { return std::to_string(a.requests.requests); });
  row(out, report, "failed", [](const Act& a) { return std::to_string(a.requests.failed); });
  row(out, report, "truncated", [](const Act& a) { return std::to_string(a.requests.truncated); });
  row(out, report, "wrong bytes", [](const Act& a) { return std::to_string(a.requests.wrong); });
  row(out, report, "median, ms", [](const Act& a) { return ms(a.requests.p50); });
  row(out, report, "p99, ms", [](const Act& a) { return ms(a.requests.p99); });
  row(out, report, "worst, ms", [](const Act& a) { return ms(a.requests.worst); });
  row(out, report, "over 500 ms", [](const Act& a) { return std::to_string(a.requests.slow); });
  row(out, report, "downloads completed",
      [](const Act& a) { return a.downloads.started == 0 ? "-" : fmt::format("{}/{}", a.downloads.completed, a.downloads.started); });
  row(out, report, "longest download stall, ms",
      [](const Act& a) { return a.downloads.started == 0 ? "-" : ms(a.downloads.longest_stall); });
  row(out, report, "downloads taken over in the middle", [](const Act& a) { return std::to_string(a.takeovers); });
  row(out, report, "DNS answer changed after", [](const Act& a) { return span_or_dash(a.dns_changed); });
  row(out, report, "keys the region lacked when it fell", [](const Act& a) { return count_or_dash(a.pending_at_fault); });
  row(out, report, "changes it missed while away", [](const Act& a) { return count_or_dash(a.writes_missed); });
  row(out, report, "in sync after coming back", [](const Act& a) { return span_or_dash(a.synced); });
  row(out, report, "serving again after", [](const Act& a) { return span_or_dash(a.served_again); });
  row(out, report, "objects replicated", [](const Act& a) { return std::to_string(a.objects_replicated); });
  row(out, report, "bytes replicated", [](const Act& a) { return format_size(a.bytes_replicated); });
  row(out, report, "worst replication lag", [](const Act& a) { return format_duration(a.lag_worst); });
}

void promise_rows(std::string& out, const std::vector<Promise>& promises) {
  size_t kept = 0;
  for (const Promise& promise : promises) kept += promise.kept;
  fmt::format_to(std::back_inserter(out), "  Promises: {} of {} kept\n", kept, promises.size());
  for (const Promise& promise : promises) {
    if (promise.kept) continue;
    fmt::format_to(std::back_inserter(out), "  BROKEN  {} ({}): promised {}, measured {}\n", promise.what, promise.where, promise.bound,
                   promise.measured);
  }
}

}  // namespace

std::string report_table(const Report& report, const std::vector<Promise>& promises) {
  std::string out;
  act_rows(out, report);
  out += '\n';
  for (const Act& act : report.acts) {
    for (const std::string& note : act.notes) fmt::format_to(std::back_inserter(out), "  {}: {}\n", act.name, note);
  }
  fmt::format_to(std::back_inserter(out), "  Acknowledged writes: {}, missing at the end: {}; regions identical: {}\n",
                 report.check.writes_acknowledged, report.check.writes_missing, report.check.identical ? "yes" : "no");
  promise_rows(out, promises);
  return out;
}

}  // namespace evershore::app::demo
