// Commands that ask a running node: status, explain, drain, undrain, failover, purge.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "console/explain_text.h"
#include "console/status_text.h"
#include "wire/http/uri.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

int code_of(const Error& error) { return error.fault == Fault::kNotFound || error.fault == Fault::kInvalid ? kUsage : kFailed; }

Result<AdminClient> client_for(const GlobalOptions& global) {
  auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  return AdminClient::for_settings(settings->admin);
}

int post(const GlobalOptions& global, const std::string& target, const Json& body, const std::string& done) {
  auto client = client_for(global);
  if (!client) return complain(kUsage, client.error().text);
  auto answer = client->post(target, body.dump());
  if (!answer) return complain(code_of(answer.error()), answer.error().text);
  fmt::print("{}\n", done);
  return kDone;
}

int print_status(const AdminClient& client, bool json, bool clear) {
  auto answer = client.get("/api/v1/status");
  if (!answer) return complain(code_of(answer.error()), answer.error().text);
  if (clear) fmt::print("\x1b[H\x1b[2J");
  if (json) {
    fmt::print("{}", *answer);
    return kDone;
  }
  auto text = console::status_text(*answer, {.colour = stdout_is_terminal()});
  if (!text) return complain(kFailed, text.error().text);
  fmt::print("{}", *text);
  return kDone;
}

}  // namespace

int command_status(const GlobalOptions& global, const StatusOptions& options) {
  auto client = client_for(global);
  if (!client) return complain(kUsage, client.error().text);
  for (;;) {
    const int code = print_status(*client, global.json, options.watch && stdout_is_terminal());
    std::fflush(stdout);
    if (!options.watch || code != kDone) return code;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int command_explain(const GlobalOptions& global, const std::string& subject) {
  auto client = client_for(global);
  if (!client) return complain(kUsage, client.error().text);
  auto answer = client->get("/api/v1/explain?subject=" + http::percent_encode(subject, http::Slash::kEncode));
  if (!answer) return complain(code_of(answer.error()), answer.error().text);
  if (global.json) {
    fmt::print("{}", *answer);
    return kDone;
  }
  auto text = console::explain_text(*answer);
  if (!text) return complain(kFailed, text.error().text);
  fmt::print("{}", *text);
  return kDone;
}

int command_drain(const GlobalOptions& global, const DrainOptions& options) {
  Json body{{"reason", options.reason}};
  if (!options.for_span.empty()) body["for"] = options.for_span;
  const auto until = options.for_span.empty() ? std::string("until `evershore undrain`") : "for " + options.for_span;
  return post(global, "/api/v1/regions/" + http::percent_encode(options.region, http::Slash::kEncode) + "/drain", body,
              fmt::format("region {} is drained {}", options.region, until));
}

int command_undrain(const GlobalOptions& global, const std::string& region) {
  return post(global, "/api/v1/regions/" + http::percent_encode(region, http::Slash::kEncode) + "/undrain", Json::object(),
              fmt::format("region {} is in service again", region));
}

int command_failover(const GlobalOptions& global, const FailoverOptions& options) {
  if (options.region.empty() && !options.release) {
    return complain(kUsage, "failover: name the region that goes first, or --auto to release the pin");
  }
  const auto body = options.release ? Json{{"auto", true}} : Json{{"region", options.region}};
  const auto done = options.release
                        ? fmt::format("site {}: pin released", options.site)
                        : fmt::format("site {} is pinned to {} (release: failover {} --auto)", options.site, options.region, options.site);
  return post(global, "/api/v1/sites/" + http::percent_encode(options.site, http::Slash::kEncode) + "/failover", body, done);
}

int command_purge(const GlobalOptions& global, const PurgeOptions& options) {
  const std::array<std::pair<const char*, const std::string*>, 3> kinds{
      {{"key", &options.key}, {"prefix", &options.prefix}, {"tag", &options.tag}}};
  Json body = Json::object();
  std::string what = "everything";
  for (const auto& [name, value] : kinds) {
    if (value->empty()) continue;
    body[name] = *value;
    what = fmt::format("{} \"{}\"", name, *value);
  }
  if (options.all) body["all"] = true;
  if (body.size() != 1) return complain(kUsage, "purge: give one of --key, --prefix, --tag and --all");
  return post(global, "/api/v1/sites/" + http::percent_encode(options.site, http::Slash::kEncode) + "/purge", body,
              fmt::format("site {}: {} is purged", options.site, what));
}

}  // namespace evershore::app
