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

replicate::VerifyOptions options_of(const VerifyCommandOptions& options) {
  using enum replicate::VerifyDepth;
  return {.depth = options.depth == "full" ? kFull : options.depth == "identity" ? kIdentity : kListing, .after = options.after};
}

void tell_difference(const GlobalOptions& global, const replicate::Difference& difference) {
  const bool differs = difference.kind == replicate::DifferenceKind::kDiffers;
  if (global.json) {
    const Json json{{"key", difference.key}, {"why", difference.why}, {"kind", differs ? "differs" : "not held"}};
    fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}: {}{}\n", difference.key, difference.why, differs ? "" : " (its store does not keep it)");
  }
}

std::string verify_line(const replicate::VerifyProgress& p) {
  const auto read = p.bytes_read > 0 ? fmt::format(", {} read", format_size(p.bytes_read)) : std::string();
  return fmt::format("compared {} keys, {} differ{}", p.keys, p.differences, read);
}

void tell_limits(const SiteReplicator& site) {
  for (const auto& region : site.status().regions) {
    for (const auto& lack : region.cannot_hold) fmt::print(stderr, "region {} cannot hold {}\n", region.region, lack);
  }
}

// Verify alone, or verify and repair.
enum class Putting : uint8_t { kNothing, kRight };
Task<void> verify_site(Workshop& shop, const GlobalOptions& global, const VerifyCommandOptions& options, Putting putting,
                       Result<replicate::RepairReport>& out) {
  auto started = co_await shop.site->start(SiteReplicator::Scans::kOnRequest);
  if (!started) {
    out = std::unexpected(std::move(started).error());
    co_await shop.replicators->stop();
    co_return;
  }
  ProgressLine line(!global.json);
  std::string last_key;
  const SiteReplicator::OnDifference on_difference = [&](const replicate::Difference& difference) {
    line.clear();
    tell_difference(global, difference);
  };
  const SiteReplicator::OnVerifyProgress on_progress = [&](const replicate::VerifyProgress& p) {
    if (!p.last_key.empty()) last_key = p.last_key;
    line.show(verify_line(p));
  };
  if (putting == Putting::kRight) {
    out = co_await shop.site->repair(options_of(options), on_difference, on_progress);
  } else {
    auto differences = co_await shop.site->verify(options_of(options), on_difference, on_progress);
    out = differences ? Result<replicate::RepairReport>(replicate::RepairReport{.differences = *differences})
                      : std::unexpected(std::move(differences).error());
  }
  line.clear();
  if (!out && !last_key.empty()) fmt::print(stderr, "all up to {} is done; go on with --after '{}'\n", last_key, last_key);
  tell_limits(*shop.site);
  co_await shop.replicators->stop();
}

Task<void> plan_site(Workshop& shop, const GlobalOptions& global, Result<replicate::PlannedSync>& out) {
  auto started = co_await shop.site->start(SiteReplicator::Scans::kOnRequest);
  if (!started) {
    out = std::unexpected(std::move(started).error());
    co_await shop.replicators->stop();
    co_return;
  }
  ProgressLine line(!global.json);
  const replicate::OnPlannedKey on_key = [&](const replicate::PlannedKey& key) {
    line.clear();
    if (!global.json) fmt::print("{}: {} ({}, {} requests)\n", key.key, key.what, format_size(key.bytes), key.requests);
  };
  const SiteReplicator::OnVerifyProgress on_progress = [&](const replicate::VerifyProgress& p) { line.show(verify_line(p)); };
  out = co_await shop.site->plan(on_key, on_progress);
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

int command_verify(const GlobalOptions& global, const VerifyCommandOptions& options) {
  auto settings = settings_with_site(global, options.site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  if (auto made = make_replicators(shop, *settings, options.site); !made) return complain(kUsage, made.error().text);
  Result<replicate::RepairReport> report;
  shop.loop.run_until_done(verify_site(shop, global, options, Putting::kNothing, report));
  if (!report) return complain(kFailed, fmt::format("verify {}: {}", options.site, report.error().text));
  if (report->differences > 0) {
    fmt::print(stderr, "site {}: {} keys differ\n", options.site, report->differences);
    return kAnswerIsNo;
  }
  if (!global.json) fmt::print("site {}: all regions are identical\n", options.site);
  return kDone;
}

namespace {
// The durable state; nullptr if a node has it.
Result<std::unique_ptr<queue::RocksState>> open_state(Workshop& shop, const Settings& settings) {
  if (auto made = io::make_directories(settings.node.data, 0700); !made) {
    return wrap(std::move(made).error(), fmt::format("node.data {} (choose a directory this user may write)", settings.node.data));
  }
  auto state = queue::RocksState::open(shop.loop, settings.node.data + "/state");
  if (!state && state.error().fault == Fault::kRefused) return nullptr;
  return state;
}
}  // namespace

int command_repair(const GlobalOptions& global, const VerifyCommandOptions& options) {
  auto settings = settings_with_site(global, options.site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  auto state = open_state(shop, *settings);
  if (!state) return complain(kFailed, state.error().text);
  if (*state == nullptr) {
    return complain(kFailed,
                    "a node is running on this state directory: it puts right what its scans find. Stop it to repair in depth, or run "
                    "verify beside it.");
  }
  shop.state = std::move(*state);
  if (auto made = make_replicators(shop, *settings, options.site); !made) return complain(kUsage, made.error().text);
  Result<replicate::RepairReport> report;
  shop.loop.run_until_done(verify_site(shop, global, options, Putting::kRight, report));
  if (!report) return complain(kFailed, fmt::format("repair {}: {}", options.site, report.error().text));
  if (report->repaired < report->differences) {
    fmt::print(stderr, "site {}: {} of {} keys put right; {}\n", options.site, report->repaired, report->differences, report->why);
    return kAnswerIsNo;
  }
  if (!global.json) fmt::print("site {}: {} keys put right\n", options.site, report->repaired);
  return kDone;
}

int command_sync_dry_run(const GlobalOptions& global, const std::string& site) {
  auto settings = settings_with_site(global, site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  auto state = open_state(shop, *settings);
  if (!state) return complain(kFailed, state.error().text);
  if (*state == nullptr) fmt::print(stderr, "a node is running on this state directory: planned without what it knows\n");
  shop.state = std::move(*state);
  if (auto made = make_replicators(shop, *settings, site); !made) return complain(kUsage, made.error().text);
  Result<replicate::PlannedSync> plan;
  shop.loop.run_until_done(plan_site(shop, global, plan));
  if (!plan) return complain(kFailed, fmt::format("sync {} --dry-run: {}", site, plan.error().text));
  if (global.json) {
    fmt::print("{}\n", Json{{"site", site},
                            {"keys_compared", plan->keys_compared},
                            {"keys", plan->keys},
                            {"objects", plan->objects},
                            {"bytes", plan->bytes},
                            {"metadata", plan->metadata},
                            {"deletes", plan->deletes},
                            {"conflicts", plan->conflicts},
                            {"requests", plan->requests}}
                           .dump());
  } else {
    fmt::print("site {}: {} of {} keys: {} objects to write ({}), {} headers to replace, {} deletes, {} conflicts to keep; {} requests\n",
               site, plan->keys, plan->keys_compared, plan->objects, format_size(plan->bytes), plan->metadata, plan->deletes,
               plan->conflicts, plan->requests);
  }
  return plan->keys > 0 ? kAnswerIsNo : kDone;
}

int command_sync(const GlobalOptions& global, const std::string& site) {
  auto settings = settings_with_site(global, site);
  if (!settings) return complain(kUsage, settings.error().text);
  Workshop shop;
  auto log = open_log(global);
  if (!log) return complain(kFailed, log.error().text);
  shop.log_output = std::move(*log);
  auto state = open_state(shop, *settings);
  if (!state) return complain(kFailed, state.error().text);
  if (*state == nullptr) return sync_by_node(global, *settings, site);
  shop.state = std::move(*state);
  if (auto made = make_replicators(shop, *settings, site); !made) return complain(kUsage, made.error().text);
  Result<replicate::SyncReport> report;
  shop.loop.run_until_done(sync_site(shop, global, report));
  if (!report) return complain(kFailed, fmt::format("sync {}: {}", site, report.error().text));
  return tell_sync(global, site, report->converged, report->totals.objects_copied, report->totals.bytes_copied, report->totals.scanned,
                   report->why);
}

}  // namespace evershore::app
