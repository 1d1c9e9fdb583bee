// A running node: builds every part the settings mention, wires them by published snapshots, and lives on the control loop until
// it is told to stop. It decides nothing itself; it carries news from who knows to who needs it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme/run/certificates.h"
#include "app/drill_book.h"
#include "app/event_log.h"
#include "app/front.h"
#include "app/region_preferences.h"
#include "app/replication_thread.h"
#include "app/route53_wiring.h"
#include "app/serving_thread.h"
#include "app/steersman.h"
#include "console/run/admin_server.h"
#include "dns/run/dns_publisher.h"
#include "dns/run/notifier.h"
#include "dns/run/outside_resolver.h"
#include "edge/run/disk_cache.h"
#include "edge/run/fill_desk.h"
#include "edge/run/news_desk.h"
#include "edge/run/purge_desk.h"
#include "health/run/alerts.h"
#include "health/run/runner.h"
#include "io/line_log.h"
#include "io/workers.h"

namespace evershore::aws {
class QueueReader;
}

namespace evershore::app {

class Node final : public console::NodeApi, public edge::EvidenceSink {
 public:
  // Opens the state, listens everywhere, starts all threads. Errors name the setting.
  static Result<std::unique_ptr<Node>> start(Settings settings, std::string settings_path, Log log);
  ~Node() override;

  // Prints where it listens, then serves until SIGTERM or SIGINT; drains; returns.
  void run();

  // console::NodeApi, on the control loop
  Task<std::string> status_json() override;
  Task<std::string> regions_json() override;
  Task<std::string> checks_json() override;
  Task<std::string> metrics_text() override;
  Task<Result<std::string>> settings_json() override;
  Task<Result<std::string>> dns_query_json(console::DnsQuestion question) override;
  void note_action(std::string subject, std::string text) override { events_.add("admin", subject, std::move(text)); }
  Task<Result<std::string>> explain_json(std::string subject) override;
  Task<Result<std::string>> zone_text(std::string zone, console::ZoneForm form) override;
  Task<Result<std::string>> differences_json(std::string site) override;
  Task<Result<std::string>> conflicts_json(std::string site, std::string prefix) override;
  Task<Result<std::string>> gaps_json(std::string region, size_t keys_max) override;
  Task<Result<void>> settle_conflict(std::string site, std::string name, KeptBecomes becomes) override;
  Task<Result<void>> drain(console::DrainRequest request) override;
  Task<Result<void>> undrain(std::string region) override;
  Result<std::string> silence(console::SilenceRequest request) override;
  Result<void> end_silence(uint64_t id) override;
  std::string silences_json() override;
  Result<std::string> keep_drill(const std::string& report) override;
  std::string drills_json() override { return drills_.list_json(); }
  Result<std::string> drill_json(uint64_t id) override { return drills_.report_json(id); }
  Task<Result<void>> failover(std::string site, std::optional<std::string> region) override;
  Task<Result<void>> purge(console::PurgeRequest request) override;
  Task<Result<console::PrefetchReport>> prefetch(std::string site, std::vector<std::string> keys) override;
  Task<Result<void>> fault(std::string region, io::FaultMode mode, Duration for_span) override;
  Task<Result<size_t>> webhook(std::string body) override;
  Task<Result<std::string>> sync(std::string site, std::function<void(std::string)> on_progress) override;
  std::vector<console::Event> events_after(uint64_t after) override { return events_.after(after); }
  Task<void> wait_for_event(uint64_t after, Mono deadline) override;
  bool ready() const override;

  // edge::EvidenceSink, any thread
  void report(std::string_view region, ProbeResult result) override;

 private:
  Node(Settings settings, std::string settings_path, Log log);
  Result<void> open_state();
  Result<void> configure_dns(const Settings& settings);
  Result<void> load_dns(const Settings& settings);
  void open_disk_cache();
  Result<void> open_certificates();
  std::optional<acme::Certificates::Wanted> wanted_certificates(const Settings& settings) const;
  Result<std::shared_ptr<io::TlsServerContext>> tls_server(const EdgeSettings& edge) const;
  void publish_edge_config();
  void on_certificates();
  Result<void> publish_proofs(std::vector<acme::DnsProof> proofs);
  void on_certificate_news(const acme::CertificateNews& news);
  Result<void> listen();
  Result<void> drop_root();
  Result<void> start_serving();
  Result<void> start_admin();
  void start_health();
  void announce() const;
  void reload();
  void apply(Settings next);
  void configure_front();
  Task<void> apply_when_known(Settings next, uint64_t number);
  void stop_soon();
  void warn_of_certificates() const;
  Task<void> shut_down();

  void on_health_change(const HealthSnapshot& health, const health::HealthChange& change);
  void refresh_answers();
  void step_preferences();
  void prefer_again(const std::string& region, bool undrained);
  RegionPreferences::Load load_of(const std::string& region) const;
  void refresh_keys();
  void on_zones_published();
  Result<void> open_route53(const DnsSettings& settings);
  void publish_to_route53();
  Task<void> learn_outside(const DnsSettings& settings);
  void follow_outside(const DnsSettings& settings);
  void on_outside_addresses();
  void on_outside_trouble(const dns::Name& name, dns::OutsideBook::Trouble trouble, const std::string& why);
  void take_readiness(const std::vector<SiteReadiness>& all);
  void watch_for_alerts();
  Task<void> look_at_replication();
  Task<void> look_at_disks();
  health::HealthSettings health_settings(const Settings& settings) const;
  dns::SiteAnswers site_answers() const;
  Task<std::vector<replicate::SiteReplicationStatus>> replication_status();
  Task<Result<std::string>> explain_key(std::string site, std::string key);
  Task<Result<std::string>> explain_request(std::string id);
  Task<std::vector<std::string>> breakers();
  Result<void> known_region(const std::string& region) const;
  Result<void> known_site(const std::string& site) const;
  void read_event_queues();
  void stop_event_queues();
  void on_conflict(const std::string& site, const std::string& key, const std::string& region);

  Settings settings_;
  const std::string settings_path_;
  Log log_;
  io::Loop loop_;  // control
  Wall started_at_{};
  io::FaultBoard faults_;
  std::shared_ptr<io::TlsClientContext> tls_client_;
  std::shared_ptr<io::TlsTicketKeys> ticket_keys_ = io::make_ticket_keys();
  std::shared_ptr<io::TlsServerContext> tls_server_;  // null: no certificate
  EventLog events_;
  DrillBook drills_;
  Published<HealthSnapshot> health_board_;
  Published<edge::EdgeConfig> edge_config_;
  std::string remembered_health_;
  std::vector<health::Silence> remembered_silences_;  // until the alerts have them
  KeyNews news_;
  edge::NewsDesk news_desk_{news_};
  std::unique_ptr<ReplicationThread> replication_;
  std::unique_ptr<Steersman> steersman_;
  RegionPreferences preferences_;
  dns::DnsPublisher publisher_;
  const dnswire::CookieSecret cookie_secret_;
  dns::RateLimiter rate_limiter_;
  dns::Notifier notifier_;
  dns::OutsideResolver outside_;
  std::unique_ptr<Route53Wiring> route53_;  // null: nothing is published there
  std::set<dns::Name> outside_told_;        // names whose trouble people know of
  std::unique_ptr<health::HealthRunner> health_;
  std::unique_ptr<health::Alerts> alerts_;
  std::unique_ptr<io::Workers> disk_watch_;  // null: nobody wants to know
  bool looking_at_disks_ = false;
  std::unique_ptr<io::Workers> log_reader_;  // null: no request has been explained yet
  ServingEndpoints endpoints_;
  std::unique_ptr<edge::DiskCache> disk_cache_;  // null: memory only
  std::unique_ptr<edge::PurgeDesk> purges_;
  edge::FillDesk fills_;
  std::unique_ptr<acme::Certificates> certificates_;
  std::string acme_thumbprint_;
  std::vector<acme::DnsProof> acme_proofs_;  // in the zones
  std::unique_ptr<Front> front_;             // null: no serving thread
  std::vector<std::unique_ptr<ServingThread>> serving_;
  std::unique_ptr<console::AdminServer> admin_;
  std::unique_ptr<io::HttpClient> queue_client_;
  std::vector<std::unique_ptr<aws::QueueReader>> queue_readers_;  // stopped ones, too, until the end
  std::string key_problem_;                                       // "" = none
  std::map<std::string, TimerId> fault_ends_;                     // by region
  uint64_t reloads_ = 0;
  bool stopping_ = false;
  TaskScope tasks_;
};

}  // namespace evershore::app
