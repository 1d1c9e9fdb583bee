#include "aws/fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace evershore::aws {

namespace {
std::string flag(bool value) { return value ? "yes" : "no"; }
std::string number(uint64_t value) { return fmt::format("{}", value); }
std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return texts;
}
}  // namespace

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

Fields fields_of(const HealthCheck& check) {
  if (check.calculated()) {
    return {{"type", check.type},
            {"children", joined(sorted(check.children))},
            {"healthy when at least", number(check.health_threshold)},
            {"inverted", flag(check.inverted)},
            {"disabled", flag(check.disabled)}};
  }
  return {{"type", check.type},
          {"address", check.address},
          {"host", check.fqdn},
          {"port", number(check.port)},
          {"path", check.path},
          {"search", check.search},
          {"interval", number(check.interval_s) + " s"},
          {"failure threshold", number(check.failure_threshold)},
          {"latency graphs", flag(check.measure_latency)},
          {"server name in TLS", flag(check.enable_sni)},
          {"inverted", flag(check.inverted)},
          {"disabled", flag(check.disabled)},
          {"checker regions", joined(sorted(check.regions))}};
}

Fields fields_of(const Distribution& d) {
  std::string statuses;
  for (const auto status : d.failover_statuses) statuses += fmt::format("{}{}", statuses.empty() ? "" : " ", status);
  Fields fields{{"names", joined(sorted(d.aliases))}, {"default root", d.default_root}, {"certificate", d.certificate_arn},
                {"error page", d.error_page},         {"price class", d.price_class},   {"IPv6", flag(d.ipv6)},
                {"enabled", flag(d.enabled)},         {"second origin on", statuses}};
  for (size_t i = 0; i < 2; ++i) {
    const Origin none{.connection_attempts = 0};
    const Origin& origin = i < d.origins.size() ? d.origins[i] : none;
    const std::string name = i == 0 ? "origin" : "second origin";
    fields.emplace_back(name, origin.domain);
    if (origin.domain.empty()) continue;
    fields.emplace_back(name + " access control", origin.access_control_id);
    fields.emplace_back(name + " connection attempts", fmt::format("{} of {} s", origin.connection_attempts, origin.connection_timeout_s));
  }
  return fields;
}

Fields fields_of(const RecordSet& set) {
  std::string target = joined(set.values);
  if (set.alias)
    target = fmt::format("alias of {} (zone {}, its health {})", set.alias->name, set.alias->zone_id,
                         set.alias->evaluate_target_health ? "counts" : "does not count");
  return {{"type", set.type},
          {"role", set.failover},
          {"ttl", set.ttl_s ? number(*set.ttl_s) + " s" : ""},
          {"answer", target},
          {"health check", set.health_check}};
}

Fields fields_of(const ReplicationRule& rule) {
  return {{"to bucket", rule.destination_bucket},
          {"prefix", rule.prefix},
          {"enabled", flag(rule.enabled)},
          {"delete markers", flag(rule.delete_markers)},
          {"within 15 minutes", flag(rule.time_control)}};
}

Fields fields_of(const Alarm& alarm) { return {{"health check", alarm.health_check}, {"tells", joined(sorted(alarm.actions))}}; }

std::vector<FieldChange> differing(const Fields& from, const Fields& to) {
  std::vector<FieldChange> changes;
  const auto value_in = [](const Fields& fields, const std::string& name) {
    const auto at = std::ranges::find(fields, name, &Fields::value_type::first);
    return at == fields.end() ? std::string() : at->second;
  };
  for (const auto& [name, value] : to) {
    if (const auto old = value_in(from, name); old != value) changes.push_back({name, old, value});
  }
  for (const auto& [name, value] : from) {
    const bool gone = std::ranges::find(to, name, &Fields::value_type::first) == to.end();
    if (gone && !value.empty()) changes.push_back({name, value, ""});
  }
  return changes;
}

std::vector<FieldChange> all_new(const Fields& to) {
  std::vector<FieldChange> changes;
  for (const auto& [name, value] : to) {
    if (!value.empty() && value != "no") changes.push_back({name, "", value});
  }
  return changes;
}

}  // namespace evershore::aws
