#include "app/why_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;

void add_since(Json& json, Wall since, Wall now) {
  json["since"] = since == Wall{} ? Json() : Json(format_iso8601(since));
  json["since_seconds"] = since == Wall{} ? Json() : Json(std::chrono::duration<double>(now - since).count());
}

Json check_json(const dns::WhyAnswer& answer, Wall now) {
  if (answer.check.empty()) return nullptr;
  Json json{{"name", answer.check}, {"health", health_name(answer.health)}, {"why", answer.check_why}};
  add_since(json, answer.check_since, now);
  return json;
}

Json answer_json(const dns::WhyAnswer& answer, Wall now) {
  Json json{{"id", answer.id}, {"value", answer.value}, {"given", answer.given}, {"standing", routing::standing_name(answer.standing)}};
  json["check"] = check_json(answer, now);
  if (answer.drained) json["drained"] = true;
  if (!answer.behind.empty()) json["chooses_behind"] = answer.behind;
  return json;
}

Json record_json(const dns::WhyRecord& record, Wall now) {
  const auto& [decision, since, changes] = record.decision;
  Json json{{"type", record.type}, {"policy", record.policy}, {"ttl_seconds", record.ttl}, {"answers", decision.chosen}};
  json["why"] = routing::why_name(decision.why);
  json["because"] = dns::why_clause(decision.why);
  add_since(json, since, now);
  json["changes"] = changes;
  Json all = Json::array();
  for (const auto& answer : record.answers) all.push_back(answer_json(answer, now));
  json["candidates"] = std::move(all);
  return json;
}

std::string_view kind_name(dns::WhyName::Kind kind) {
  switch (kind) {
    case dns::WhyName::Kind::kDecided: return "decided";
    case dns::WhyName::Kind::kFixed: return "fixed";
    case dns::WhyName::Kind::kMissing: return "missing";
  }
  return "unknown";
}

}  // namespace

Json why_json(const dns::WhyName& name, Wall now) {
  Json json{{"name", name.name}, {"kind", kind_name(name.kind)}};
  if (!name.wildcard.empty()) json["wildcard"] = name.wildcard;
  Json records = Json::array();
  for (const auto& record : name.records) records.push_back(record_json(record, now));
  json["records"] = std::move(records);
  return json;
}

}  // namespace evershore::app
