#include "app/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "app/certificate_wiring.h"
#include "app/free_memory.h"
#include "app/node_parts.h"
#include "app/settings/settings.h"
#include "aws/run/queue_reader.h"
#include "base/text.h"
#include "io/files.h"
#include "io/process_rights.h"
#include "wire/s3/address.h"

namespace evershore::app {

namespace {

constexpr Duration kDrainGrace = std::chrono::seconds(10);

// "host:port" as the HTTP client dials it: what the drill's fault board goes by.
std::string fault_address(const RegionSettings& region) {
  const auto address = s3::address_of(region, "");
  return address ? fmt::format("{}:{}", address->host, address->port) : region.endpoint;
}

dnswire::CookieSecret cookie_secret_of(const DnsSettings& settings) {
  dnswire::CookieSecret secret;
  io::fill_random(secret);
  const auto given = from_hex(settings.cookie_secret.reveal());
  if (given && given->size() == secret.size()) std::ranges::copy(*given, secret.begin());
  return secret;
}

// Settings that are read for the sake of files that already have them, but change nothing in this version.
void warn_of_no_effect(const Settings& settings, const Log& log) {
  for (const auto& [name, site] : settings.sites) {
    if (site.replication.mode == ReplicationMode::kQuorum) log.warn("sites.{}.replication.mode \"quorum\" works as \"async\" yet", name);
  }
}

}  // namespace

Result<std::vector<io::Endpoint>> endpoints_of(const std::vector<std::string>& texts) {
  std::vector<io::Endpoint> endpoints;
  for (const auto& text : texts) {
    TRY(auto endpoint, io::parse_endpoint(text));
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Node::Node(Settings settings, std::string settings_path, Log log)
    : settings_(std::move(settings)),
      settings_path_(std::move(settings_path)),
      log_(log),
      started_at_(loop_.wall()),
      events_(loop_, log),
      health_board_(std::make_shared<const HealthSnapshot>()),
      edge_config_(std::make_shared<const edge::EdgeConfig>(
          edge::make_edge_config(settings_.edge, settings_.regions, settings_.sites, static_cast<uint32_t>(thread_count(settings_.node))))),
      preferences_(loop_, events_, [this](const std::string& region) { return load_of(region); }),
      publisher_(loop_, log.named("dns"), settings_.node.name),
      cookie_secret_(cookie_secret_of(settings_.dns)),
      rate_limiter_(settings_.dns.rate_limit),
      notifier_(loop_, log.named("dns")),
      outside_(loop_, log.named("dns")) {}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(Settings settings, std::string settings_path, Log log) {
  io::raise_descriptor_limit();
  std::unique_ptr<Node> node(new Node(std::move(settings), std::move(settings_path), log));
  warn_of_no_effect(node->settings_, log);
  TRY(node->tls_client_, io::TlsClientContext::make({}));
  TRY_VOID(node->open_state());
  auto* self = node.get();
  node->publisher_.on_published([self] { self->on_zones_published(); });
  node->publisher_.on_usable([self](std::string saved) { self->replication_->save(kUsableKey, std::move(saved)); });
  node->outside_.set_hooks(
      {.on_addresses = [self] { self->on_outside_addresses(); },
       .on_trouble = [self](const auto& name, auto trouble, const auto& why) { self->on_outside_trouble(name, trouble, why); }});
  node->loop_.run_until_done(node->learn_outside(node->settings_.dns));
  auto listening = node->open_route53(node->settings_.dns);
  if (listening) listening = node->configure_dns(node->settings_);
  if (listening) listening = node->open_certificates();
  if (listening) listening = node->listen();
  if (!listening) {
    if (node->route53_) node->loop_.run_until_done(node->route53_->stop());
    node->loop_.run_until_done(node->outside_.stop());
    return std::unexpected(std::move(listening).error());
  }
  node->start_health();
  node->notifier_.configure(node->settings_.dns, node->publisher_.transfers().read()->rules);
  node->replication_->configure(node->settings_);
  node->replication_->begin();
  node->read_event_queues();
  node->certificates_->start();
  for (auto& thread : node->serving_) thread->start();
  return node;
}

// An address may be taken: then the listeners that are there already are closed in good order.
Result<void> Node::listen() {
  auto listening = start_serving();
  if (listening) listening = start_admin();
  if (listening) listening = drop_root();
  if (listening) return {};
  if (admin_) loop_.run_until_done(admin_->drain(loop_.now()));
  for (auto& thread : serving_) thread->stop(Duration::zero());
  return listening;
}

// Ports below 1024 and keys that only root may read are ours by now. What the node writes from here on is that user's.
Result<void> Node::drop_root() {
  if (settings_.node.user.empty()) return {};
  TRY(const auto user, io::find_user(settings_.node.user));
  if (!io::is_root()) {
    if (io::user_id() == user.id) return {};
    return fail(Fault::kRefused, fmt::format("node.user: only root can become {}; start as root, or leave it out", user.name));
  }
  std::vector<std::string> trees{settings_.node.data};
  if (settings_.edge.cache_disk) trees.push_back(settings_.edge.cache_disk->path);
  for (const auto& tree : trees) TRY_VOID(io::give_tree_to(tree, user));
  if (front_) TRY_VOID(front_->give_log_to(user.id, user.group));
  auto dropped = io::become_user(user);
  if (!dropped) return wrap(std::move(dropped).error(), "node.user " + user.name);
  return {};
}

Result<void> Node::open_state() {
  auto* self = this;
  const auto on_readiness = [self](std::vector<SiteReadiness> all) {
    self->loop_.post([self, all = std::move(all)] { self->take_readiness(all); });
  };
  const auto on_conflict = [self](const std::string& site, const std::string& key, const std::string& region) {
    self->loop_.post([self, site, key, region] { self->on_conflict(site, key, region); });
  };
  TRY(replication_, ReplicationThread::open({.node = settings_.node,
                                             .health = health_board_,
                                             .faults = &faults_,
                                             .tls = tls_client_,
                                             .log = log_,
                                             .on_readiness = on_readiness,
                                             .news = &news_,
                                             .tell_news = [self](std::vector<KeyHasNews> keys) { self->news_desk_.tell(std::move(keys)); },
                                             .on_conflict = on_conflict}));
  TRY(const auto entries, replication_->board_entries());
  for (const auto& [key, value] : entries) {
    if (key == "health") remembered_health_ = value;
    if (auto silence = key.starts_with(kSilencePrefix) ? health::read_silence(value) : std::nullopt) {
      remembered_silences_.push_back(*std::move(silence));
    }
    if (key == kSerialsKey) publisher_.restore_serials(value);
    if (key == kUsableKey) publisher_.restore_usable(value);
    if (key == kOutsideKey) outside_.restore(value);
  }
  const auto save = [self](std::string key, std::optional<std::string> value) {
    self->replication_->save(std::move(key), std::move(value));
  };
  steersman_ = std::make_unique<Steersman>(loop_, events_, save, [self] { self->refresh_answers(); });
  steersman_->restore(entries, settings_);
  events_.restore(entries, save);
  drills_.restore(entries, save);
  return {};
}

// Without its disk the edge serves from memory and from the regions: no reason not to start.
void Node::open_disk_cache() {
  std::string purges;
  if (const auto& disk = settings_.edge.cache_disk) {
    auto store = edge::DiskStore::open(disk->path, disk->size_bytes);
    if (store) {
      purges = disk->path + "/purges";
      disk_cache_ = std::make_unique<edge::DiskCache>(std::move(*store));
      const auto& counters = disk_cache_->counters();
      log_.named("edge").info("cache on disk: {} objects, {} of {}, in {}", counters.objects.get(), format_size(counters.bytes.get()),
                              format_size(disk->size_bytes), disk->path);
    } else {
      log_.named("edge").warn("edge.cache.disk is not used: {}", store.error().text);
    }
  }
  purges_ = std::make_unique<edge::PurgeDesk>(std::move(purges), loop_.wall());
}

Result<void> Node::start_serving() {
  TRY(endpoints_.edge, endpoints_of(settings_.edge.listen));
  TRY(endpoints_.edge_tls, endpoints_of(settings_.edge.listen_tls));
  TRY(endpoints_.dns, endpoints_of(settings_.dns.listen));
  TRY(endpoints_.dns_tls, endpoints_of(settings_.dns.listen_tls));
  TRY(tls_server_, tls_server(settings_.edge));
  warn_of_certificates();
  if (endpoints_.none()) return {};
  open_disk_cache();
  front_ = std::make_unique<Front>(settings_.edge, thread_count(settings_.node), log_.named("edge"));
  TRY_VOID(front_->configure(settings_.edge));
  const auto start = static_cast<uint32_t>(io::random_u64());
  for (size_t i = 0; i < thread_count(settings_.node); ++i) {
    serving_.push_back(std::make_unique<ServingThread>(ServingInputs{
        .edge = {.config = edge_config_,
                 .health = health_board_,
                 .steering = steersman_->published(),
                 .disk = disk_cache_.get(),
                 .purges = purges_.get(),
                 .fills = &fills_,
                 .news = &news_desk_,
                 .preference = &preferences_.published(),
                 .access_log = &front_->access_log(i),
                 .start = start,
                 .loop = static_cast<uint32_t>(i)},
        .answers = publisher_.snapshots(),
        .dns_options =
            {.transfers = &publisher_.transfers(), .why = &publisher_.why(), .cookies = &cookie_secret_, .limiter = &rate_limiter_},
        .evidence = *this,
        .log = log_,
        .edge_options = {.server = front_->options(settings_.edge), .tls = tls_client_, .faults = &faults_}}));
    TRY_VOID(serving_.back()->listen(endpoints_, tls_server_));
  }
  return {};
}

Result<void> Node::start_admin() {
  if (settings_.admin.listen.empty()) return {};
  TRY(const auto endpoint, io::parse_endpoint(settings_.admin.listen));
  const console::AdminTokens tokens{.operate = settings_.admin.token, .view = settings_.admin.view_token};
  auto server = console::AdminServer::start(loop_, endpoint, tokens, *this, log_.named("admin"));
  if (!server) return wrap(std::move(server).error(), "admin.listen " + settings_.admin.listen);
  admin_ = std::move(*server);
  return {};
}

health::HealthSettings Node::health_settings(const Settings& settings) const {
  health::HealthSettings all{.regions = settings.regions, .checks = settings.health_checks, .edge = std::nullopt};
  const auto& listeners = endpoints_.edge.empty() ? endpoints_.edge_tls : endpoints_.edge;
  if (!listeners.empty()) {
    io::Endpoint endpoint = listeners.front();
    if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
    if (endpoint.address == "::") endpoint.address = "::1";
    all.edge = health::EdgeCheckSettings{.node = settings.node.name, .url = "tcp://" + io::format_endpoint(endpoint), .timing = {}};
  }
  return all;
}

void Node::start_health() {
  auto* self = this;
  health::HealthHooks hooks{.load = [self] { return self->remembered_health_; },
                            .store = [self](std::string state) { self->replication_->save("health", std::move(state)); },
                            .on_change = [self](const HealthSnapshot& h, const health::HealthChange& c) { self->on_health_change(h, c); },
                            .on_probe =
                                [self](std::string_view check, const ProbeResult& result) {
                                  if (result.ok && check.starts_with("region/"))
                                    self->preferences_.probed(std::string(check.substr(7)), result.took);
                                  if (result.clock_ahead) self->alerts_->tell_clock(std::string(check.substr(7)), *result.clock_ahead);
                                }};
  alerts_ =
      std::make_unique<health::Alerts>(loop_, settings_.alerts, health::Alerts::Options{.node = settings_.node.name}, log_.named("alerts"));
  health_ = std::make_unique<health::HealthRunner>(loop_, health_board_, std::move(hooks), health::Prober::Options{.faults = &faults_},
                                                   log_.named("health"));
  preferences_.configure(settings_.sites);
  health_->start(health_settings(settings_));
  refresh_answers();
  step_preferences();
  loop_.call_at(loop_.now() + kKeysInterval, [this] { refresh_keys(); });
  for (auto& silence : std::exchange(remembered_silences_, {})) alerts_->restore(std::move(silence));
  watch_for_alerts();
}

// DNS first: the answer must follow the verdict at once. Everything slow comes after.
void Node::on_health_change(const HealthSnapshot& health, const health::HealthChange& change) {
  publisher_.update(health, steersman_->now(), site_answers());
  publish_to_route53();
  const auto& check = change.check;
  const bool first = change.before == Health::kUnknown && check.health == Health::kUp;
  if (!first) {
    const bool region = check.name.starts_with("region/");
    const auto subject = region ? check.name.substr(7) : check.name;
    events_.add(region ? "region" : "check", subject,
                fmt::format("{} {} {}: {}, was {} {}", region ? "region" : "check", subject, health_name(check.health), check.why,
                            health_name(change.before), format_duration(change.lasted)));
  }
  if (auto alert = health::alert_of(change)) alerts_->tell(*alert);
  if (!check.name.starts_with("region/")) return;
  const auto region = check.name.substr(7);
  if (check.health == Health::kUp && change.before == Health::kDown) prefer_again(region, false);
  if (check.health != Health::kDown) return;
  preferences_.went(region);
  for (const auto& [name, site] : settings_.sites) {
    const bool member = std::ranges::find(site.regions, region) != site.regions.end();
    if (!member || site.failback.mode != FailbackMode::kManual || steersman_->now().drains.contains(region)) continue;
    steersman_->drain(region, fmt::format("went down; failback of site {} is manual: undrain it when it may serve again", name),
                      std::nullopt);
  }
}

void Node::take_readiness(const std::vector<SiteReadiness>& all) {
  for (const auto& [site, region, why_not] : all) {
    const auto at = settings_.sites.find(site);
    if (at == settings_.sites.end()) continue;
    const bool gated = at->second.failback.mode == FailbackMode::kInSync;
    if (gated && !why_not && steersman_->now().not_ready.contains({site, region})) preferences_.came_back(site, region);
    steersman_->set_readiness(site, region, gated ? why_not : std::nullopt);
  }
}

void Node::report(std::string_view region, ProbeResult result) {
  if (health_) health_->report_evidence(region_check_name(region), std::move(result));
}

Task<void> Node::wait_for_event(uint64_t after, Mono deadline) { return events_.wait(after, deadline); }

bool Node::ready() const {
  const auto health = health_board_.read();
  for (const auto& [name, region] : settings_.regions) {
    if (health->health_of(region_check_name(name)) == Health::kUnknown) return false;
  }
  return true;
}

void Node::announce() const {
  const auto say = [](std::string_view role, const std::vector<io::Endpoint>& endpoints) {
    for (const auto& endpoint : endpoints) fmt::print("{} listening on {}\n", role, io::format_endpoint(endpoint));
  };
  say("edge", endpoints_.edge);
  say("edge-tls", endpoints_.edge_tls);
  say("dns", endpoints_.dns);
  say("dns-tls", endpoints_.dns_tls);
  if (admin_) say("admin", {admin_->local()});
  fmt::print("node {} is ready\n", settings_.node.name);
  std::fflush(stdout);
}

void Node::run() {
  for (const int number : {SIGTERM, SIGINT}) loop_.on_signal(number, [this] { stop_soon(); });
  loop_.on_signal(SIGHUP, [this] { reload(); });
  announce();
  loop_.run();
  for (auto& thread : serving_) thread->stop(kDrainGrace);
  replication_->stop();
}

void Node::stop_soon() {
  if (std::exchange(stopping_, true)) return;
  log_.info("stopping: running requests may end within {}", format_duration(kDrainGrace));
  spawn_detached(shut_down());
}

// The serving threads drain after the control loop has ended (run()).
Task<void> Node::shut_down() {
  events_.wake();
  stop_event_queues();
  if (admin_) co_await admin_->drain(loop_.now() + std::chrono::seconds(1));
  co_await health_->stop();
  co_await alerts_->stop();
  co_await notifier_.stop();
  co_await outside_.stop();
  if (route53_) co_await route53_->stop();
  co_await certificates_->stop();
  co_await tasks_.join();
  loop_.stop();
}

void Node::reload() {
  // Whatever becomes of the settings: the log may have been moved away.
  if (front_) {
    if (auto opened = front_->reopen_log(); !opened) log_.warn("edge.access_log.path: {}; lines go where they went", opened.error().text);
  }
  auto loaded = load_settings(settings_path_);
  if (!loaded) {
    events_.add("settings", settings_path_, "reload refused, the old settings stay: " + loaded.error().text);
    return;
  }
  if (!loaded->problems.empty()) {
    std::string text = fmt::format("reload refused, the old settings stay: {} problems", loaded->problems.size());
    for (const auto& problem : loaded->problems) text += "; " + format_problem(problem);
    events_.add("settings", settings_path_, std::move(text));
    return;
  }
  tasks_.spawn(apply_when_known(std::move(loaded->settings), ++reloads_));
}

// A later reload goes before one that still waits.
Task<void> Node::apply_when_known(Settings next, uint64_t number) {
  co_await learn_outside(next.dns);
  if (number == reloads_ && !stopping_) apply(std::move(next));
}

void Node::apply(Settings next) {
  std::string restart;
  const auto frozen = [&restart](std::string_view name, bool changed) {
    if (changed) restart += (restart.empty() ? "" : ", ") + std::string(name);
  };
  frozen("node", next.node != settings_.node);
  frozen("edge.listen", next.edge.listen != settings_.edge.listen || next.edge.listen_tls != settings_.edge.listen_tls);
  frozen("edge.http2", next.edge.http2 != settings_.edge.http2);
  frozen("edge.cache",
         next.edge.cache_memory_bytes != settings_.edge.cache_memory_bytes || next.edge.cache_disk != settings_.edge.cache_disk);
  frozen("dns.listen", next.dns.listen != settings_.dns.listen || next.dns.listen_tls != settings_.dns.listen_tls);
  frozen("dns.publish", next.dns.publish != settings_.dns.publish || next.dns.route53 != settings_.dns.route53);
  frozen("admin", next.admin != settings_.admin);
  auto tls = tls_server(next.edge);
  auto dns = tls ? configure_dns(next) : Result<void>(std::unexpected(tls.error()));
  if (!dns) {
    follow_outside(settings_.dns);
    events_.add("settings", settings_path_, "reload refused, the old settings stay: " + dns.error().text);
    return;
  }
  next.node = settings_.node;
  const bool data_changed = next.regions != settings_.regions || next.sites != settings_.sites;
  const bool alerts_changed = next.alerts != settings_.alerts;
  steersman_->await_new_regions(settings_, next);
  settings_ = std::move(next);
  configure_front();
  publish_edge_config();
  if (auto configured = certificates_->configure(wanted_certificates(settings_)); !configured) {
    events_.add("settings", settings_path_, "the certificates stay as they were: " + configured.error().text);
  }
  on_certificates();
  notifier_.configure(settings_.dns, publisher_.transfers().read()->rules);
  steersman_->retain(settings_);
  preferences_.configure(settings_.sites);
  health_->reconfigure(health_settings(settings_));
  if (data_changed) replication_->configure(settings_);
  if (data_changed) read_event_queues();
  if (alerts_changed) frozen("alerts", true);
  refresh_answers();
  events_.add("settings", settings_path_,
              restart.empty() ? "settings reloaded" : "settings reloaded; these wait for a restart: " + restart);
}

void Node::configure_front() {
  if (!front_) return;
  if (auto configured = front_->configure(settings_.edge); !configured) {
    events_.add("settings", settings_path_, configured.error().text + "; lines go where they went");
  }
  for (auto& thread : serving_) thread->replace_server_options(front_->options(settings_.edge));
}

// --- what people ask for ---

Result<void> Node::known_region(const std::string& region) const {
  if (settings_.regions.contains(region)) return {};
  std::string names;
  for (const auto& [name, value] : settings_.regions) names += (names.empty() ? "" : ", ") + name;
  return fail(Fault::kNotFound, fmt::format("there is no region \"{}\"; there are: {}", region, names));
}

Result<void> Node::known_site(const std::string& site) const {
  if (settings_.sites.contains(site)) return {};
  std::string names;
  for (const auto& [name, value] : settings_.sites) names += (names.empty() ? "" : ", ") + name;
  return fail(Fault::kNotFound, fmt::format("there is no site \"{}\"; there are: {}", site, names));
}

Task<Result<void>> Node::drain(console::DrainRequest request) {
  CO_TRY_VOID(known_region(request.region));
  steersman_->drain(request.region, request.reason, request.for_span);
  co_return Result<void>();
}

Task<Result<void>> Node::undrain(std::string region) {
  CO_TRY_VOID(known_region(region));
  if (steersman_->now().drains.contains(region)) prefer_again(region, true);
  steersman_->undrain(region);
  co_return Result<void>();
}

Task<Result<void>> Node::failover(std::string site, std::optional<std::string> region) {
  CO_TRY_VOID(known_site(site));
  if (region) {
    const auto& members = settings_.sites.at(site).regions;
    if (std::ranges::find(members, *region) == members.end()) {
      co_return fail(Fault::kNotFound, fmt::format("site {} has no region \"{}\"; it has: {}", site, *region, fmt::join(members, ", ")));
    }
  }
  steersman_->pin(site, std::move(region));
  co_return Result<void>();
}

Task<Result<void>> Node::fault(std::string region, io::FaultMode mode, Duration for_span) {
  constexpr Duration kFaultMax = std::chrono::hours(1);
  CO_TRY_VOID(known_region(region));
  if (for_span > kFaultMax) co_return fail(Fault::kInvalid, "for: at most 1h");
  const auto address = fault_address(settings_.regions.at(region));
  loop_.cancel(std::exchange(fault_ends_[region], TimerId::kNone));
  faults_.set(address, mode);
  if (mode == io::FaultMode::kNone) {
    events_.add("drill", region, fmt::format("drill: region {} is as it is again", region));
    co_return Result<void>();
  }
  events_.add("drill", region, fmt::format("drill: region {} looks broken to this node for {}", region, format_duration(for_span)));
  fault_ends_[region] = loop_.call_at(loop_.now() + for_span, [this, region, address] {
    faults_.set(address, io::FaultMode::kNone);
    events_.add("drill", region, fmt::format("drill: region {} is as it is again (time over)", region));
  });
  co_return Result<void>();
}

}  // namespace evershore::app
