// `evershore verify` and `evershore sync`: on the stores directly, without a running node. While a node runs, it alone holds the
// durable state; sync then asks the node to do it.
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "app/replicators.h"
#include "base/text.h"
#include "io/files.h"
#include "io/log_sink.h"
#include "queue/memory_queue.h"
#include "queue/memory_rows.h"
#include "queue/rocks_state.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;
using replicate::SiteReplicator;

// One line on stderr that is rewritten in place; nothing when stderr is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool on) : on_(on && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const std::string& text) {
    if (!on_) return;
    fmt::print(stderr, "\r\x1b[K{}", text);
    shown_ = true;
  }
  void clear() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  bool on_;
  bool shown_ = false;
};

std::string bar(uint64_t done, uint64_t total) {
  constexpr uint64_t kCells = 30;
  const uint64_t filled = total == 0 ? 0 : std::min(kCells, done * kCells / total);
  return "[" + std::string(filled, '#') + std::string(kCells - filled, '.') + "]";
}

std::string sync_line(const replicate::SyncProgress& p) {
  if (p.found == 0) return fmt::format("comparing: {} keys", p.scanned);
  const uint64_t done = p.found > p.pending ? p.found - p.pending : 0;
  return fmt::format("{} {} of {} keys, {} objects, {} copied", bar(done, p.found), done, p.found, p.objects_copied,
                     format_size(p.bytes_copied));
}

// What a stand-alone command works with: a loop, a log, replicators over a queue and rows.
struct Workshop {
  std::unique_ptr<io::LogOutput> log_output;
  io::Loop loop;
  std::unique_ptr<queue::RocksState> state;  // sync
  queue::MemoryQueue memory_queue;           // verify
  queue::MemoryRows memory_rows;
  std::unique_ptr<Replicators> replicators;
  SiteReplicator* site = nullptr;
};

Result<void> make_replicators(Workshop& shop, const Settings& settings, const std::string& site) {
  const bool durable = shop.state != nullptr;
  std::shared_ptr<io::TlsClientContext> tls;
  TRY(tls, io::TlsClientContext::make({}));
  shop.replicators = std::make_unique<Replicators>(
      ReplicatorsDeps{.loop = shop.loop,
                      .queue = durable ? shop.state->queue() : static_cast<queue::TaskQueue&>(shop.memory_queue),
                      .rows = durable ? shop.state->rows() : static_cast<queue::RowStore&>(shop.memory_rows),
                      .reachable = [](const std::string&) { return true; },
                      .faults = nullptr,
                      .tls = std::move(tls),
                      .node = settings.node.name,
                      .log = Log(*shop.log_output, "replicate")});
  auto only = settings.sites.at(site);
  if (only.replication.mode == ReplicationMode::kOff) only.replication.mode = ReplicationMode::kAsync;  // asked for by hand
  shop.replicators->build(settings.regions, {{site, only}});
  shop.site = shop.replicators->find(site);
  if (shop.site == nullptr) {
    return fail(
        Fault::kInvalid,
        fmt::format("site {} has fewer than two regions that can be listed (\"bare\" ones cannot): there is nothing to compare", site));
  }
  return {};
}

Result<Settings> settings_with_site(const GlobalOptions& global, const std::string& site) {
  auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  if (!settings->sites.contains(site)) {
    std::string names;
    for (const auto& [name, value] : settings->sites) names += (names.empty() ? "" : ", ") + name;
    return fail(Fault::kInvalid,
                fmt::format("there is no site \"{}\" in {}; there are: {}", site, global.settings_path, names.empty() ? "none" : names));
  }
  return std::move(*settings);
}

Task<void> verify_site(Workshop& shop, const GlobalOptions& global, Result<uint64_t>& out) {
  auto started = co_await shop.site->start(SiteReplicator::Scans::kOnRequest);
  if (!started) {
    out = std::unexpected(std::move(started).error());
    co_await shop.replicators->stop();
    co_return;
  }
  ProgressLine line(!global.json);
  const SiteReplicator::OnDifference on_difference = [&](const replicate::Difference& difference) {
    line.clear();
    if (global.json) {
      fmt::print("{}\n", Json{{"key", difference.key}, {"why", difference.why}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      fmt::print("{}: {}\n", difference.key, difference.why);
    }
  };
  const SiteReplicator::OnVerifyProgress on_progress = [&line](const replicate::VerifyProgress& p) {
    line.show(fmt::format("compared {} keys, {} differ", p.keys, p.differences));
  };
  out = co_await shop.site->verify(on_difference, on_progress);
  co_await shop.replicators->stop();
}

Task<void> sync_site(Workshop& shop, const GlobalOptions& global, Result<replicate::SyncReport>& out) {
  auto started = co_await shop.site->start(SiteReplicator::Scans::kOnRequest);
  if (!started) {
    out = std::unexpected(std::move(started).error());
    co_await shop.replicators->stop();
    co_return;
  }
  ProgressLine line(!global.json);
  const SiteReplicator::OnSyncProgress on_progress = [&line](const replicate::SyncProgress& p) { line.show(sync_line(p)); };
  out = co_await shop.site->sync(on_progress);
  co_await shop.replicators->stop();
}

int tell_sync(const GlobalOptions& global, const std::string& site, bool converged, uint64_t objects, uint64_t bytes, uint64_t keys,
              const std::string& why) {
  if (global.json) {
    fmt::print(
        "{}\n",
        Json{{"site", site}, {"converged", converged}, {"objects_copied", objects}, {"bytes_copied", bytes}, {"keys", keys}, {"why", why}}
            .dump());
  } else if (converged) {
    fmt::print("site {}: converged; {} keys compared, {} objects copied ({})\n", site, keys, objects, format_size(bytes));
  } else {
    fmt::print(stderr, "site {}: not converged: {}\n", site, why);
  }
  return converged ? kDone : kAnswerIsNo;
}

// The running node does it; progress comes line by line.
int sync_by_node(const GlobalOptions& global, const Settings& settings, const std::string& site) {
  auto client = AdminClient::for_settings(settings.admin);
  if (!client) return complain(kFailed, "a node is running on this state directory; " + client.error().text);
  Json result;
  std::string error;
  ProgressLine line(!global.json);
  auto done = client->post_lines("/api/v1/sites/" + site + "/sync", [&](std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return;
    if (json.contains("progress")) line.show(json.value("progress", ""));
    if (json.contains("result")) result = json["result"];
    if (json.contains("error")) error = json.value("error", "");
  });
  line.clear();
  if (!done) return complain(kFailed, done.error().text);
  if (!result.is_object()) return complain(kFailed, error.empty() ? "the node ended the sync without a result" : error);
  return tell_sync(global, site, result.value("converged", false), result.value("objects_copied", uint64_t{0}),
                   result.value("bytes_copied", uint64_t{0}), result.value("keys", uint64_t{0}), result.value("why", ""));
}

Result<std::unique_ptr<io::LogOutput>> open_log(const GlobalOptions& global) {
  // Progress and results are what these commands print; only warnings go beside them unless asked.
  const Level level = global.log_level == Level::kInfo ? Level::kWarn : global.log_level;
  return io::LogOutput::open({.level = level, .format = global.log_json ? io::LogFormat::kJson : io::LogFormat::kText, .path = ""});
}

}  // namespace

int command_verify(const GlobalOptions& global, const std::string& site) {
  auto settings = settings_with_site(global, site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  if (auto made = make_replicators(shop, *settings, site); !made) return complain(kUsage, made.error().text);
  Result<uint64_t> differences = 0;
  shop.loop.run_until_done(verify_site(shop, global, differences));
  if (!differences) return complain(kFailed, fmt::format("verify {}: {}", site, differences.error().text));
  if (*differences > 0) {
    fmt::print(stderr, "site {}: {} keys differ\n", site, *differences);
    return kAnswerIsNo;
  }
  if (!global.json) fmt::print("site {}: all regions are identical\n", site);
  return kDone;
}

int command_sync(const GlobalOptions& global, const std::string& site) {
  auto settings = settings_with_site(global, site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  if (auto made = io::make_directories(settings->node.data, 0700); !made) {
    return complain(kFailed,
                    fmt::format("node.data {}: {} (choose a directory this user may write)", settings->node.data, made.error().text));
  }
  auto state = queue::RocksState::open(shop.loop, settings->node.data + "/state");
  if (!state && state.error().fault == Fault::kRefused) return sync_by_node(global, *settings, site);
  if (!state) return complain(kFailed, state.error().text);
  shop.state = std::move(*state);
  if (auto made = make_replicators(shop, *settings, site); !made) return complain(kUsage, made.error().text);
  Result<replicate::SyncReport> report;
  shop.loop.run_until_done(sync_site(shop, global, report));
  if (!report) return complain(kFailed, fmt::format("sync {}: {}", site, report.error().text));
  return tell_sync(global, site, report->converged, report->totals.objects_copied, report->totals.bytes_copied, report->totals.scanned,
                   report->why);
}

}  // namespace evershore::app
