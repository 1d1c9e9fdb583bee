// `evershore alerts`: test tries every receiver of the settings file, without a running node; silence, silences and unsilence ask one.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "health/run/alerts.h"

namespace evershore::app {

namespace {

Task<void> try_all(io::Loop& loop, std::vector<AlertSettings> settings, health::Alerts::Options options,
                   std::vector<health::AlertOutcome>& out) {
  out = co_await health::Alerts::test(loop, std::move(settings), std::move(options));
}

using Json = nlohmann::json;

int explained(const Error& error) {
  const bool usage = error.fault == Fault::kNotFound || error.fault == Fault::kInvalid;
  return complain(usage ? kUsage : kFailed, error.text);
}

Result<std::string> ask_node(const GlobalOptions& global, const std::string& target, const Json* body) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  TRY(const auto client, AdminClient::for_settings(settings->admin));
  return body == nullptr ? client.get(target) : client.post(target, body->dump());
}

// "region east", "region", "everything"
std::string covered(const std::string& kind, const std::string& name) {
  if (kind.empty() && name.empty()) return "everything";
  return kind + (kind.empty() || name.empty() ? "" : " ") + name;
}

std::string silence_line(const Json& silence) {
  const auto reason = silence.value("reason", "");
  return fmt::format("{:>4}  {}  until {}{}{}\n", silence.value("id", uint64_t{0}),
                     covered(silence.value("kind", ""), silence.value("name", "")), silence.value("until", ""), reason.empty() ? "" : ": ",
                     reason);
}

}  // namespace

int command_alerts_silence(const GlobalOptions& global, const SilenceOptions& options) {
  const Json body{{"kind", options.kind}, {"name", options.name}, {"for", options.for_span}, {"reason", options.reason}};
  const auto answer = ask_node(global, "/api/v1/silences", &body);
  if (!answer) return explained(answer.error());
  const auto made = Json::parse(*answer, nullptr, false);
  if (!made.is_object()) return complain(kFailed, "the node's answer is no silence");
  fmt::print("silence {}: nobody is told of {} until {}\n", made.value("id", uint64_t{0}), covered(options.kind, options.name),
             made.value("until", ""));
  return kDone;
}

int command_alerts_silences(const GlobalOptions& global) {
  const auto answer = ask_node(global, "/api/v1/silences", nullptr);
  if (!answer) return explained(answer.error());
  if (global.json) {
    fmt::print("{}", *answer);
    return kDone;
  }
  const auto list = Json::parse(*answer, nullptr, false);
  if (!list.is_array()) return complain(kFailed, "the node's answer is no list");
  if (list.empty()) fmt::print("nothing is silenced\n");
  for (const auto& silence : list) fmt::print("{}", silence_line(silence));
  return kDone;
}

int command_alerts_unsilence(const GlobalOptions& global, const SilenceOptions& options) {
  const auto body = Json::object();
  const auto answer = ask_node(global, fmt::format("/api/v1/silences/{}/end", options.id), &body);
  if (!answer) return explained(answer.error());
  fmt::print("silence {} has ended\n", options.id);
  return kDone;
}

int command_alerts_test(const GlobalOptions& global) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  if (settings->alerts.empty()) return complain(kUsage, "the settings have no [[alerts]]");
  io::Loop loop;
  std::vector<health::AlertOutcome> outcomes;
  loop.run_until_done(try_all(loop, settings->alerts, {.node = settings->node.name}, outcomes));
  bool all = true;
  for (const auto& [receiver, sent] : outcomes) {
    fmt::print("{}: {}\n", receiver, sent ? "delivered" : "failed: " + sent.error().text);
    all = all && sent.has_value();
  }
  return all ? kDone : kFailed;
}

}  // namespace evershore::app
