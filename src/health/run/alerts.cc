#include "health/run/alerts.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

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

// One webhook or program, and what waits for it.
struct Receiver {
  Receiver(Scheduler& scheduler, AlertSettings own_settings) : settings(std::move(own_settings)), wake(scheduler) {}
  AlertSettings settings;
  std::deque<std::string> queue;  // JSON
  Signal wake;
  io::HttpCancel* request = nullptr;
  io::Process* process = nullptr;

  std::string name() const { return settings.webhook.empty() ? settings.exec.front() : settings.webhook; }
};

}  // namespace

std::string alert_json(const AlertEvent& event, const std::string& node) {
  const std::string text = fmt::format("{} {} {}: {}", event.kind, event.name, event.state, event.why);
  const nlohmann::json json = {{"kind", event.kind}, {"name", event.name}, {"state", event.state},           {"before", event.before},
                               {"why", event.why},   {"node", node},       {"at", format_iso8601(event.at)}, {"text", text}};
  // Reasons may quote what servers sent: bytes that are no UTF-8 are replaced.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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

  Task<Result<void>> post_webhook(Receiver& receiver, std::string json) {
    CO_TRY(const auto url, io::parse_http_url(receiver.settings.webhook));
    io::HttpRequest request{.method = "POST", .target = url.target, .body = std::move(json)};
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

  Task<Result<void>> run_program(Receiver& receiver, std::string json) {
    CO_TRY(const auto process, io::Process::start(loop, {.argv = receiver.settings.exec, .input = std::move(json)}));
    receiver.process = process.get();
    const auto end = co_await process->wait(loop.now() + options.exec_timeout);
    receiver.process = nullptr;
    if (!end) co_return std::unexpected(end.error());
    if (!end->ok()) co_return fail(Fault::kBroken, end->text());
    co_return Result<void>{};
  }

  Task<void> deliver(Receiver& receiver, std::string json) {
    Duration wait = options.first_retry_after;
    for (size_t tries = 1; !stopping; ++tries) {
      auto sent = receiver.settings.webhook.empty() ? run_program(receiver, json) : post_webhook(receiver, json);
      const auto outcome = co_await std::move(sent);
      if (outcome) {
        counters.delivered.add();
        co_return;
      }
      if (stopping) co_return;
      if (tries == kAlertTriesMax) {
        counters.failed.add();
        log.error("alert to {} given up after {} tries, last: {}", receiver.name(), tries, outcome.error().text);
        co_return;
      }
      counters.retried.add();
      log.warn("alert to {} failed, next try in {}: {}", receiver.name(), format_duration(wait), outcome.error().text);
      const Mono again = loop.now() + wait;
      while (!stopping && loop.now() < again) co_await receiver.wake.wait_until(again);
      wait *= kRetryFactor;
    }
  }

  Task<void> serve(Receiver& receiver) {
    while (!stopping) {
      if (receiver.queue.empty()) {
        co_await receiver.wake.wait();
        continue;
      }
      std::string json = std::move(receiver.queue.front());
      receiver.queue.pop_front();
      co_await deliver(receiver, std::move(json));
    }
  }

  void queue_for(Receiver& receiver, const AlertEvent& event) {
    if (receiver.queue.size() >= kAlertsQueuedMax) {
      receiver.queue.pop_front();
      counters.dropped.add();
      log.error("alerts for {} pile up: the oldest of {} was dropped", receiver.name(), kAlertsQueuedMax);
    }
    receiver.queue.push_back(alert_json(event, options.node));
    receiver.wake.notify_all();
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
    if (std::ranges::count(receiver->settings.on, event.kind) > 0) impl_->queue_for(*receiver, event);
  }
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

}  // namespace evershore::health
