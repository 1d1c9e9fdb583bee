// `evershore conflicts`: what lost against a crossing write and is kept. The running node lists and settles.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

std::string encoded(const std::string& text) { return http::percent_encode(text, http::Slash::kEncode); }

Result<AdminClient> client_of(const GlobalOptions& global) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  return AdminClient::for_settings(settings->admin);
}

Result<Json> conflicts_of(const AdminClient& client, const std::string& site, const std::string& prefix) {
  TRY(const auto text, client.get("/api/v1/sites/" + encoded(site) + "/conflicts?prefix=" + encoded(prefix)));
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json["conflicts"].is_array()) return fail(Fault::kBroken, "the node's answer cannot be read");
  return std::move(json["conflicts"]);
}

void print_conflict(const Json& conflict) {
  fmt::print("{}\n  written in {}, lost; kept since {} in {}: {}, etag {}\n  {}\n", conflict.value("key", ""), conflict.value("region", ""),
             conflict.value("kept", ""), fmt::join(conflict.value("regions", std::vector<std::string>{}), ", "),
             format_size(conflict.value("bytes", uint64_t{0})), conflict.value("etag", ""), conflict.value("name", ""));
}

int print_all(const GlobalOptions& global, const Json& list) {
  if (global.json) {
    fmt::print("{}\n", list.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    for (const auto& conflict : list) print_conflict(conflict);
  }
  return kDone;
}

Json only_of_key(const Json& list, const std::string& key) {
  Json own = Json::array();
  for (const auto& conflict : list) {
    if (conflict.value("key", "") == key || conflict.value("name", "") == key) own.push_back(conflict);
  }
  return own;
}

// What the key is now, beside what lost.
void print_winner(const AdminClient& client, const std::string& site, const std::string& key) {
  const auto text = client.get("/api/v1/explain?subject=" + encoded(site + "/" + key));
  const auto json = text ? Json::parse(*text, nullptr, false) : Json();
  if (json.is_object()) fmt::print("now: {}, {}\n", json.value("outcome", ""), json.value("why", ""));
}

}  // namespace

int command_conflicts_list(const GlobalOptions& global, const ConflictsOptions& options) {
  const auto client = client_of(global);
  if (!client) return complain(kUsage, client.error().text);
  const auto list = conflicts_of(*client, options.site, options.prefix);
  if (!list) return complain(kFailed, list.error().text);
  if (list->empty() && !global.json) fmt::print("site {}: no conflicts\n", options.site);
  return print_all(global, *list);
}

int command_conflicts_show(const GlobalOptions& global, const ConflictsOptions& options) {
  const auto client = client_of(global);
  if (!client) return complain(kUsage, client.error().text);
  const auto list = conflicts_of(*client, options.site, options.key);
  if (!list) return complain(kFailed, list.error().text);
  const auto own = only_of_key(*list, options.key);
  if (own.empty()) return complain(kAnswerIsNo, fmt::format("site {}: {} has no conflict", options.site, options.key));
  if (!global.json) print_winner(*client, options.site, options.key);
  return print_all(global, own);
}

int command_conflicts_resolve(const GlobalOptions& global, const ConflictsOptions& options) {
  const auto client = client_of(global);
  if (!client) return complain(kUsage, client.error().text);
  const bool by_name = options.key.starts_with(".evershore/conflicts/");
  std::string name = options.key;
  if (!by_name) {
    const auto list = conflicts_of(*client, options.site, options.key);
    if (!list) return complain(kFailed, list.error().text);
    const auto own = only_of_key(*list, options.key);
    if (own.empty()) return complain(kAnswerIsNo, fmt::format("site {}: {} has no conflict", options.site, options.key));
    if (own.size() > 1)
      return complain(kUsage,
                      fmt::format("{} has {} conflicts: give the name of one, as `conflicts show` prints it", options.key, own.size()));
    name = own[0].value("name", "");
  }
  const auto done =
      client->post("/api/v1/sites/" + encoded(options.site) + "/conflicts", Json{{"name", name}, {"keep", options.keep}}.dump());
  if (!done) return complain(kFailed, done.error().text);
  fmt::print("{}: {}\n", name, options.keep == "loser" ? "its content is the key's now" : "removed, the winner stays");
  return kDone;
}

}  // namespace evershore::app
