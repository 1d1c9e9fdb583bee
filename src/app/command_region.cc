// `evershore region`: wires a RegionServer to loops, signals and the terminal.
#include <fmt/format.h>

#include <csignal>
#include <thread>

#include "app/commands.h"
#include "app/load.h"
#include "app/settings/values.h"
#include "gateway/run/region_server.h"
#include "io/log_sink.h"

namespace evershore::app {

namespace {

constexpr Duration kGrace = std::chrono::seconds(10);

Result<gateway::RegionServerOptions> options_of(const RegionOptions& given) {
  gateway::RegionServerOptions options;
  options.dir = given.dir;
  auto listen = io::parse_endpoint(given.listen);
  if (!listen) return wrap(std::move(listen).error(), "--listen");
  options.listen = *listen;
  options.bucket = given.bucket;
  auto access = read_secret(given.access_key, "");
  if (!access) return wrap(std::move(access).error(), "--access-key");
  options.access_key = access->reveal();
  auto secret = read_secret(given.secret_key, "");
  if (!secret) return wrap(std::move(secret).error(), "--secret-key");
  options.secret_key = *secret;
  options.webhook = given.webhook;
  options.public_read = given.public_read;
  options.threads = given.threads;
  options.signing_region = given.signing_region;
  return options;
}

Task<void> drain_then_stop(gateway::RegionServer& server, io::Loop& first, const std::vector<io::Loop*>& loops) {
  co_await server.drain(first.now() + kGrace);
  for (auto* loop : loops) loop->stop();
}

}  // namespace

int command_region(const GlobalOptions& global, const RegionOptions& given) {
  auto options = options_of(given);
  if (!options) return complain(kUsage, options.error().text);
  auto log_output =
      io::LogOutput::open({.level = global.log_level, .format = global.log_json ? io::LogFormat::kJson : io::LogFormat::kText, .path = ""});
  if (!log_output) return complain(kFailed, log_output.error().text);

  std::vector<std::unique_ptr<io::Loop>> loops;
  std::vector<io::Loop*> handles;
  for (size_t i = 0; i < std::max<size_t>(1, options->threads); ++i) {
    loops.push_back(std::make_unique<io::Loop>());
    handles.push_back(loops.back().get());
  }
  auto server = gateway::RegionServer::start(std::move(*options), handles, Log(**log_output, "region"));
  if (!server) return complain(server.error().fault == Fault::kInvalid ? kUsage : kFailed, server.error().text);

  bool draining = false;
  for (const int number : {SIGTERM, SIGINT}) {
    loops[0]->on_signal(number, [&] {
      if (std::exchange(draining, true)) return;
      spawn_detached(drain_then_stop(**server, *loops[0], handles));
    });
  }
  fmt::print("region {} listening on {} ({} objects)\n", given.bucket, io::format_endpoint((*server)->local()), (*server)->objects());
  std::fflush(stdout);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < loops.size(); ++i) threads.emplace_back([&loops, i] { loops[i]->run(); });
  loops[0]->run();
  for (auto& thread : threads) thread.join();
  return kDone;
}

}  // namespace evershore::app
