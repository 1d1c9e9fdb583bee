#include "app/replication_reports.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "replicate/version.h"

namespace evershore::app {

namespace {
using Json = nlohmann::ordered_json;

Json conflict_json(const replicate::Conflict& conflict) {
  return {{"key", conflict.id.key},
          {"name", conflict.name},
          {"region", conflict.id.region},
          {"version", replicate::format_version(conflict.id.version)},
          {"bytes", conflict.size_bytes},
          {"etag", conflict.etag},
          {"kept", format_iso8601(conflict.kept)},
          {"regions", conflict.regions}};
}
}  // namespace

std::string conflicts_json(const std::string& site, const std::vector<replicate::Conflict>& conflicts) {
  Json list = Json::array();
  for (const auto& conflict : conflicts) list.push_back(conflict_json(conflict));
  return Json{{"site", site}, {"conflicts", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string gaps_json(const std::string& site, const replicate::RegionGaps& gaps, size_t keys_max) {
  const auto seconds = [](Duration span) { return std::chrono::duration<double>(span).count(); };
  Json json{{"site", site},
            {"lacks_keys", gaps.lacks_keys},
            {"lacks_bytes", gaps.lacks_bytes},
            {"oldest_pending_seconds", seconds(gaps.oldest_pending)},
            {"only_here_keys", gaps.at_risk_keys},
            {"only_here_bytes", gaps.at_risk_bytes},
            {"at_least", gaps.partial}};
  json["time_to_sync_seconds"] = gaps.time_to_sync ? Json(seconds(*gaps.time_to_sync)) : Json();
  Json keys = Json::array();
  for (const auto& gap : gaps.keys) {
    if (keys.size() >= keys_max) break;
    keys.push_back({{"key", gap.key},
                    {"bytes", gap.size_bytes},
                    {"pending_seconds", seconds(gap.pending_for)},
                    {"held_by", gap.holders},
                    {"only_here", gap.at_risk}});
  }
  json["keys"] = std::move(keys);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace evershore::app
