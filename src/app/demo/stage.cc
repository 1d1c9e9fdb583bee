#include "app/demo/stage.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "io/files.h"

namespace evershore::app::demo {

namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, Stage::kRegions> kNames{"east", "west", "north"};
constexpr const char* kAccessKey = "DEMO";
constexpr const char* kSecretVariable = "EVERSHORE_DEMO_SECRET";
constexpr Duration kStartMax = std::chrono::seconds(20);
constexpr size_t kLogBytesMax = 16 << 20;

std::string tail(const std::string& text) { return text.size() > 2'000 ? text.substr(text.size() - 2'000) : text; }

}  // namespace

void Interrupt::ask() {
  asked_ = true;
  changed_.notify_all();
}

Task<Result<void>> Interrupt::pause(Duration span) {
  const Mono end = loop_.now() + span;
  while (!asked_ && loop_.now() < end) co_await changed_.wait_until(end);
  if (asked_) co_return fail(Fault::kClosed, "interrupted");
  co_return Result<void>();
}

Result<std::unique_ptr<ScratchDirectory>> ScratchDirectory::make(uint64_t bytes_needed) {
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  if (error) return fail(Fault::kBroken, "there is no temporary directory; set TMPDIR");
  const auto space = fs::space(base, error);
  if (!error && space.available < bytes_needed) {
    return fail(Fault::kBroken, fmt::format("{} has {} free, the demo needs {}; set TMPDIR to a larger place, or use --quick",
                                            base.string(), format_size(space.available), format_size(bytes_needed)));
  }
  std::unique_ptr<ScratchDirectory> directory(new ScratchDirectory());
  std::string name = (base / "evershore-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return fail(Fault::kBroken, fmt::format("cannot make {}: {}", name, std::strerror(errno)));
  directory->path_ = name;
  return directory;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Stage::Stage(io::Loop& loop, Interrupt& interrupt, const ScratchDirectory& directory)
    : loop_(loop), interrupt_(interrupt), directory_(directory), settings_path_(directory.file("demo.toml")) {
  std::error_code ignored;
  program_ = fs::read_symlink("/proc/self/exe", ignored).string();
  secret_ = to_hex(io::random_bytes(20));
  for (const char* name : kNames) {
    Player player;
    player.settings.name = name;
    player.settings.bucket = std::string("site-") + name;
    player.settings.access_key = Secret(kAccessKey);
    player.settings.secret_key = Secret(secret_);
    player.log = directory.file(std::string(name) + ".log");
    players_.push_back(std::move(player));
  }
}

Result<std::unique_ptr<io::Process>> Stage::start_program(std::vector<std::string> words, const std::string& output) {
  io::ProcessOptions options;
  options.argv.push_back(program_);
  options.argv.insert(options.argv.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
  options.environment.push_back(fmt::format("{}={}", kSecretVariable, secret_));
  options.output_path = output;
  options.dies_with_us = true;
  return io::Process::start(loop_, std::move(options));
}

Task<Result<std::string>> Stage::told(io::Process& process, std::string log, std::string mark) {
  const Mono deadline = loop_.now() + kStartMax;
  for (;;) {
    const auto text = io::read_whole_file(log, kLogBytesMax).value_or("");
    const auto at = text.find(mark);
    const auto end = at == std::string::npos ? at : text.find('\n', at);
    if (end != std::string::npos) co_return text.substr(at + mark.size(), end - at - mark.size());
    if (!process.running()) co_return fail(Fault::kBroken, "it ended at once:\n" + tail(text));
    if (loop_.now() > deadline) co_return fail(Fault::kTimedOut, fmt::format("no \"{}\" within 20 s:\n{}", mark, tail(text)));
    CO_TRY_VOID(co_await interrupt_.pause(Millis(10)));
  }
}

Task<Result<io::Endpoint>> Stage::told_endpoint(io::Process& process, std::string log, std::string mark) {
  CO_TRY(const auto rest, co_await told(process, std::move(log), std::move(mark)));
  co_return io::parse_endpoint(rest.substr(0, rest.find(' ')));
}

Task<Result<void>> Stage::start_region(size_t index) {
  Player& player = players_[index];
  std::error_code ignored;
  fs::remove(player.log, ignored);  // the line that is waited for must be this start's
  std::vector<std::string> words{"region",
                                 "--dir",
                                 directory_.file(player.settings.name),
                                 "--listen",
                                 fmt::format("127.0.0.1:{}", player.port),
                                 "--bucket",
                                 player.settings.bucket,
                                 "--access-key",
                                 kAccessKey,
                                 "--secret-key",
                                 fmt::format("env:{}", kSecretVariable),
                                 "--webhook",
                                 fmt::format("http://{}/api/v1/replication/webhook", admin_.host_header())};
  auto process = start_program(std::move(words), player.log);
  if (!process) co_return wrap(std::move(process).error(), "region " + player.settings.name);
  player.process = std::move(*process);
  auto endpoint = co_await told_endpoint(*player.process, player.log, "listening on ");
  if (!endpoint) co_return wrap(std::move(endpoint).error(), "region " + player.settings.name);
  player.port = endpoint->port;
  player.settings.endpoint = fmt::format("http://127.0.0.1:{}", player.port);
  co_return Result<void>();
}

// The regions must know it before the node starts, so it cannot be left to the node.
Result<void> Stage::choose_admin_port() {
  TRY(const auto probe, io::Listener::open(loop_, {"127.0.0.1", 0}));
  admin_ = {.tls = false, .host = "127.0.0.1", .port = probe->local().port};
  return {};
}

Task<Result<void>> Stage::start_node() {
  CO_TRY_VOID(io::write_file_durably(settings_path_, settings_text(), 0600));
  const auto log = directory_.file("node.log");
  CO_TRY(node_, start_program({"run", "-c", settings_path_}, log));
  CO_TRY(const auto edge, co_await told_endpoint(*node_, log, "edge listening on "));
  edge_ = {.tls = false, .host = edge.address, .port = edge.port};
  CO_TRY(dns_, co_await told_endpoint(*node_, log, "dns listening on "));
  CO_TRY([[maybe_unused]] const auto ready, co_await told(*node_, log, " is ready"));
  co_return Result<void>();
}

Task<Result<void>> Stage::set_up() {
  CO_TRY_VOID(choose_admin_port());
  for (size_t i = 0; i < kRegions; ++i) CO_TRY_VOID(co_await start_region(i));
  auto node = co_await start_node();
  if (!node) co_return wrap(std::move(node).error(), "the node");
  co_return Result<void>();
}

Task<void> Stage::tear_down() {
  std::vector<io::Process*> all{node_.get()};
  for (const Player& player : players_) all.push_back(player.process.get());
  for (auto* process : all) {
    if (process == nullptr) continue;
    process->kill(SIGCONT);
    process->kill(SIGTERM);
  }
  const Mono deadline = loop_.now() + std::chrono::seconds(3);
  for (auto* process : all) {
    if (process == nullptr) continue;
    // One that does not end in time is killed by its destructor.
    [[maybe_unused]] const auto end = co_await process->wait(deadline);
  }
}

Task<Result<Stage::Ran>> Stage::run_command(std::vector<std::string> words, Duration budget) {
  const auto output = directory_.file("command.out");
  std::error_code ignored;
  fs::remove(output, ignored);
  CO_TRY(const auto process, start_program(std::move(words), output));
  CO_TRY(const auto end, co_await process->wait(loop_.now() + budget));
  const auto text = io::read_whole_file(output, kLogBytesMax).value_or("");
  if (end.signal_number != 0) co_return fail(Fault::kBroken, end.text() + "\n" + tail(text));
  co_return Ran{end.code, tail(text)};
}

std::string Stage::settings_text() const {
  std::string text = fmt::format("[node]\nname = \"demo\"\ndata = \"{}\"\n", directory_.file("state"));
  for (const Player& player : players_) {
    text += fmt::format(R"(
[regions.{}]
endpoint = "{}"
bucket = "{}"
access_key = "{}"
secret_key = "env:{}"
check = {{ interval = "250ms", failure_threshold = 3, timeout = "300ms" }}
)",
                        player.settings.name, player.settings.endpoint, player.settings.bucket, kAccessKey, kSecretVariable);
  }
  text += fmt::format(R"(
[sites.{}]
hosts = ["{}"]
regions = ["east", "west", "north"]
replication = {{ mode = "async", deletes = true, scan_interval = "15m" }}
failback = {{ mode = "in-sync", hold = "2s" }}

[edge]
listen = ["127.0.0.1:0"]

[admin]
listen = "{}"
)",
                      kDemoSite, kDemoHost, admin_.host_header());
  text += fmt::format(R"(
[dns]
listen = ["127.0.0.1:0"]
rate_limit = 0  # the watcher asks the same question 200 times a second

[[dns.zones]]
name = "demo.test"
nameservers = ["ns1.demo.test"]

[[dns.records]]
name = "{}"
type = "A"
ttl = "1s"
policy = "failover"
answers = [
  {{ id = "east", role = "primary", value = "192.0.2.1", health_check = "region/east" }},
  {{ id = "west", role = "secondary", value = "192.0.2.2", health_check = "region/west" }},
]
)",
                      kDemoHost);
  return text;
}

}  // namespace evershore::app::demo
