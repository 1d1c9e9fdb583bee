// evershore aws status: what AWS says of itself.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/aws_session.h"
#include "app/commands.h"
#include "app/load.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

Json check_json(const aws::PresentCheck& check, const std::string& host, const Result<std::vector<aws::Observation>>& seen) {
  Json observations = Json::array();
  if (seen) {
    for (const auto& each : *seen) observations.push_back({{"region", each.region}, {"address", each.address}, {"status", each.status}});
  }
  return {{"part", aws::part_of_reference(host, check.found.caller_reference)},
          {"id", check.found.id},
          {"type", check.found.check.type},
          {"observations", observations},
          {"error", seen ? "" : seen.error().text}};
}

Task<void> add_checks(AwsSession& session, const aws::Present& present, Json& out) {
  out["checks"] = Json::array();
  for (const auto& check : present.checks) {
    Result<std::vector<aws::Observation>> seen;
    // AWS has no observations of calculated checks: their children tell.
    if (!check.found.check.calculated()) seen = co_await session.api().observations(check.found.id);
    out["checks"].push_back(check_json(check, session.layout().host, seen));
  }
}

Task<void> add_records(AwsSession& session, const aws::Present& present, Json& out) {
  out["records"] = Json::array();
  for (const auto& set : present.records) {
    if (set.name != session.layout().host) continue;
    Json record = {{"type", set.type}, {"role", set.failover}, {"health_check", set.health_check}};
    record["answer"] = set.alias ? Json::array({set.alias->name}) : Json(set.values);
    out["records"].push_back(record);
  }
  if (!present.zone || session.layout().records.empty()) co_return;
  auto answer = co_await session.api().test_answer(present.zone->zone.id, session.layout().host, session.layout().records.front().type);
  if (answer) {
    out["answered"] = {{"code", answer->code}, {"data", answer->data}, {"error", ""}};
  } else {
    out["answered"] = {{"code", ""}, {"data", Json::array()}, {"error", answer.error().text}};
  }
}

Task<void> add_replication(AwsSession& session, const aws::Present& present, Json& out) {
  for (const auto& want : session.layout().buckets) {
    const auto at = present.buckets.find(want.name);
    if (!want.replication || at == present.buckets.end() || !at->second.replication) continue;
    Json replication = {{"from", want.name}, {"to", want.replication->destination_bucket}};
    for (const char* metric : {"BytesPendingReplication", "OperationsPendingReplication", "ReplicationLatency"}) {
      aws::MetricQuery query{.region = want.region, .name_space = "AWS/S3", .metric = metric, .statistic = "Maximum", .dimensions = {}};
      query.dimensions = {
          {"SourceBucket", want.name}, {"DestinationBucket", want.replication->destination_bucket}, {"RuleId", want.replication->id}};
      auto value = co_await session.api().metric(query, session.loop().wall());
      replication[metric] = value && *value ? Json(**value) : Json(nullptr);
    }
    out["replication"] = replication;
  }
}

Json parts_json(const aws::Present& present) {
  Json out = {{"account", present.account}};
  if (present.zone) out["zone"] = {{"id", present.zone->zone.id}, {"name_servers", present.zone->name_servers}};
  if (present.distribution) {
    const auto& summary = present.distribution->summary;
    out["distribution"] = {{"id", summary.id},
                           {"domain", summary.domain},
                           {"status", summary.status},
                           {"enabled", present.distribution->config.distribution.enabled}};
  }
  if (present.certificate) out["certificate"] = {{"arn", present.certificate->found.arn}, {"status", present.certificate->found.status}};
  if (present.alarm) out["alarm"] = {{"name", present.alarm->found.alarm.name}, {"state", present.alarm->found.state}};
  return out;
}

Task<void> gather(AwsSession& session, Result<Json>& out) {
  auto present = co_await session.api().read(session.question());
  if (!present) {
    out = std::unexpected(std::move(present).error());
    co_return;
  }
  Json json = parts_json(*present);
  json["host"] = session.layout().host;
  co_await add_checks(session, *present, json);
  co_await add_records(session, *present, json);
  co_await add_replication(session, *present, json);
  out = std::move(json);
}

std::string words(const Json& list) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : " ") + each.get<std::string>();
  return text;
}

std::string number_or_none(const Json& value) { return value.is_number() ? fmt::format("{}", value.get<double>()) : "not told by AWS"; }

void print_checks(const Json& json) {
  fmt::print("\nHealth checks\n");
  if (json["checks"].empty()) fmt::print("  none\n");
  for (const auto& check : json["checks"]) {
    fmt::print("  {} ({}, {})\n", check["part"].get<std::string>(), check["type"].get<std::string>(), check["id"].get<std::string>());
    if (const auto error = check["error"].get<std::string>(); !error.empty()) fmt::print("    {}\n", error);
    for (const auto& each : check["observations"]) {
      fmt::print("    {:15} {:15} {}\n", each["region"].get<std::string>(), each["address"].get<std::string>(),
                 each["status"].get<std::string>());
    }
  }
}

void print_status(const Json& json) {
  fmt::print("{} in account {}\n", json["host"].get<std::string>(), json["account"].get<std::string>());
  if (json.contains("zone")) {
    fmt::print("  zone          {} name servers {}\n", json["zone"]["id"].get<std::string>(), words(json["zone"]["name_servers"]));
  }
  if (json.contains("certificate")) fmt::print("  certificate   {}\n", json["certificate"]["status"].get<std::string>());
  if (json.contains("distribution")) {
    const auto& d = json["distribution"];
    fmt::print("  distribution  {} {} {}\n", d["id"].get<std::string>(), d["domain"].get<std::string>(), d["status"].get<std::string>());
  }
  if (json.contains("alarm"))
    fmt::print("  alarm         {} {}\n", json["alarm"]["name"].get<std::string>(), json["alarm"]["state"].get<std::string>());
  print_checks(json);
  fmt::print("\nRecords\n");
  if (json["records"].empty()) fmt::print("  none\n");
  for (const auto& record : json["records"]) {
    fmt::print("  {:9} {:5} {}\n", record["role"].get<std::string>(), record["type"].get<std::string>(), words(record["answer"]));
  }
  if (json.contains("answered")) {
    const auto& answered = json["answered"];
    const auto error = answered["error"].get<std::string>();
    fmt::print("  answered now: {}\n",
               error.empty() ? fmt::format("{} {}", answered["code"].get<std::string>(), words(answered["data"])) : error);
  }
  if (json.contains("replication")) {
    const auto& r = json["replication"];
    fmt::print("\nReplication from {} to {}\n  bytes pending: {}, operations pending: {}, latency in s: {}\n", r["from"].get<std::string>(),
               r["to"].get<std::string>(), number_or_none(r["BytesPendingReplication"]), number_or_none(r["OperationsPendingReplication"]),
               number_or_none(r["ReplicationLatency"]));
  }
}

}  // namespace

int command_aws_status(const GlobalOptions& global, const AwsOptions&) {
  auto session = AwsSession::open(global);
  if (!session) return complain(kUsage, session.error().text);
  Result<Json> json = Json();
  (*session)->loop().run_until_done(gather(**session, json));
  if (!json) return complain(kFailed, json.error().text);
  if (global.json) {
    fmt::print("{}\n", json->dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    print_status(*json);
  }
  return kDone;
}

}  // namespace evershore::app
