#include "health/run/alerts.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_client.h"
#include "io/process.h"
#include "io/tls.h"

namespace evershore::health {

namespace {

constexpr std::string_view kRegionPrefix = "region/";
constexpr std::string_view kEdgePrefix = "edge/";
constexpr int kRetryFactor = 4;

AlertRules rules_of(const AlertSettings& settings) {
  const bool forgets = settings.format == AlertFormat::kAlertmanager && settings.repeat == Duration{};
  return {.hold = settings.hold, .repeat = forgets ? kAlertmanagerRepeat : settings.repeat, .recovery = settings.recovery};
}

// One webhook or program, and what it is to be told.
struct Receiver {
  Receiver(Scheduler& scheduler, AlertSettings own_settings)
      : settings(std::move(own_settings)), desk(rules_of(settings)), wake(scheduler) {
    status.name = alert_receiver_name(settings);
    status.on = settings.on;
  }
  AlertSettings settings;
  AlertDesk desk;
  AlertReceiverStatus status;
  std::set<std::string> behind;  // "assets/west"
  Signal wake;
  io::HttpCancel* request = nullptr;
  io::Process* process = nullptr;

  bool wants(std::string_view kind) const { return std::ranges::count(settings.on, kind) > 0; }
};

std::string one_line(const AlertNotice& notice) {
  const auto& event = notice.event;
  const char* still = notice.kind == AlertNotice::Kind::kAgain ? "still " : "";
  return fmt::format("{} {} {}{}: {}", event.kind, event.name, still, event.state, event.why);
}

// Reasons may quote what servers sent: bytes that are no UTF-8 are replaced.
std::string dumped(const nlohmann::json& json) { return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

std::string alertmanager_json(const AlertNotice& notice, const std::string& node, Wall now) {
  const auto& event = notice.event;
  nlohmann::json alert = {
      {"labels", {{"alertname", "Evershore_" + event.kind}, {"kind", event.kind}, {"name", event.name}, {"node", node}}},
      {"annotations", {{"summary", one_line(notice)}, {"state", event.state}}}};
  if (notice.since != Wall{}) alert["startsAt"] = format_iso8601(notice.since);
  if (notice.kind == AlertNotice::Kind::kRecovery) alert["endsAt"] = format_iso8601(now);
  return dumped(nlohmann::json::array({std::move(alert)}));
}

}  // namespace

std::string alert_receiver_name(const AlertSettings& settings) {
  if (settings.webhook.empty()) return "exec " + (settings.exec.empty() ? std::string() : settings.exec.front());
  const auto host = settings.webhook.find("//");
  const auto path = host == std::string::npos ? host : settings.webhook.find('/', host + 2);
  return "webhook " + (path == std::string::npos ? settings.webhook : settings.webhook.substr(0, path) + "/...");
}

std::string alert_json(const AlertNotice& notice, const std::string& node) {
  const auto& event = notice.event;
  return dumped({{"kind", event.kind},
                 {"name", event.name},
                 {"state", event.state},
                 {"before", event.before},
                 {"why", event.why},
                 {"node", node},
                 {"at", format_iso8601(event.at)},
                 {"text", one_line(notice)},
                 {"trouble", notice.kind != AlertNotice::Kind::kRecovery},
                 {"again", notice.kind == AlertNotice::Kind::kAgain}});
}

std::string alert_body(AlertFormat format, const AlertNotice& notice, const std::string& node, Wall now) {
  switch (format) {
    case AlertFormat::kJson: return alert_json(notice, node);
    case AlertFormat::kSlack: return dumped({{"text", fmt::format("[{}] {}", node, one_line(notice))}});
    case AlertFormat::kAlertmanager: return alertmanager_json(notice, node, now);
  }
  return alert_json(notice, node);
}

std::optional<AlertEvent> alert_of(const HealthChange& change) {
  const std::string& name = change.check.name;
  if (name.starts_with(kEdgePrefix) || change.check.health == Health::kUnknown) return std::nullopt;
  if (change.before == Health::kUnknown && change.check.health == Health::kUp) return std::nullopt;
  const bool region = name.starts_with(kRegionPrefix);
  return AlertEvent{.kind = region ? "region" : "health_check",
                    .name = region ? name.substr(kRegionPrefix.size()) : name,
                    .state = std::string(health_name(change.check.health)),
                    .before = change.before == Health::kUnknown ? "" : std::string(health_name(change.before)),
                    .why = change.check.why,
                    .at = change.check.since};
}

struct Alerts::Impl {
  Impl(io::Loop& own_loop, Options own_options, Log own_log)
      : loop(own_loop), options(std::move(own_options)), log(own_log), client(own_loop, {.tls = system_tls(), .keep_alive = false}) {}

  static std::shared_ptr<io::TlsClientContext> system_tls() {
    auto context = io::TlsClientContext::make({});
    return context ? *std::move(context) : nullptr;
  }

  Task<Result<void>> post_webhook(Receiver& receiver, std::string body) {
    CO_TRY(const auto url, io::parse_http_url(receiver.settings.webhook));
    io::HttpRequest request{.method = "POST", .target = url.target, .body = std::move(body)};
    const auto& token = receiver.settings.token;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token.reveal());
    request.headers.set("Content-Type", "application/json");
    request.headers.set("User-Agent", "evershore-alerts");
    const Duration budget = options.webhook_timeout;
    io::HttpCancel cancel;
    receiver.request = &cancel;
    const auto response =
        co_await client.send(url.origin, std::move(request), {.connect = budget, .first_byte = budget, .stall = budget}, &cancel);
    receiver.request = nullptr;
    if (!response) co_return std::unexpected(response.error());
    const uint16_t status = (*response)->head().status;
    if (status < 200 || status >= 300) co_return fail(Fault::kBroken, fmt::format("answered {}", status));
    co_return Result<void>{};
  }

  Task<Result<void>> run_program(Receiver& receiver, std::string body) {
    CO_TRY(const auto process, io::Process::start(loop, {.argv = receiver.settings.exec, .input = std::move(body)}));
    receiver.process = process.get();
    const auto end = co_await process->wait(loop.now() + options.exec_timeout);
    receiver.process = nullptr;
    if (!end) co_return std::unexpected(end.error());
    if (!end->ok()) co_return fail(Fault::kBroken, end->text());
    co_return Result<void>{};
  }

  Task<Result<void>> send(Receiver& receiver, std::string body) {
    return receiver.settings.webhook.empty() ? run_program(receiver, std::move(body)) : post_webhook(receiver, std::move(body));
  }

  void note(Receiver& receiver, const Result<void>& outcome) {
    receiver.status.last_error = outcome ? "" : outcome.error().text;
    if (!outcome) return;
    ++receiver.status.delivered;
    receiver.status.last_delivered = loop.wall();
    counters.delivered.add();
  }

  Task<void> deliver(Receiver& receiver, std::string body) {
    Duration wait = options.first_retry_after;
    for (size_t tries = 1; !stopping; ++tries) {
      const auto outcome = co_await send(receiver, body);
      if (stopping && !outcome) co_return;
      note(receiver, outcome);
      if (outcome) co_return;
      if (tries == kAlertTriesMax) {
        ++receiver.status.failed;
        counters.failed.add();
        log.error("alert to {} given up after {} tries, last: {}", receiver.status.name, tries, outcome.error().text);
        co_return;
      }
      counters.retried.add();
      log.warn("alert to {} failed, next try in {}: {}", receiver.status.name, format_duration(wait), outcome.error().text);
      const Mono again = loop.now() + wait;
      while (!stopping && loop.now() < again) co_await receiver.wake.wait_until(again);
      wait *= kRetryFactor;
    }
  }

  Task<void> serve(Receiver& receiver) {
    while (!stopping) {
      const auto notices = receiver.desk.due(loop.now());
      if (notices.empty()) {
        co_await receiver.wake.wait_until(receiver.desk.next());
        continue;
      }
      for (const auto& notice : notices) {
        co_await deliver(receiver, alert_body(receiver.settings.format, notice, options.node, loop.wall()));
      }
    }
  }

  void take(Receiver& receiver, const AlertEvent& event) {
    if (receiver.desk.take(event, loop.now())) {
      receiver.wake.notify_all();
      return;
    }
    counters.dropped.add();
    log.error("alerts for {} pile up: {} are open, one more was dropped: {} {}", receiver.status.name, kAlertsOpenMax, event.kind,
              event.name);
  }

  void take_backlog(Receiver& receiver, const std::string& site, const std::string& region, Duration oldest, uint64_t keys) {
    const auto name = site + "/" + region;
    const bool late = oldest > receiver.settings.behind;
    if (late == receiver.behind.contains(name)) return;
    if (late) receiver.behind.insert(name);
    if (!late) receiver.behind.erase(name);
    const auto why = late
                         ? fmt::format("region {} lacks {} keys of site {}, the oldest for {}", region, keys, site, format_duration(oldest))
                         : fmt::format("region {} lacks no old change of site {} any more", region, site);
    take(receiver, {.kind = "replication",
                    .name = name,
                    .state = late ? "behind" : "in sync",
                    .before = late ? "in sync" : "behind",
                    .why = why,
                    .at = loop.wall()});
  }

  io::Loop& loop;
  Options options;
  Log log;
  io::HttpClient client;
  AlertCounters counters;
  std::vector<std::unique_ptr<Receiver>> receivers;
  TaskScope tasks;
  bool stopping = false;
};

Alerts::Alerts(io::Loop& loop, const std::vector<AlertSettings>& settings, Options options, Log log)
    : impl_(std::make_unique<Impl>(loop, std::move(options), log)) {
  for (const AlertSettings& each : settings) {
    impl_->receivers.push_back(std::make_unique<Receiver>(loop, each));
    impl_->tasks.spawn(impl_->serve(*impl_->receivers.back()));
  }
}

Alerts::~Alerts() { EVERSHORE_ASSERT(impl_->tasks.size() == 0); }

void Alerts::tell(const AlertEvent& event) {
  for (const auto& receiver : impl_->receivers) {
    if (receiver->wants(event.kind)) impl_->take(*receiver, event);
  }
}

void Alerts::tell_backlog(const std::string& site, const std::string& region, Duration oldest_pending, uint64_t pending_keys) {
  for (const auto& receiver : impl_->receivers) {
    if (receiver->wants("replication")) impl_->take_backlog(*receiver, site, region, oldest_pending, pending_keys);
  }
}

bool Alerts::wants(std::string_view kind) const {
  return std::ranges::any_of(impl_->receivers, [kind](const auto& receiver) { return receiver->wants(kind); });
}

Task<void> Alerts::stop() {
  impl_->stopping = true;
  for (const auto& receiver : impl_->receivers) {
    if (receiver->request != nullptr) receiver->request->cancel();
    if (receiver->process != nullptr) receiver->process->kill(SIGKILL);
    receiver->wake.notify_all();
  }
  co_await impl_->tasks.join();
}

const AlertCounters& Alerts::counters() const { return impl_->counters; }

std::vector<AlertReceiverStatus> Alerts::status() const {
  std::vector<AlertReceiverStatus> all;
  for (const auto& receiver : impl_->receivers) {
    all.push_back(receiver->status);
    all.back().open = receiver->desk.open();
  }
  return all;
}

Task<std::vector<AlertOutcome>> Alerts::test(io::Loop& loop, std::vector<AlertSettings> settings, Options options) {
  Impl sender(loop, options, {});
  std::vector<AlertOutcome> outcomes;
  for (const auto& each : settings) {
    const AlertEvent event{.kind = each.on.empty() ? "test" : each.on.front(),
                           .name = "test",
                           .state = "test",
                           .before = "",
                           .why = "this is a test of the alerts, nothing has happened",
                           .at = loop.wall()};
    Receiver receiver(loop, each);
    const AlertNotice notice{.kind = AlertNotice::Kind::kTrouble, .event = event, .since = loop.wall()};
    auto sent = co_await sender.send(receiver, alert_body(each.format, notice, options.node, loop.wall()));
    outcomes.push_back({.receiver = receiver.status.name, .sent = std::move(sent)});
  }
  co_return outcomes;
}

}  // namespace evershore::health
