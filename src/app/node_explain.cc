// "Why is it so?": a host, a region, a check, a key, a request, each with what is known of it, down to probes and rules.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/dns_report.h"
#include "app/node.h"
#include "app/node_json.h"
#include "app/reads_report.h"
#include "app/why_json.h"
#include "base/text.h"
#include "io/line_search.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kEventsTold = 20;
constexpr Duration kBeforeRequest = std::chrono::minutes(5);  // what may have led to it
constexpr uint64_t kLogBytesSearched = uint64_t{4} << 30;     // from the log's end on

Task<Result<replicate::KeyExplanation>> explain_there(Replicators& replicators, std::string site, std::string key) {
  auto* replicator = replicators.find(site);
  if (replicator == nullptr) co_return fail(Fault::kNotFound, fmt::format("site {} is not replicated", site));
  co_return co_await replicator->explain(std::move(key));
}

Task<std::vector<std::string>> explain_edge(const edge::EdgeWorker& edge) { co_return edge.explain(); }

// Why `subject` answers what it does by DNS; nullopt if it is no name of our zones.
std::optional<Json> dns_explanation(const dns::DnsPublisher& publisher, const std::string& subject, Wall now) {
  const auto name = dns::Name::parse(subject);
  if (!name || subject.contains('/')) return std::nullopt;
  const auto why = dns::why_of(publisher.why_state(), *publisher.snapshots().read(), *name);
  if (!why || why->kind == dns::WhyName::Kind::kMissing) return std::nullopt;
  return why_json(*why, now);
}

// An id of our own: "68d9f2a100-1f" (edge/run/front_exchange.cc). One that a proxy gave has any form, and is asked for as request/ID.
bool is_request_id(std::string_view subject) {
  const size_t dash = subject.find('-');
  constexpr size_t kHeadBytes = 10;
  const auto is_hex = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  return dash == kHeadBytes && is_hex(subject.substr(0, dash)) && is_hex(subject.substr(dash + 1));
}

// Nothing that could be more than a value in a line of JSON.
bool is_safe_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

Json check_rule(const HealthCheckSettings& check) {
  constexpr std::array<const char*, 4> kTypes{"http", "https", "tcp", "calculated"};
  Json rule{{"type", kTypes[static_cast<size_t>(check.type)]}};
  if (check.type == CheckType::kCalculated) {
    rule["healthy_at_least"] = check.healthy_at_least;
  } else {
    rule["url"] = check.url;
    if (!check.search.empty()) rule["search"] = check.search;
    rule["interval"] = format_duration(check.timing.interval);
    rule["timeout"] = format_duration(check.timing.timeout);
    rule["failure_threshold"] = check.timing.failure_threshold;
  }
  if (check.inverted) rule["inverted"] = true;
  if (check.disabled) rule["disabled"] = true;
  return rule;
}

// The names whose answers depend on it.
Json decided_by(const std::string& check, const std::vector<RecordSettings>& records) {
  Json names = Json::array();
  for (const auto& record : records) {
    if (std::ranges::any_of(record.answers, [&](const AnswerSettings& answer) { return answer.health_check == check; })) {
      names.push_back(record.name + " " + record.type);
    }
  }
  return names;
}

Json check_explanation(const StateView& view, const CheckStatus& status, const std::vector<console::Event>& events) {
  Json json{{"check", check_document(status, view.now)}};
  const auto settings = view.settings.health_checks.find(status.name);
  if (settings != view.settings.health_checks.end()) {
    json["rule"] = check_rule(settings->second);
    Json children = Json::array();
    for (const auto& child : settings->second.children) {
      const auto* found = view.health.find(child);
      children.push_back(found == nullptr ? Json{{"name", child}, {"health", "unknown"}} : check_document(*found, view.now));
    }
    if (!children.empty()) json["children"] = std::move(children);
  }
  json["decides"] = decided_by(status.name, view.settings.dns.records);
  json["recent_events"] = events_document(events);
  return json;
}

}  // namespace

Task<std::vector<std::string>> Node::breakers() {
  std::vector<std::string> lines;
  for (auto& thread : serving_) {
    auto* serving = thread.get();
    auto some = co_await io::call_on<std::vector<std::string>>(serving->loop(), loop_, [serving] { return explain_edge(serving->edge()); });
    lines.insert(lines.end(), some.begin(), some.end());
  }
  co_return lines;
}

Task<Result<std::string>> Node::explain_key(std::string site, std::string key) {
  auto* replicators = &replication_->replicators();
  auto explanation = co_await io::call_on<Result<replicate::KeyExplanation>>(
      replication_->loop(), loop_, [replicators, site, key] { return explain_there(*replicators, site, key); });
  if (!explanation) co_return std::unexpected(std::move(explanation).error());
  auto json = key_explanation(site, *explanation);
  const auto& settings = settings_.sites.at(site);
  json["reads"] = reads_of_key(settings, key, news_);
  json["reads"]["order"] = order_of_key(settings, key, *health_board_.read(), steersman_->now(), *preferences_.published().read());
  co_return to_text(json);
}

// From its line in the access log: the path of a request keeps nothing for this.
Task<Result<std::string>> Node::explain_request(std::string id) {
  const auto& log = settings_.edge.access_log;
  if (!is_safe_id(id)) co_return fail(Fault::kInvalid, "this is no request's id; it stands in the answer's field X-Evershore-Request");
  if (log.path.empty() || log.path == io::LineLog::kStandardOutput || log.format != AccessFormat::kJson) {
    co_return fail(Fault::kInvalid, "requests are explained from the access log: set edge.access_log.path to a file, with format \"json\"");
  }
  if (!log_reader_) log_reader_ = std::make_unique<io::Workers>(1);
  std::function<Result<std::string>()> search = [path = log.path, needle = fmt::format("\"request\":\"{}\"", id)] {
    return io::last_line_with(path, needle, kLogBytesSearched);
  };
  auto line = co_await io::OnWorker<Result<std::string>>{*log_reader_, loop_, std::move(search)};
  if (!line && line.error().fault == Fault::kNotFound) {
    co_return fail(Fault::kNotFound,
                   fmt::format("no request {} in {} of this node; was it another node's, or has the log been rotated?", id, log.path));
  }
  if (!line) co_return std::unexpected(std::move(line).error());
  auto entry = Json::parse(*line, nullptr, false);
  const auto ended = entry.is_object() ? parse_iso8601(entry.value("time", "")) : std::nullopt;
  if (!ended) co_return fail(Fault::kBroken, fmt::format("its line in {} cannot be read", log.path));
  Json json{{"request", id}, {"as_logged", std::move(entry)}};
  json["events_before"] =
      events_document(events_.between(*ended - std::chrono::floor<std::chrono::microseconds>(kBeforeRequest), *ended, kEventsTold));
  co_return to_text(json);
}

Task<Result<std::string>> Node::explain_json(std::string subject) {
  const auto replication = co_await replication_status();
  const auto health = health_board_.read();
  const StateView view{settings_, *health, steersman_->now(), replication, loop_.wall()};
  if (settings_.regions.contains(subject)) {
    const auto lines = co_await breakers();
    auto json = region_explanation(view, subject, events_.about(subject, kEventsTold), lines);
    const auto gaps = co_await gaps_json(subject, 20);
    if (gaps) json["replication"] = Json::parse(*gaps);
    co_return to_text(json);
  }
  if (const auto* check = health->find(subject)) {
    const bool of_region = subject.starts_with("region/");
    co_return to_text(check_explanation(view, *check, events_.about(of_region ? subject.substr(7) : subject, kEventsTold)));
  }
  if (subject.starts_with("request/")) co_return co_await explain_request(subject.substr(8));
  if (is_request_id(subject)) co_return co_await explain_request(subject);
  const auto by_dns = dns_explanation(publisher_, subject, view.now);
  const auto config = edge_config_.read();
  if (const auto* site = config->sites.find(subject); site != nullptr && subject.find('/') == std::string::npos) {
    const bool exact = std::ranges::find(site->hosts, subject) != site->hosts.end() || subject.find('.') != std::string::npos;
    const bool any = std::ranges::find(site->hosts, "*") != site->hosts.end();
    if (exact && !any) {
      auto json = site_explanation(view, *site, subject, events_.about(site->name, kEventsTold));
      json["dns"] = by_dns ? *by_dns : Json();
      co_return to_text(json);
    }
  }
  if (settings_.sites.contains(subject)) {
    co_return to_text(site_explanation(view, settings_.sites.at(subject), subject, events_.about(subject, kEventsTold)));
  }
  if (by_dns) co_return to_text(Json{{"host", subject}, {"site", nullptr}, {"dns", *by_dns}});
  const auto slash = subject.find('/');
  const auto head = subject.substr(0, slash);
  if (slash != std::string::npos && settings_.sites.contains(head)) co_return co_await explain_key(head, subject.substr(slash + 1));
  if (settings_.sites.size() == 1) co_return co_await explain_key(settings_.sites.begin()->first, subject);
  co_return fail(
      Fault::kNotFound,
      fmt::format("\"{}\" is no region, site, host, check or DNS name of the settings; a key is written SITE/KEY, a request request/ID",
                  subject));
}

}  // namespace evershore::app
