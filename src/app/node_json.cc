#include "app/node_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "routing/decide.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

Json drain_json(const Steering& steering, const std::string& region) {
  const auto at = steering.drains.find(region);
  if (at == steering.drains.end()) return nullptr;
  Json json{{"reason", at->second.reason}};
  json["until"] = at->second.until ? Json(format_iso8601(*at->second.until)) : Json();
  return json;
}

const replicate::RegionReplication* replication_of(const Replications& all, const std::string& site, const std::string& region) {
  for (const auto& status : all) {
    if (status.site != site) continue;
    const auto at = std::ranges::find(status.regions, region, &replicate::RegionReplication::region);
    if (at != status.regions.end()) return &*at;
  }
  return nullptr;
}

Json order_json(const StateView& view, const SiteSettings& site) {
  Json order = Json::array();
  for (const auto& choice : routing::region_order(site, view.health, view.steering)) {
    Json row{{"region", choice.region}, {"usable", choice.usable}, {"why", routing::why_name(choice.why)}};
    const auto not_ready = view.steering.not_ready.find({site.name, choice.region});
    if (not_ready != view.steering.not_ready.end())
      row["why"] = fmt::format("{}: {}", routing::why_name(choice.why), not_ready->second.why);
    const auto* replication = replication_of(view.replication, site.name, choice.region);
    row["pending_keys"] = replication == nullptr ? Json() : Json(replication->pending);
    row["oldest_pending_seconds"] = replication == nullptr ? Json() : Json(seconds(replication->oldest_pending));
    row["lag_seconds"] = replication == nullptr ? Json() : Json(seconds(replication->last_lag));
    order.push_back(std::move(row));
  }
  return order;
}

Json replication_json(const replicate::SiteReplicationStatus& status) {
  Json json{{"keys", status.keys},
            {"pending_keys", status.pending},
            {"failing_keys", status.failing},
            {"oldest_pending_seconds", seconds(status.oldest_pending)},
            {"scanning", status.scanning},
            {"scanned_keys", status.scanned_keys},
            {"deletes_held", status.deletes_held},
            {"conflicts", {{"present", status.conflicts.present}, {"kept", status.conflicts.kept}, {"dropped", status.conflicts.dropped}}}};
  Json lacking = Json::object();
  for (const auto& region : status.regions) {
    if (!region.cannot_hold.empty()) lacking[region.region] = region.cannot_hold;
  }
  json["cannot_hold"] = std::move(lacking);
  json["last_scan"] = status.last_scan ? Json(format_iso8601(status.last_scan->ended)) : Json();
  json["last_scan_error"] = status.last_scan_error;
  uint64_t objects = 0;
  uint64_t bytes = 0;
  for (const auto& pair : status.pairs) {
    objects += pair.counters.objects;
    bytes += pair.counters.bytes;
  }
  json["objects_copied"] = objects;
  json["bytes_copied"] = bytes;
  Json keys = Json::array();
  for (const auto& key : status.pending_keys) {
    keys.push_back({{"key", key.key}, {"pending_seconds", seconds(key.pending_for)}, {"attempts", key.attempts}, {"state", key.state}});
  }
  json["pending"] = std::move(keys);
  return json;
}

}  // namespace

Json check_document(const CheckStatus& check, Wall now) {
  Json json{{"name", check.name}, {"health", health_name(check.health)}, {"why", check.why}};
  json["since"] = check.since == Wall{} ? Json() : Json(format_iso8601(check.since));
  json["since_seconds"] = check.since == Wall{} ? Json() : Json(seconds(now - check.since));
  json["last_probe"] = check.last_probe;
  json["failures_in_row"] = check.failures_in_row;
  json["successes_in_row"] = check.successes_in_row;
  return json;
}

Json events_document(const std::vector<console::Event>& events) {
  Json list = Json::array();
  for (const auto& event : events) list.push_back(format_iso8601(event.time) + " " + event.text);
  return list;
}

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

RegionBacklog backlog_of(const std::string& region, const Replications& replication) {
  RegionBacklog sum;
  for (const auto& status : replication) {
    for (const auto& member : status.regions) {
      if (member.region != region) continue;
      sum.replicated = true;
      sum.pending += member.pending;
      sum.oldest = std::max(sum.oldest, member.oldest_pending);
      sum.lag = std::max(sum.lag, member.last_lag);
    }
  }
  return sum;
}

Json regions_document(const StateView& view) {
  Json list = Json::array();
  for (const auto& [name, region] : view.settings.regions) {
    const auto* check = view.health.find(region_check_name(name));
    const auto backlog = backlog_of(name, view.replication);
    Json row{{"name", name}, {"endpoint", region.endpoint}, {"bucket", region.bucket}};
    row["health"] = health_name(check == nullptr ? Health::kUnknown : check->health);
    row["why"] = check == nullptr ? "" : check->why;
    row["since_seconds"] = check == nullptr || check->since == Wall{} ? Json() : Json(seconds(view.now - check->since));
    row["drained"] = drain_json(view.steering, name);
    row["pending_keys"] = backlog.replicated ? Json(backlog.pending) : Json();
    row["oldest_pending_seconds"] = backlog.replicated ? Json(seconds(backlog.oldest)) : Json();
    row["lag_seconds"] = backlog.replicated ? Json(seconds(backlog.lag)) : Json();
    list.push_back(std::move(row));
  }
  return list;
}

Json checks_document(const StateView& view) {
  Json list = Json::array();
  for (const auto& check : view.health.checks) list.push_back(check_document(check, view.now));
  return list;
}

Json sites_document(const StateView& view) {
  Json list = Json::array();
  for (const auto& [name, site] : view.settings.sites) {
    Json row{{"name", name}, {"hosts", site.hosts}, {"hosts_text", fmt::format("{}", fmt::join(site.hosts, ", "))}};
    const auto pin = view.steering.pins.find(name);
    row["pinned"] = pin == view.steering.pins.end() ? Json() : Json(pin->second);
    row["order"] = order_json(view, site);
    row["replication"] = nullptr;
    for (const auto& status : view.replication) {
      if (status.site == name) row["replication"] = replication_json(status);
    }
    list.push_back(std::move(row));
  }
  return list;
}

Json region_explanation(const StateView& view, const std::string& region, const std::vector<console::Event>& events,
                        const std::vector<std::string>& breakers) {
  Json json{{"region", region}};
  const auto& settings = view.settings.regions.at(region);
  json["endpoint"] = settings.endpoint;
  const auto* check = view.health.find(region_check_name(region));
  json["check"] = check == nullptr ? Json() : check_document(*check, view.now);
  json["drained"] = drain_json(view.steering, region);
  Json sites = Json::array();
  for (const auto& [name, site] : view.settings.sites) {
    if (std::ranges::find(site.regions, region) == site.regions.end()) continue;
    Json row{{"site", name}};
    for (const auto& choice : routing::region_order(site, view.health, view.steering)) {
      if (choice.region != region) continue;
      row["serves"] = choice.usable;
      row["why"] = routing::why_name(choice.why);
    }
    const auto not_ready = view.steering.not_ready.find({name, region});
    if (not_ready != view.steering.not_ready.end()) row["not_ready"] = not_ready->second.why;
    if (const auto* replication = replication_of(view.replication, name, region)) {
      row["lacks_keys"] = replication->pending;
      row["oldest_pending_seconds"] = seconds(replication->oldest_pending);
      row["last_error"] = replication->last_error;
      if (!replication->why.empty()) row["replication"] = replication->why;
    }
    sites.push_back(std::move(row));
  }
  json["sites"] = std::move(sites);
  json["edge"] = breakers;
  json["recent_events"] = events_document(events);
  return json;
}

Json site_explanation(const StateView& view, const SiteSettings& site, const std::string& host, const std::vector<console::Event>& events) {
  Json json{{"host", host}, {"site", site.name}};
  json["order"] = order_json(view, site);
  const auto pin = view.steering.pins.find(site.name);
  json["pinned"] = pin == view.steering.pins.end() ? Json() : Json(pin->second);
  json["recent_events"] = events_document(events);
  return json;
}

Json key_explanation(const std::string& site, const replicate::KeyExplanation& explanation) {
  Json json{{"site", site}, {"key", explanation.key}, {"outcome", explanation.outcome}, {"why", explanation.why}};
  Json regions = Json::array();
  for (const auto& view : explanation.regions) {
    Json row{{"region", view.region}};
    const bool found = view.presence == replicate::Presence::kFound;
    row["copy"] = found ? "found" : view.presence == replicate::Presence::kAbsent ? "absent" : "unreachable";
    if (found) {
      row["size_bytes"] = view.size_bytes;
      row["etag"] = view.etag;
      row["last_modified"] = format_iso8601(view.last_modified);
      row["version"] = view.version;
      row["winner"] = view.winner;
    }
    row["would_do"] = view.action;
    regions.push_back(std::move(row));
  }
  json["regions"] = std::move(regions);
  if (explanation.task) json["queued"] = {{"attempts", explanation.task->attempts}, {"error", explanation.task->error}};
  return json;
}

}  // namespace evershore::app
