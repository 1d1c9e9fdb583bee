// A drill's report as a page: one line of verdict, figures, and what clients saw over time. No script, nothing from elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/demo/drill.h"

namespace evershore::app::demo {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kWidth = 900, kHeight = 260, kLeft = 60, kBottom = 40, kTop = 20;

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "h1{font-size:1.4rem}.good{color:#116329}.bad{color:#a40e26}table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1rem "
    ".2rem 0}"
    "svg{width:100%;height:auto}svg "
    "text{font-size:12px;fill:currentColor}.fault{fill:#d4a72c;opacity:.25}.median{fill:none;stroke:#0969da;stroke-width:2}"
    ".worst{fill:none;stroke:#8250df;stroke-width:1.5;stroke-dasharray:4 3}.failure{fill:#cf222e}.axis{stroke:currentColor;opacity:.5}"
    ".mark{stroke:currentColor;stroke-dasharray:2 3;opacity:.7}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.good{color:#56d364}.bad{color:#ff7b72}.median{stroke:#58a6ff}"
    ".worst{stroke:#bc8cff}}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

double number(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_number() ? at->get<double>() : 0;
}
std::string text(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}
std::string after(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_number() ? fmt::format("after {:.2f} s", at->get<double>()) : std::string("never");
}

struct Axes {
  double begin, end, most;
  double x(double seconds) const { return kLeft + (seconds - begin) / (end - begin) * (kWidth - kLeft - 10); }
  double y(double ms) const { return kHeight - kBottom - ms / most * (kHeight - kBottom - kTop); }
};

std::string line(const Json& timeline, const Axes& axes, const char* field, const char* style) {
  std::string points;
  for (const auto& slice : timeline)
    points += fmt::format("{:.1f},{:.1f} ", axes.x(number(slice, "seconds")), axes.y(number(slice, field)));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>", style, points);
}

std::string mark(const Json& report, const Axes& axes, const char* name, std::string_view label, double row) {
  const auto at = report.find(name);
  if (at == report.end() || !at->is_number()) return "";
  const double x = axes.x(at->get<double>());
  return fmt::format(
      "<line class=\"mark\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/><text x=\"{3:.1f}\" y=\"{4:.0f}\">{5}</text>", x,
      kTop, kHeight - kBottom, x + 4, kTop + row * 14, label);
}

std::string chart(const Json& report) {
  const auto at = report.find("timeline");
  if (at == report.end() || !at->is_array() || at->size() < 2) return "";
  const Json& timeline = *at;
  Axes axes{number(timeline.front(), "seconds"), number(timeline.back(), "seconds"), 10};
  axes.end = std::max(axes.end, axes.begin + 0.001);
  for (const auto& slice : timeline) axes.most = std::max(axes.most, number(slice, "worst_ms") * 1.1);
  const double fault_end = std::min(number(report, "seconds"), axes.end);
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Latency of requests over the drill; the fault lasted from 0 to {:.1f} "
      "seconds\">",
      kWidth, kHeight, fault_end);
  out += fmt::format("<rect class=\"fault\" x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"{:.0f}\"/>", axes.x(0), kTop,
                     axes.x(fault_end) - axes.x(0), kHeight - kBottom - kTop);
  for (const double share : {0.0, 0.5, 1.0}) {
    out += fmt::format(
        "<line class=\"axis\" x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text x=\"4\" y=\"{:.1f}\">{:.0f} ms</text>", kLeft,
        kWidth - 10, axes.y(axes.most * share), axes.y(axes.most * share), axes.y(axes.most * share) + 4, axes.most * share);
  }
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double seconds = axes.begin + (axes.end - axes.begin) * share;
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{:.1f} s</text>", axes.x(seconds) - (share == 1 ? 14 : 0),
                       kHeight - 20, seconds);
  }
  for (const auto& slice : timeline) {
    if (number(slice, "bad") == 0) continue;
    out += fmt::format(
        "<circle class=\"failure\" cx=\"{:.1f}\" cy=\"{:.0f}\" r=\"5\"><title>{:.0f} of {:.0f} requests failed</title></circle>",
        axes.x(number(slice, "seconds")), kHeight - kBottom, number(slice, "bad"), number(slice, "requests"));
  }
  out += line(timeline, axes, "worst_ms", "worst") + line(timeline, axes, "p50_ms", "median");
  out += mark(report, axes, "down_after_seconds", "seen as down", 1) + mark(report, axes, "dns_changed_after_seconds", "DNS changed", 2);
  return out + "</svg><p>Line: median latency. Dashed: the worst of each slice. Dots: failures. Shaded: the fault.</p>";
}

std::string row(std::string_view name, std::string_view value) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", name, escaped(value));
}

}  // namespace

Result<std::string> drill_html(std::string_view report_json) {
  const auto report = Json::parse(report_json, nullptr, false);
  if (!report.is_object() || !report.contains("verdict")) return fail(Fault::kInvalid, "this is no report of a drill");
  const bool good = number(report, "failed") + number(report, "truncated") + number(report, "wrong_bytes") == 0;
  const auto title = fmt::format("Drill: region {}, {}", text(report, "region"), text(report, "fault"));
  std::string out = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style>"
      "</head><body><h1>{0}</h1><p class=\"{2}\"><strong>{3}</strong></p>",
      escaped(title), kStyle, good ? "good" : "bad", escaped(text(report, "verdict")));
  out += chart(report) + "<table>";
  out += row("Site", text(report, "site")) + row("Begun", text(report, "begun"));
  out += row("Fault lasted", fmt::format("{:.1f} s", number(report, "seconds")));
  out += row("Requests", fmt::format("{:.0f}: {:.0f} failed, {:.0f} truncated, {:.0f} with wrong bytes", number(report, "requests"),
                                     number(report, "failed"), number(report, "truncated"), number(report, "wrong_bytes")));
  out += row("Latency", fmt::format("median {:.1f} ms, p99 {:.1f} ms, worst {:.1f} ms; {:.0f} over 500 ms", number(report, "p50_ms"),
                                    number(report, "p99_ms"), number(report, "worst_ms"), number(report, "over_500_ms")));
  out += row("Takeovers", fmt::format("{:.0f}", number(report, "takeovers"))) + row("Seen as down", after(report, "down_after_seconds"));
  out +=
      row("Order changed", after(report, "order_changed_after_seconds")) + row("DNS changed", after(report, "dns_changed_after_seconds"));
  out += row("As before, from the fault's end", after(report, "back_after_seconds"));
  const auto notes = report.find("notes");
  for (const auto& note : notes != report.end() && notes->is_array() ? *notes : Json::array()) {
    if (note.is_string()) out += row("Note", note.get<std::string>());
  }
  return out + "</table></body></html>\n";
}

}  // namespace evershore::app::demo
