#include "health/run/alerts.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_client.h"
#include "io/mail.h"
#include "io/process.h"
#include "io/tls.h"
#include "io/workers.h"

namespace evershore::health {

namespace {

constexpr std::string_view kRegionPrefix = "region/";
constexpr std::string_view kEdgePrefix = "edge/";
constexpr int kRetryFactor = 4;

AlertRules rules_of(const AlertSettings& settings) {
  const bool forgets = settings.format == AlertFormat::kAlertmanager && settings.repeat == Duration{};
  return {.hold = settings.hold,
          .repeat = forgets ? kAlertmanagerRepeat : settings.repeat,
          .recovery = settings.recovery,
          .group = settings.group};
}

// One webhook, program or list of mail addresses, and what it is to be told.
struct Receiver {
  Receiver(Scheduler& scheduler, AlertSettings own_settings, SilencedUntil silenced)
      : settings(std::move(own_settings)), desk(rules_of(settings), std::move(silenced)), wake(scheduler) {
    status.name = alert_receiver_name(settings);
    status.on = settings.on;
  }
  AlertSettings settings;
  AlertDesk desk;
  AlertReceiverStatus status;
  std::map<std::pair<std::string, std::string>, std::string> troubles;  // found by looking: kind, name -> state
  Signal wake;
  io::HttpCancel* request = nullptr;
  io::Process* process = nullptr;

  bool wants(std::string_view kind) const { return std::ranges::count(settings.on, kind) > 0; }
};

// The text is news for who is told of it the first time; a look that finds nothing wrong is none.
struct Look {
  std::string kind;
  std::string name;
  std::string state;
  std::string why;
};

std::string percent_text(uint64_t part, uint64_t whole) {
  return fmt::format("{:.1f} %", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::string alert_receiver_name(const AlertSettings& settings) {
  if (!settings.mail.server.empty()) return fmt::format("mail {}", fmt::join(settings.mail.to, ", "));
  if (settings.webhook.empty()) return "exec " + (settings.exec.empty() ? std::string() : settings.exec.front());
  const auto host = settings.webhook.find("//");
  const auto path = host == std::string::npos ? host : settings.webhook.find('/', host + 2);
  return "webhook " + (path == std::string::npos ? settings.webhook : settings.webhook.substr(0, path) + "/...");
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

  Task<Result<void>> post_mail(Receiver& receiver, std::string text) {
    if (!mailman) mailman = std::make_unique<io::Workers>(1);
    const auto& mail = receiver.settings.mail;
    const io::MailServer server{.url = mail.server, .user = mail.user, .password = mail.password, .starttls = mail.starttls};
    const io::Mail message{.from = mail.from, .to = mail.to, .text = std::move(text)};
    std::function<Result<void>()> sending = [this, &server, &message] {
      return io::send_mail(server, message, options.mail_timeout, cancelled);
    };
    co_return co_await io::OnWorker<Result<void>>{*mailman, loop, std::move(sending)};
  }

  std::string body_for(const Receiver& receiver, std::span<const AlertNotice> notices) const {
    const auto& settings = receiver.settings;
    return settings.mail.server.empty() ? alert_body(settings.format, notices, options.node, loop.wall())
                                        : alert_mail(settings.mail, notices, options.node, loop.wall());
  }

  Task<Result<void>> send(Receiver& receiver, std::string body) {
    if (!receiver.settings.mail.server.empty()) return post_mail(receiver, std::move(body));
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
      const size_t together = receiver.settings.group > Duration{} ? notices.size() : 1;
      for (size_t at = 0; at < notices.size(); at += together) {
        co_await deliver(receiver, body_for(receiver, std::span(notices).subspan(at, together)));
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

  void take_look(Receiver& receiver, const Look& look) {
    const auto key = std::pair(look.kind, look.name);
    const auto at = receiver.troubles.find(key);
    const auto before = at == receiver.troubles.end() ? std::string() : at->second;
    const AlertEvent event{.kind = look.kind, .name = look.name, .state = look.state, .before = before, .why = look.why, .at = loop.wall()};
    const bool trouble = is_trouble(event);
    if (trouble == !before.empty()) return;
    if (trouble) receiver.troubles[key] = look.state;
    if (!trouble) receiver.troubles.erase(key);
    take(receiver, event);
  }

  void take_looks(std::string_view kind, const std::function<Look(const AlertSettings&)>& look) {
    for (const auto& receiver : receivers) {
      if (receiver->wants(kind)) take_look(*receiver, look(receiver->settings));
    }
  }

  SilencedUntil silenced() {
    return [this](const AlertEvent& event) {
      const Wall now = loop.wall();
      const auto until = silences.until(event, now);
      return until ? loop.now() + (*until - now) : kNotSilenced;
    };
  }

  void wake_all() {
    for (const auto& receiver : receivers) receiver->wake.notify_all();
  }

  io::Loop& loop;
  Options options;
  Log log;
  io::HttpClient client;
  AlertCounters counters;
  Silences silences;
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::atomic<bool> cancelled = false;   // of a mail under way
  std::unique_ptr<io::Workers> mailman;  // null: no mail yet
  TaskScope tasks;
  bool stopping = false;
};

Alerts::Alerts(io::Loop& loop, const std::vector<AlertSettings>& settings, Options options, Log log)
    : impl_(std::make_unique<Impl>(loop, std::move(options), log)) {
  for (const AlertSettings& each : settings) {
    impl_->receivers.push_back(std::make_unique<Receiver>(loop, each, impl_->silenced()));
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
  impl_->take_looks("replication", [&](const AlertSettings& settings) {
    const bool late = oldest_pending > settings.behind;
    return Look{.kind = "replication",
                .name = site + "/" + region,
                .state = late ? "behind" : "in sync",
                .why = late ? fmt::format("region {} lacks {} keys of site {}, the oldest for {}", region, pending_keys, site,
                                          format_duration(oldest_pending))
                            : fmt::format("region {} lacks no old change of site {} any more", region, site)};
  });
}

void Alerts::tell_conflicts(const std::string& site, uint64_t kept) {
  impl_->take_looks("conflict", [&](const AlertSettings&) {
    return Look{.kind = "conflict",
                .name = site,
                .state = kept > 0 ? "open" : "settled",
                .why = kept > 0 ? fmt::format("of writes that crossed, {} that lost are kept: evershore conflicts list", kept)
                                : "no loser of writes that crossed is kept any more"};
  });
}

void Alerts::tell_deletes_held(const std::string& site, uint64_t held) {
  impl_->take_looks("delete_cap", [&](const AlertSettings&) {
    return Look{.kind = "delete_cap",
                .name = site,
                .state = held > 0 ? "held" : "released",
                .why = held > 0
                           ? fmt::format("{} deletes at once are more than replication.delete_cap allows: they wait to be looked at", held)
                           : "no delete waits any more"};
  });
}

void Alerts::tell_disk(const std::string& folder, uint64_t free_bytes, uint64_t total_bytes) {
  impl_->take_looks("disk", [&](const AlertSettings& settings) {
    const auto percent = static_cast<double>(settings.disk_free_percent);
    const bool low = static_cast<double>(free_bytes) * 100 < static_cast<double>(total_bytes) * percent;
    return Look{.kind = "disk",
                .name = folder,
                .state = low ? "low" : "enough",
                .why = fmt::format("{} of {} are free on its file system ({})", format_size(free_bytes), format_size(total_bytes),
                                   percent_text(free_bytes, total_bytes))};
  });
}

void Alerts::tell_clock(const std::string& region, Duration ahead) {
  impl_->take_looks("clock", [&](const AlertSettings& settings) {
    const Duration apart = ahead < Duration{} ? -ahead : ahead;
    return Look{
        .kind = "clock",
        .name = region,
        .state = apart > settings.clock_skew ? "skewed" : "in time",
        .why = fmt::format("the region's clock is {} {} this node's", format_duration(apart), ahead < Duration{} ? "behind" : "ahead of")};
  });
}

Result<Silence> Alerts::silence(Silence silence) {
  auto made = impl_->silences.add(std::move(silence), impl_->loop.wall());
  impl_->wake_all();
  return made;
}

void Alerts::restore(Silence silence) { impl_->silences.restore(std::move(silence), impl_->loop.wall()); }

bool Alerts::end_silence(uint64_t id) {
  const bool ended = impl_->silences.end(id);
  impl_->wake_all();
  return ended;
}

const std::vector<Silence>& Alerts::silences() const { return impl_->silences.all(); }

std::vector<uint64_t> Alerts::take_ended_silences() { return impl_->silences.take_ended(impl_->loop.wall()); }

bool Alerts::wants(std::string_view kind) const {
  return std::ranges::any_of(impl_->receivers, [kind](const auto& receiver) { return receiver->wants(kind); });
}

Task<void> Alerts::stop() {
  impl_->stopping = true;
  impl_->cancelled = true;
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
    Receiver receiver(loop, each, sender.silenced());
    const AlertNotice notice{.kind = AlertNotice::Kind::kTrouble, .event = event, .since = loop.wall()};
    auto body = sender.body_for(receiver, {&notice, 1});
    auto sent = co_await sender.send(receiver, std::move(body));
    outcomes.push_back({.receiver = receiver.status.name, .sent = std::move(sent)});
  }
  co_return outcomes;
}

}  // namespace evershore::health
