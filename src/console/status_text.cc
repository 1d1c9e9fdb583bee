#include "console/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"

namespace evershore::console {

namespace {

using Json = nlohmann::json;
using Row = std::vector<std::string>;

// Aligned columns, two spaces apart; the first row is the heading.
std::string table(const std::vector<Row>& rows) {
  std::vector<size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], i + 1 == row.size() ? 0 : width[i]);
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string text_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return "-";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

std::string seconds_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number()) return "-";
  return format_duration(std::chrono::milliseconds(static_cast<int64_t>(at->get<double>() * 1000)));
}

void paint(std::string& text, std::string_view word, std::string_view code) {
  const std::string painted = fmt::format("\x1b[{}m{}\x1b[0m", code, word);
  const std::string spaced = fmt::format("  {}  ", word);
  for (size_t at = text.find(spaced); at != std::string::npos; at = text.find(spaced, at + painted.size())) {
    text.replace(at + 2, word.size(), painted);
  }
}

std::string regions_text(const Json& status) {
  std::vector<Row> rows{{"REGION", "HEALTH", "FOR", "PENDING", "OLDEST", "NOTE"}};
  for (const auto& region : status.value("regions", Json::array())) {
    std::string note = text_of(region, "why");
    if (region.contains("drained") && !region["drained"].is_null()) note = "drained: " + text_of(region["drained"], "reason");
    rows.push_back({text_of(region, "name"), text_of(region, "health"), seconds_of(region, "since_seconds"),
                    text_of(region, "pending_keys"), seconds_of(region, "oldest_pending_seconds"), note});
  }
  return table(rows);
}

std::string checks_text(const Json& status) {
  std::vector<Row> rows{{"CHECK", "HEALTH", "FOR", "LAST PROBE"}};
  for (const auto& check : status.value("checks", Json::array())) {
    rows.push_back({text_of(check, "name"), text_of(check, "health"), seconds_of(check, "since_seconds"), text_of(check, "last_probe")});
  }
  return table(rows);
}

std::string sites_text(const Json& status) {
  std::string out;
  for (const auto& site : status.value("sites", Json::array())) {
    out += fmt::format("\nSite {} ({})\n", text_of(site, "name"), text_of(site, "hosts_text"));
    std::vector<Row> rows{{"ORDER", "SERVES", "WHY", "LACKS", "LAG"}};
    for (const auto& region : site.value("order", Json::array())) {
      rows.push_back({text_of(region, "region"), region.value("usable", false) ? "yes" : "no", text_of(region, "why"),
                      text_of(region, "pending_keys"), seconds_of(region, "lag_seconds")});
    }
    out += table(rows);
  }
  return out;
}

std::string silences_text(const Json& status) {
  std::string out;
  for (const auto& silence : status.value("silences", Json::array())) {
    const auto kind = silence.value("kind", ""), name = silence.value("name", ""), reason = silence.value("reason", "");
    out += fmt::format("alerts silenced until {}: {}{}{}{}{}\n", silence.value("until", ""),
                       kind.empty() && name.empty() ? "everything" : kind, kind.empty() || name.empty() ? "" : " ", name,
                       reason.empty() ? "" : ": ", reason);
  }
  return out;
}

std::string certificates_text(const Json& status) {
  const auto list = status.value("certificates", Json::array());
  if (list.empty()) return "";
  std::vector<Row> rows{{"CERTIFICATE", "STATE", "LEFT", "RENEWAL", "PROBLEM"}};
  for (const auto& each : list) {
    rows.push_back({text_of(each, "host"), text_of(each, "state"), seconds_of(each, "left_seconds"), text_of(each, "renew_at"),
                    text_of(each, "problem")});
  }
  return "\n" + table(rows);
}

}  // namespace

Result<std::string> status_text(std::string_view status_json, TextStyle style) {
  const auto status = Json::parse(status_json, nullptr, false);
  if (!status.is_object()) return fail(Fault::kInvalid, "the node's status is not a JSON object; is this Evershore's admin listener?");
  std::string out = fmt::format("Node {} (version {}), up {}\n\n", text_of(status, "node"), text_of(status, "version"),
                                seconds_of(status, "uptime_seconds"));
  out += regions_text(status) + "\n" + checks_text(status) + sites_text(status) + certificates_text(status) + silences_text(status);
  if (style.colour) {
    paint(out, "up", "32");
    paint(out, "down", "1;31");
    paint(out, "unknown", "33");
  }
  return out;
}

}  // namespace evershore::console
