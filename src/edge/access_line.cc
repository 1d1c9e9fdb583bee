#include "edge/access_line.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <iterator>

#include "base/json_text.h"
#include "base/text.h"

namespace evershore::edge {

namespace {

void add_text(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, value);
}

void append_json(std::string& out, const AccessEntry& entry) {
  const auto into = [&out] { return std::back_inserter(out); };
  fmt::format_to(into(), "{{\"time\":\"{}\"", format_iso8601(entry.time));
  add_text(out, "client", entry.client);
  add_text(out, "host", entry.host);
  add_text(out, "method", entry.method);
  add_text(out, "target", entry.target);
  add_text(out, "protocol", entry.protocol);
  add_text(out, "tls", entry.tls);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(entry.took).count();
  fmt::format_to(into(), ",\"status\":{},\"bytes\":{},\"complete\":{},\"seconds\":{}.{:06}", entry.status, entry.body_bytes, entry.complete,
                 us / 1'000'000, us % 1'000'000);
  add_text(out, "region", entry.region);
  fmt::format_to(into(), ",\"attempts\":{},\"cache\":\"{}\"", entry.attempts, cache_word(entry.cache));
  add_text(out, "request", entry.request_id);
  add_text(out, "referer", entry.referer);
  add_text(out, "user_agent", entry.user_agent);
  out += "}\n";
}

// As nginx and Apache have it: what is not printable ASCII, a quote or a backslash becomes \xHH.
void append_escaped(std::string& out, std::string_view text) {
  if (text.empty()) out += '-';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
}

void append_time(std::string& out, Wall time) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  fmt::format_to(std::back_inserter(out), "{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                 kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), clock.hours().count(),
                 clock.minutes().count(), clock.seconds().count());
}

// Common Log Format with Referer and User-Agent.
void append_combined(std::string& out, const AccessEntry& entry) {
  append_escaped(out, entry.client);
  out += " - - [";
  append_time(out, entry.time);
  out += "] \"";
  if (!entry.method.empty()) {
    append_escaped(out, entry.method);
    out += ' ';
    append_escaped(out, entry.target);
    out += ' ';
    out += entry.protocol;
  }
  fmt::format_to(std::back_inserter(out), "\" {} {} \"", entry.status, entry.body_bytes);
  append_escaped(out, entry.referer);
  out += "\" \"";
  append_escaped(out, entry.user_agent);
  out += "\"\n";
}

}  // namespace

void append_access_line(std::string& out, const AccessEntry& entry, AccessFormat format) {
  if (format == AccessFormat::kJson) {
    append_json(out, entry);
  } else {
    append_combined(out, entry);
  }
}

}  // namespace evershore::edge
