#include "app/drill_book.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "drill/";

std::string key_of(uint64_t id) { return fmt::format("{}{:016x}", kPrefix, id); }
std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool is_report(const Json& json) {
  if (!json.is_object()) return false;
  for (const char* field : {"verdict", "begun", "region", "fault"}) {
    if (!json.contains(field) || !json[field].is_string()) return false;
  }
  return true;
}

}  // namespace

void DrillBook::restore(const std::vector<std::pair<std::string, std::string>>& entries, Save save) {
  save_ = std::move(save);
  for (const auto& [key, value] : entries) {
    const auto id = key.starts_with(kPrefix) ? parse_hex_u64(std::string_view(key).substr(kPrefix.size())) : std::nullopt;
    if (id && is_report(Json::parse(value, nullptr, false))) reports_[*id] = value;
  }
}

Result<uint64_t> DrillBook::keep(const std::string& report) {
  auto json = report.size() <= kDrillBytesMax ? Json::parse(report, nullptr, false) : Json();
  if (!is_report(json))
    return fail(Fault::kInvalid, fmt::format("no report of a drill, or one of more than {}", format_size(kDrillBytesMax)));
  const uint64_t id = reports_.empty() ? 1 : reports_.rbegin()->first + 1;
  json["id"] = id;
  reports_[id] = dumped(json);
  if (save_) save_(key_of(id), reports_[id]);
  if (reports_.size() > kDrillsKept) {
    if (save_) save_(key_of(reports_.begin()->first), std::nullopt);
    reports_.erase(reports_.begin());
  }
  return id;
}

std::string DrillBook::list_json() const {
  Json list = Json::array();
  for (const auto& [id, report] : reports_) {
    auto json = Json::parse(report, nullptr, false);
    json.erase("timeline");
    json.erase("notes");
    list.push_back(std::move(json));
  }
  return dumped(list);
}

Result<std::string> DrillBook::report_json(uint64_t id) const {
  const auto at = reports_.find(id);
  if (at == reports_.end()) return fail(Fault::kNotFound, fmt::format("this node keeps no drill {}", id));
  return at->second;
}

}  // namespace evershore::app
