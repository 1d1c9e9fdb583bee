#include "health/alert_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::health {

namespace {

using Json = nlohmann::json;

// Reasons may quote what servers sent: bytes that are no UTF-8 are replaced.
std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool is_over(const AlertNotice& notice) { return notice.kind == AlertNotice::Kind::kRecovery; }

Json document(const AlertNotice& notice, const std::string& node) {
  const auto& event = notice.event;
  return {{"kind", event.kind},
          {"name", event.name},
          {"state", event.state},
          {"before", event.before},
          {"why", event.why},
          {"node", node},
          {"at", format_iso8601(event.at)},
          {"text", alert_line(notice)},
          {"trouble", !is_over(notice)},
          {"again", notice.kind == AlertNotice::Kind::kAgain}};
}

std::string lines_of(std::span<const AlertNotice> notices, std::string_view end_of_line) {
  std::string text;
  for (const auto& notice : notices.first(std::min(notices.size(), kAlertLinesMax))) {
    if (!text.empty()) text += end_of_line;
    text += alert_line(notice);
  }
  if (notices.size() > kAlertLinesMax) text += fmt::format("{}and {} more", end_of_line, notices.size() - kAlertLinesMax);
  return text;
}

std::string plain_json(std::span<const AlertNotice> notices, const std::string& node) {
  if (notices.size() == 1) return alert_json(notices.front(), node);
  Json list = Json::array();
  for (const auto& notice : notices) list.push_back(document(notice, node));
  return dumped({{"node", node},
                 {"text", lines_of(notices, "\n")},
                 {"trouble", !std::ranges::all_of(notices, is_over)},
                 {"alerts", std::move(list)}});
}

std::string alertmanager_json(std::span<const AlertNotice> notices, const std::string& node, Wall now) {
  Json list = Json::array();
  for (const auto& notice : notices) {
    const auto& event = notice.event;
    Json alert = {{"labels", {{"alertname", "Evershore_" + event.kind}, {"kind", event.kind}, {"name", event.name}, {"node", node}}},
                  {"annotations", {{"summary", alert_line(notice)}, {"state", event.state}}}};
    if (notice.since != Wall{}) alert["startsAt"] = format_iso8601(notice.since);
    if (is_over(notice)) alert["endsAt"] = format_iso8601(now);
    list.push_back(std::move(alert));
  }
  return dumped(list);
}

// For a header field: printable ASCII, and not too long for one line.
std::string field_text(std::string_view text) {
  constexpr size_t kBytesMax = 200;
  std::string safe(text.substr(0, kBytesMax));
  for (char& c : safe) c = c >= ' ' && c <= '~' ? c : '?';
  return safe;
}

// RFC 5322 3.3, in UTC.
std::string mail_date(Wall now) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now))));
}

// RFC 2045 6.8: safe for any text, whatever servers on the way do to lines.
std::string base64_lines(std::string_view text) {
  constexpr size_t kLineBytes = 76;
  const std::string whole = to_base64(as_bytes(text));
  std::string lines;
  for (size_t at = 0; at < whole.size(); at += kLineBytes) lines += whole.substr(at, kLineBytes) + "\r\n";
  return lines;
}

std::string mail_subject(std::span<const AlertNotice> notices) {
  const auto& first = notices.front();
  const auto name = fmt::format("{} {} {}", first.event.kind, first.event.name, first.event.state);
  return notices.size() == 1 ? name : fmt::format("{}, and {} more", name, notices.size() - 1);
}

}  // namespace

std::string alert_line(const AlertNotice& notice) {
  const auto& event = notice.event;
  const char* still = notice.kind == AlertNotice::Kind::kAgain ? "still " : "";
  return fmt::format("{} {} {}{}: {}", event.kind, event.name, still, event.state, event.why);
}

std::string alert_json(const AlertNotice& notice, const std::string& node) { return dumped(document(notice, node)); }

std::string alert_body(AlertFormat format, std::span<const AlertNotice> notices, const std::string& node, Wall now) {
  switch (format) {
    case AlertFormat::kJson: return plain_json(notices, node);
    case AlertFormat::kSlack: return dumped({{"text", fmt::format("[{}] {}", node, lines_of(notices, "\n"))}});
    case AlertFormat::kAlertmanager: return alertmanager_json(notices, node, now);
  }
  return plain_json(notices, node);
}

std::string alert_mail(const MailSettings& mail, std::span<const AlertNotice> notices, const std::string& node, Wall now) {
  std::string text = lines_of(notices, "\r\n") + "\r\n";
  for (const auto& notice : notices.first(std::min(notices.size(), kAlertLinesMax))) {
    if (notice.since == Wall{}) continue;
    text += fmt::format("\r\n{} {}: since {}", notice.event.kind, notice.event.name, format_iso8601(notice.since));
  }
  text += fmt::format("\r\n\r\nTold by node {} at {}. `evershore explain NAME` says why.\r\n", node, format_iso8601(now));
  std::string to;
  for (const auto& address : mail.to) to += (to.empty() ? "" : ", ") + field_text(address);
  // The same message has the same identity, so that a repetition after a lost answer is seen as one.
  const auto identity = to_hex(sha256(text)).substr(0, 32);
  return fmt::format(
      "From: Evershore <{}>\r\nTo: {}\r\nSubject: [{}] {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      field_text(mail.from), to, field_text(node), field_text(mail_subject(notices)), mail_date(now), identity, field_text(node),
      base64_lines(text));
}

}  // namespace evershore::health
