// What the admin listener asks of a node: documents from published snapshots, and work handed to the replication loop.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "app/alert_report.h"
#include "app/certificate_report.h"
#include "app/dns_metrics.h"
#include "app/dns_report.h"
#include "app/http2_metrics.h"
#include "app/node.h"
#include "app/node_json.h"
#include "app/reads_report.h"
#include "app/tls_report.h"
#include "app/why_json.h"
#include "base/text.h"
#include "console/metrics.h"
#include "dns/master_text.h"
#include "wire/dns/rdata.h"
#include "wire/s3/event.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;
using replicate::SiteReplicator;

Task<Replications> gather_status(Replicators& replicators) {
  Replications all;
  for (const auto& member : replicators.all()) all.push_back(member.replicator->status());
  co_return all;
}

Task<Result<std::string>> differences_there(Replicators& replicators, std::string site) {
  constexpr size_t kListedMax = 10'000;
  auto* replicator = replicators.find(site);
  if (replicator == nullptr) co_return fail(Fault::kNotFound, fmt::format("site {} is not replicated", site));
  Json list = Json::array();
  const SiteReplicator::OnDifference on_difference = [&list](const replicate::Difference& difference) {
    if (list.size() < kListedMax) list.push_back({{"key", difference.key}, {"why", difference.why}});
  };
  const SiteReplicator::OnVerifyProgress on_progress = [](const replicate::VerifyProgress&) {};
  CO_TRY(const uint64_t count, co_await replicator->verify(on_difference, on_progress));
  Json document{{"site", site}, {"differences", count}, {"keys", std::move(list)}};
  co_return to_text(document);
}

struct Hint {
  std::string site;
  std::string region;
  std::string key;
  std::string etag;
  bool removed = false;
};

Task<Result<size_t>> hint_there(Replicators& replicators, std::vector<Hint> hints) {
  size_t noted = 0;
  for (auto& hint : hints) {
    auto* replicator = replicators.find(hint.site);
    if (replicator == nullptr) continue;
    const auto removed = hint.removed ? replicate::Removed::kYes : replicate::Removed::kNo;
    auto done = co_await replicator->hint(hint.key, hint.region, hint.etag, removed);
    // A key outside the site's prefix is none of ours; anything else must make the sender try again.
    if (!done && done.error().fault != Fault::kInvalid) co_return std::unexpected(std::move(done).error());
    if (done) ++noted;
  }
  co_return noted;
}

Json sync_json(const replicate::SyncReport& report) {
  return {{"converged", report.converged},
          {"objects_copied", report.totals.objects_copied},
          {"bytes_copied", report.totals.bytes_copied},
          {"keys", report.totals.scanned},
          {"why", report.why}};
}

Task<Result<std::string>> sync_there(Replicators& replicators, std::string site, io::Loop& home,
                                     std::function<void(std::string)> on_progress) {
  auto* replicator = replicators.find(site);
  if (replicator == nullptr) co_return fail(Fault::kNotFound, fmt::format("site {} is not replicated", site));
  const SiteReplicator::OnSyncProgress tell = [&home, on_progress](const replicate::SyncProgress& p) {
    const auto text = fmt::format("{} keys compared, {} to copy, {} pending, {} objects and {} copied", p.scanned, p.found, p.pending,
                                  p.objects_copied, format_size(p.bytes_copied));
    home.post([on_progress, line = Json{{"progress", text}}.dump()] { on_progress(line); });
  };
  CO_TRY(const auto report, co_await replicator->sync(tell));
  co_return sync_json(report).dump();
}

static_assert(static_cast<int>(console::PurgeRequest::What::kSite) == static_cast<int>(edge::PurgeKind::kSite), "the same order");

// null: no cache on disk.
Json disk_json(const edge::DiskCache* disk) {
  if (disk == nullptr) return nullptr;
  const auto& counters = disk->counters();
  return {{"objects", counters.objects.get()},
          {"bytes", counters.bytes.get()},
          {"hits", counters.hits.get()},
          {"misses", counters.misses.get()},
          {"writes", counters.writes.get()},
          {"writes_skipped", counters.skipped.get()},
          {"write_failures", counters.write_failures.get()},
          {"read_failures", counters.read_failures.get()}};
}

Json edge_json(const std::vector<std::unique_ptr<ServingThread>>& serving, const std::vector<io::Endpoint>& endpoints) {
  uint64_t requests = 0, failed = 0, hits = 0, misses = 0, stale = 0, takeovers = 0, hedges = 0, retries = 0, resets = 0, connections = 0;
  uint64_t forms_made = 0, forms_served = 0;
  for (const auto& thread : serving) {
    const auto& counters = thread->edge().counters();
    const auto& fetch = thread->edge().fetch_counters();
    requests += counters.requests.get();
    failed += counters.answers_by_class[5].get();
    hits += counters.cache_hits.get();
    misses += counters.cache_misses.get();
    stale += counters.cache_stale.get();
    forms_made += counters.forms_made.get();
    forms_served += counters.forms_served.get();
    resets += counters.resets.get();
    takeovers += fetch.takeovers.get();
    hedges += fetch.hedges.get();
    retries += fetch.retries.get();
    connections += thread->edge().connections();
  }
  Json listen = Json::array();
  for (const auto& endpoint : endpoints) listen.push_back(io::format_endpoint(endpoint));
  return {{"listen", std::move(listen)},
          {"connections", connections},
          {"requests", requests},
          {"failed", failed},
          {"resets", resets},
          {"cache_hits", hits},
          {"cache_misses", misses},
          {"cache_stale", stale},
          {"hedges", hedges},
          {"retries", retries},
          {"takeovers", takeovers},
          {"compressions", forms_made},
          {"compressed_hits", forms_served}};
}

std::vector<const dns::ServedCounters*> all_dns(const ServingThread& thread) {
  std::vector<const dns::ServedCounters*> all;
  for (const auto* servers : {&thread.dns(), &thread.dns_tls()}) {
    for (const auto& server : *servers) {
      all.push_back(&server->counters().udp.served);
      all.push_back(&server->counters().tcp.served);
    }
  }
  return all;
}

Result<std::string> signed_zone_text(const dns::DnsPublisher& publisher, const dns::PlainZone& zone) {
  const auto transfers = publisher.transfers().read();
  const auto of_zone = transfers->zones.find(zone.apex);
  if (of_zone == transfers->zones.end() || of_zone->second.content->signatures.empty()) {
    return fail(Fault::kInvalid, fmt::format("zone {} is not signed; give it dnssec = true", plain_name(zone.apex)));
  }
  const auto records = dns::whole_zone(of_zone->second.content);
  return dns::master_text(*records);
}

Json dns_json(const std::vector<std::unique_ptr<ServingThread>>& serving, const std::vector<io::Endpoint>& endpoints,
              const dns::DnsPublisher& publisher, const dns::Notifier& notifier) {
  uint64_t udp = 0, tcp = 0, dropped = 0, truncated = 0, proven = 0, limited = 0;
  std::map<std::string, uint64_t> by_rcode;
  for (const auto& thread : serving) {
    for (const auto* served : all_dns(*thread)) {
      const auto& counters = served->answers;
      udp += counters.queries_udp.get();
      tcp += counters.queries_tcp.get();
      dropped += counters.dropped.get();
      truncated += counters.truncated.get();
      proven += counters.proven.get();
      limited += counters.limited.get();
      for (size_t code = 0; code < counters.by_rcode.size(); ++code) {
        by_rcode[std::string(dnswire::rcode_name(static_cast<dnswire::Rcode>(code)))] += counters.by_rcode[code].get();
      }
    }
  }
  Json listen = Json::array();
  for (const auto& endpoint : endpoints) listen.push_back(io::format_endpoint(endpoint));
  Json decisions = Json::array();
  for (const auto& decision : publisher.decisions()) {
    decisions.push_back(
        {{"name", decision.name}, {"type", decision.type}, {"answers", decision.chosen}, {"why", routing::why_name(decision.why)}});
  }
  return {{"listen", std::move(listen)},
          {"queries_udp", udp},
          {"queries_tcp", tcp},
          {"dropped", dropped},
          {"truncated", truncated},
          {"proven", proven},
          {"rate_limited", limited},
          {"by_rcode", by_rcode},
          {"records", std::move(decisions)},
          {"zones", zones_json(publisher)},
          {"secondaries", secondaries_json(notifier)}};
}

}  // namespace

Task<Replications> Node::replication_status() {
  auto* replicators = &replication_->replicators();
  co_return co_await io::call_on<Replications>(replication_->loop(), loop_, [replicators] { return gather_status(*replicators); });
}

Task<std::string> Node::status_json() {
  const auto replication = co_await replication_status();
  const auto health = health_board_.read();
  const StateView view{settings_, *health, steersman_->now(), replication, loop_.wall()};
  Json json{{"node", settings_.node.name}, {"version", "0.1.0"}};
  json["time"] = format_iso8601(view.now);
  json["uptime_seconds"] = std::chrono::duration<double>(view.now - started_at_).count();
  json["ready"] = ready();
  json["regions"] = regions_document(view);
  json["checks"] = checks_document(view);
  json["sites"] = sites_document(view);
  for (auto& site : json["sites"]) site["choice"] = choice_json(settings_.sites.at(site["name"].get<std::string>()), preferences_);
  json["edge"] = edge_json(serving_, endpoints_.edge);
  json["edge"]["disk"] = disk_json(disk_cache_.get());
  json["edge"]["reads"] = reads_json(serving_, news_);
  json["edge"]["regions"] = edge_regions_json(serving_);
  json["edge"]["tls"] = tls_json(tls_server_.get());
  json["dns"] = dns_json(serving_, endpoints_.dns, publisher_, notifier_);
  if (route53_) json["dns"]["route53"] = route53_json(route53_->publisher());
  json["dns"]["alias_targets"] = alias_targets_json(outside_.book());
  json["alerts"] = alerts_document(alerts_->status());
  json["silences"] = silences_document(alerts_->silences());
  json["certificates"] = certificates_document(certificates_->status(), view.now);
  co_return to_text(json);
}

Task<std::string> Node::regions_json() {
  const auto replication = co_await replication_status();
  const auto health = health_board_.read();
  co_return to_text(regions_document({settings_, *health, steersman_->now(), replication, loop_.wall()}));
}

Task<std::string> Node::checks_json() {
  const auto health = health_board_.read();
  co_return to_text(checks_document({settings_, *health, steersman_->now(), {}, loop_.wall()}));
}

Result<std::string> Node::keep_drill(const std::string& report) {
  TRY(const auto id, drills_.keep(report));
  const auto json = Json::parse(report, nullptr, false);
  const auto region = json["region"].get<std::string>();
  events_.add(
      "drill", region,
      fmt::format("drill {} of region {}, {}: {}", id, region, json["fault"].get<std::string>(), json["verdict"].get<std::string>()));
  return to_text(Json{{"id", id}});
}

Task<Result<void>> Node::purge(console::PurgeRequest request) {
  CO_TRY_VOID(known_site(request.site));
  if (!purges_) co_return fail(Fault::kInvalid, "this node has no edge, so nothing is cached");
  const edge::PurgeOrder order{static_cast<edge::PurgeKind>(request.what), request.site, request.value};
  auto purged = purges_->purge(order);
  const auto what = request.what == console::PurgeRequest::What::kSite ? std::string("all") : fmt::format("\"{}\"", request.value);
  events_.add("purge", request.site, fmt::format("the cache of site {} is purged: {}", request.site, what));
  if (!purged) co_return wrap(std::move(purged).error(), "purged, but after a restart it may be back");
  co_return Result<void>{};
}

Task<Result<std::string>> Node::zone_text(std::string zone, console::ZoneForm form) {
  CO_TRY(const auto apex, dns::Name::parse(zone));
  std::string names;
  for (const auto& known : publisher_.zones()) {
    if (known.apex == apex && form == console::ZoneForm::kSigned) co_return signed_zone_text(publisher_, known);
    if (known.apex == apex) co_return dns::master_text(known);
    names += (names.empty() ? "" : ", ") + plain_name(known.apex);
  }
  co_return fail(Fault::kNotFound, fmt::format("there is no zone \"{}\"; there are: {}", zone, names));
}

Task<Result<std::string>> Node::differences_json(std::string site) {
  CO_TRY_VOID(known_site(site));
  auto* replicators = &replication_->replicators();
  co_return co_await io::call_on<Result<std::string>>(replication_->loop(), loop_,
                                                      [replicators, site] { return differences_there(*replicators, site); });
}

Task<Result<std::string>> Node::sync(std::string site, std::function<void(std::string)> on_progress) {
  CO_TRY_VOID(known_site(site));
  auto* replicators = &replication_->replicators();
  auto* home = &loop_;
  co_return co_await io::call_on<Result<std::string>>(
      replication_->loop(), loop_, [replicators, site, home, on_progress] { return sync_there(*replicators, site, *home, on_progress); });
}

// An event names a bucket; several regions may have buckets of that name, and a look tells which one it was.
Task<Result<size_t>> Node::webhook(std::string body) {
  CO_TRY(const auto events, s3::parse_events(body));
  std::vector<Hint> hints;
  for (const auto& event : events) {
    for (const auto& [site_name, site] : settings_.sites) {
      for (const auto& region : site.regions) {
        if (settings_.regions.at(region).bucket != event.bucket) continue;
        hints.push_back({site_name, region, event.key, event.beside_content() ? "" : event.etag, event.removed()});
      }
    }
  }
  auto* replicators = &replication_->replicators();
  co_return co_await io::call_on<Result<size_t>>(replication_->loop(), loop_,
                                                 [replicators, hints] { return hint_there(*replicators, hints); });
}

namespace {

using console::MetricsText;
using console::MetricType;
using Label = std::pair<std::string_view, std::string_view>;

void health_metrics(MetricsText& out, const HealthSnapshot& health, const health::HealthCounters& counters) {
  for (const auto& check : health.checks) {
    const std::array<Label, 1> labels{{{"check", check.name}}};
    out.add(MetricType::kGauge, "evershore_check_up", "1 up, 0 down, 0.5 unknown.", labels,
            check.health == Health::kUp     ? 1
            : check.health == Health::kDown ? 0
                                            : 0.5);
  }
  out.add(MetricType::kCounter, "evershore_probes_total", "Health probes made.", {}, static_cast<double>(counters.probes.get()));
  out.add(MetricType::kCounter, "evershore_probe_failures_total", "Health probes that failed.", {},
          static_cast<double>(counters.probe_failures.get()));
}

struct ReplicationMetric {
  std::string_view name;
  std::string_view help;
  MetricType type;
  double (*value)(const replicate::RegionReplication&);
};
constexpr std::array<ReplicationMetric, 9> kReplicationMetrics{{
    {"evershore_replication_lag_seconds", "From the change to its copy here, for the last one copied.", MetricType::kGauge,
     [](const replicate::RegionReplication& r) { return std::chrono::duration<double>(r.last_lag).count(); }},
    {"evershore_replication_oldest_pending_seconds", "How long the oldest change has been missing here.", MetricType::kGauge,
     [](const replicate::RegionReplication& r) { return std::chrono::duration<double>(r.oldest_pending).count(); }},
    {"evershore_replication_pending_keys", "Keys this region may lack.", MetricType::kGauge,
     [](const replicate::RegionReplication& r) { return static_cast<double>(r.pending); }},
    {"evershore_replication_ready", "1 when the region may serve, by the failback gate.", MetricType::kGauge,
     [](const replicate::RegionReplication& r) { return r.ready ? 1.0 : 0.0; }},
    {"evershore_replication_objects_total", "Objects copied into this region.", MetricType::kCounter,
     [](const replicate::RegionReplication& r) { return static_cast<double>(r.counters->objects_copied.get()); }},
    {"evershore_replication_bytes_total", "Bytes copied into this region.", MetricType::kCounter,
     [](const replicate::RegionReplication& r) { return static_cast<double>(r.counters->bytes_copied.get()); }},
    {"evershore_replication_errors_total", "Requests to this region that failed.", MetricType::kCounter,
     [](const replicate::RegionReplication& r) { return static_cast<double>(r.counters->errors.get()); }},
    {"evershore_replication_unguarded_writes_total", "Overwrites and deletes that the store could not make conditional.",
     MetricType::kCounter, [](const replicate::RegionReplication& r) { return static_cast<double>(r.counters->unguarded_writes.get()); }},
    {"evershore_replication_tags_left_out_total", "Objects copied without their tags into a region that has none.", MetricType::kCounter,
     [](const replicate::RegionReplication& r) { return static_cast<double>(r.counters->tags_left_out.get()); }},
}};

void replication_metrics(MetricsText& out, const Replications& replication) {
  for (const auto& metric : kReplicationMetrics) {
    for (const auto& site : replication) {
      for (const auto& region : site.regions) {
        const std::array<Label, 2> labels{{{"site", site.site}, {"region", region.region}}};
        if (region.counters != nullptr) out.add(metric.type, metric.name, metric.help, labels, metric.value(region));
      }
    }
  }
}

void conflict_metrics(MetricsText& out, const Replications& replication) {
  for (const auto& site : replication) {
    const std::array<Label, 1> labels{{{"site", site.site}}};
    out.add(MetricType::kGauge, "evershore_replication_conflicts", "Losers of crossing writes that are kept.", labels,
            static_cast<double>(site.conflicts.present));
  }
  for (const auto& site : replication) {
    const std::array<Label, 1> labels{{{"site", site.site}}};
    out.add(MetricType::kCounter, "evershore_replication_conflicts_total", "Writes that lost against one that crossed them.", labels,
            static_cast<double>(site.conflicts.kept + site.conflicts.dropped));
  }
}

void counter(MetricsText& out, std::string_view name, std::string_view help, const Json& value) {
  out.add(MetricType::kCounter, name, help, {}, value.get<double>());
}

void disk_metrics(MetricsText& out, const Json& disk) {
  if (disk.is_null()) return;
  out.add(MetricType::kGauge, "evershore_edge_disk_bytes", "Bytes of the cache on disk.", {}, disk["bytes"].get<double>());
  out.add(MetricType::kGauge, "evershore_edge_disk_objects", "Objects in the cache on disk.", {}, disk["objects"].get<double>());
  for (const char* name : {"hits", "misses", "writes", "writes_skipped", "write_failures", "read_failures"}) {
    counter(out, fmt::format("evershore_edge_disk_{}_total", name), fmt::format("Cache on disk: {}.", name), disk[name]);
  }
}

struct TransferMetric {
  std::string_view kind;
  Counter dns::TransferCounters::* counter;
};
constexpr std::array<TransferMetric, 7> kTransferMetrics{{{"whole", &dns::TransferCounters::whole},
                                                          {"steps", &dns::TransferCounters::steps},
                                                          {"up_to_date", &dns::TransferCounters::up_to_date},
                                                          {"refused", &dns::TransferCounters::refused},
                                                          {"busy", &dns::TransferCounters::busy},
                                                          {"unfinished", &dns::TransferCounters::unfinished},
                                                          {"bad_tsig", &dns::TransferCounters::bad_tsig}}};

void alias_metrics(MetricsText& out, const dns::OutsideResolver& outside) {
  const auto& book = outside.book();
  out.add(MetricType::kGauge, "evershore_dns_alias_questions", "Addresses of ALIAS targets outside the zones that are kept up to date.", {},
          static_cast<double>(book.states().size()));
  out.add(MetricType::kGauge, "evershore_dns_alias_failing", "Those of them that no resolver answers now; the last known ones stay.", {},
          static_cast<double>(book.failing()));
  const auto& counters = outside.counters();
  const auto total = [&](std::string_view result, const Counter& count) {
    const std::array<Label, 1> labels{{{"result", result}}};
    out.add(MetricType::kCounter, "evershore_dns_alias_lookups_total", "Look-ups of ALIAS targets by what came of them.", labels,
            static_cast<double>(count.get()));
  };
  total("addresses", counters.answered);
  total("nothing", counters.nothing);
  total("failed", counters.failed);
}

void transfer_metrics(MetricsText& out, const std::vector<std::unique_ptr<ServingThread>>& serving, const dns::Notifier& notifier) {
  for (const auto& metric : kTransferMetrics) {
    uint64_t sum = 0;
    for (const auto& thread : serving) {
      for (const auto* served : all_dns(*thread)) sum += (served->transfers.*metric.counter).get();
    }
    const std::array<Label, 1> labels{{{"kind", metric.kind}}};
    out.add(MetricType::kCounter, "evershore_dns_transfers_total", "Zone transfers by outcome.", labels, static_cast<double>(sum));
  }
  const auto& counters = notifier.counters();
  const auto total = [&](std::string_view name, std::string_view help, const Counter& count) {
    out.add(MetricType::kCounter, name, help, {}, static_cast<double>(count.get()));
  };
  total("evershore_dns_notify_sent_total", "NOTIFY messages sent to secondaries.", counters.sent);
  total("evershore_dns_notify_acknowledged_total", "Changes that a secondary acknowledged.", counters.acknowledged);
  total("evershore_dns_notify_given_up_total", "Changes that a secondary never acknowledged.", counters.given_up);
  for (const auto& [address, zone, state] : notifier.status()) {
    const std::array<Label, 2> labels{{{"secondary", address}, {"zone", zone}}};
    out.add(MetricType::kGauge, "evershore_dns_secondary_acknowledged", "1 when the secondary has acknowledged the present serial.", labels,
            state.acknowledged ? 1 : 0);
  }
}

}  // namespace

Task<std::string> Node::metrics_text() {
  const auto replication = co_await replication_status();
  MetricsText out;
  health_metrics(out, *health_board_.read(), health_->counters());
  replication_metrics(out, replication);
  conflict_metrics(out, replication);
  const auto edge = edge_json(serving_, endpoints_.edge);
  for (const char* name : {"requests", "failed", "resets", "cache_hits", "cache_misses", "cache_stale", "hedges", "retries", "takeovers",
                           "compressions", "compressed_hits"}) {
    counter(out, fmt::format("evershore_edge_{}_total", name), fmt::format("Edge: {}.", name), edge[name]);
  }
  std::vector<const io::Http2Counters*> http2;
  for (const auto& thread : serving_) thread->edge().each_http2([&http2](const auto& counters) { http2.push_back(&counters); });
  http2_metrics(out, http2);
  std::vector<const io::HttpServerCounters*> edge_servers;
  for (const auto& thread : serving_) thread->edge().each_server([&](const auto& counters) { edge_servers.push_back(&counters); });
  if (front_) front_->metrics(out, edge_servers);
  tls_metrics(out, tls_server_.get());
  disk_metrics(out, disk_json(disk_cache_.get()));
  reads_metrics(out, reads_json(serving_, news_));
  edge_regions_metrics(out, edge_regions_json(serving_));
  certificate_metrics(out, certificates_->status(), certificates_->counters());
  alert_metrics(out, alerts_->status());
  for (size_t i = 0; i < serving_.size(); ++i) {
    const auto loop = std::to_string(i);
    const std::array<Label, 1> labels{{{"loop", loop}}};
    out.histogram("evershore_edge_first_byte_seconds", "From the request to the answer's head.", labels,
                  serving_[i]->edge().counters().first_byte);
  }
  const auto dns = dns_json(serving_, endpoints_.dns, publisher_, notifier_);
  counter(out, "evershore_dns_queries_udp_total", "DNS queries over UDP.", dns["queries_udp"]);
  counter(out, "evershore_dns_queries_tcp_total", "DNS queries over TCP.", dns["queries_tcp"]);
  counter(out, "evershore_dns_dropped_total", "Packets not worth an answer: too short, or answers themselves.", dns["dropped"]);
  counter(out, "evershore_dns_truncated_total", "Answers with TC: more than fits into a datagram.", dns["truncated"]);
  counter(out, "evershore_dns_proven_total", "Queries with a good cookie of ours.", dns["proven"]);
  counter(out, "evershore_dns_rate_limited_total", "Answers over dns.rate_limit, left out or cut down to a TC.", dns["rate_limited"]);
  for (const auto& [code, count] : dns["by_rcode"].items()) {
    const std::array<Label, 1> labels{{{"rcode", code}}};
    out.add(MetricType::kCounter, "evershore_dns_answers_total", "Answers by their code.", labels, count.get<double>());
  }
  std::vector<const dns::AnswerCounters*> servers;
  for (const auto& thread : serving_) {
    for (const auto* served : all_dns(*thread)) servers.push_back(&served->answers);
  }
  dns_query_metrics(out, servers, publisher_.counted_zones());
  dns_outcome_metrics(out, servers);
  dns_record_metrics(out, publisher_.decision_log().entries());
  out.histogram("evershore_dns_publish_seconds", "From news of health, or new settings, to the published answers.", {},
                publisher_.counters().build);
  transfer_metrics(out, serving_, notifier_);
  if (route53_) route53_metrics(out, route53_->publisher());
  alias_metrics(out, outside_);
  co_return out.take();
}

}  // namespace evershore::app
