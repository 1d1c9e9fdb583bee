#include "app/demo/node_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wire/http/uri.h"

namespace evershore::app::demo {

namespace {

using Json = nlohmann::json;

constexpr io::HttpTimeouts kTimeouts{
    .connect = std::chrono::seconds(2), .first_byte = std::chrono::seconds(10), .stall = std::chrono::seconds(10)};
constexpr size_t kAnswerBytesMax = 16 << 20;

// Missing or of another type: zero, "", empty.
uint64_t number(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  if (!at.is_object() || it == at.end() || !it->is_number()) return 0;
  return it->get<double>() < 0 ? 0 : it->get<uint64_t>();
}
Duration seconds(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  if (!at.is_object() || it == at.end() || !it->is_number()) return {};
  return Duration(static_cast<int64_t>(it->get<double>() * 1e9));
}
std::string text(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  return at.is_object() && it != at.end() && it->is_string() ? it->get<std::string>() : std::string();
}
Json list(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  return at.is_object() && it != at.end() && it->is_array() ? *it : Json::array();
}
Json object(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  return at.is_object() && it != at.end() && it->is_object() ? *it : Json::object();
}
bool truth(const Json& at, const char* name) {
  const auto it = at.is_object() ? at.find(name) : at.end();
  return at.is_object() && it != at.end() && it->is_boolean() && it->get<bool>();
}

std::vector<std::string> texts(const Json& at, const char* name) {
  std::vector<std::string> all;
  for (const auto& value : list(at, name)) {
    if (value.is_string()) all.push_back(value.get<std::string>());
  }
  return all;
}

void read_region(const Json& json, NodeView& view) {
  RegionView region{text(json, "name"), text(json, "health"), number(json, "pending_keys"), seconds(json, "lag_seconds")};
  view.pending_keys += region.pending_keys;
  view.lag_worst = std::max({view.lag_worst, region.lag, seconds(json, "oldest_pending_seconds")});
  view.regions.push_back(std::move(region));
}

}  // namespace

const RegionView* NodeView::find(std::string_view region) const {
  const auto at = std::find_if(regions.begin(), regions.end(), [&](const RegionView& r) { return r.name == region; });
  return at == regions.end() ? nullptr : &*at;
}

std::string NodeView::first_choice(const std::string& site) const {
  const auto at = order.find(site);
  return at == order.end() || at->second.empty() ? std::string() : at->second.front();
}

Result<NodeView> parse_status(std::string_view text_json) {
  const auto json = Json::parse(text_json, nullptr, false);
  if (!json.is_object() || !json.contains("regions"))
    return fail(Fault::kInvalid, "the node's status is not the JSON document it should be");
  NodeView view;
  for (const auto& region : list(json, "regions")) read_region(region, view);
  const auto edge = object(json, "edge");
  view.takeovers = number(edge, "takeovers");
  view.edge_listen = texts(edge, "listen");
  view.dns_listen = texts(object(json, "dns"), "listen");
  const auto sites = list(json, "sites");
  for (const auto& site : sites) {
    auto& order = view.order[text(site, "name")];
    for (const auto& at : list(site, "order")) {
      if (truth(at, "usable")) order.push_back(text(at, "region"));
    }
    const auto replication = object(site, "replication");
    view.objects_replicated += number(replication, "objects_copied");
    view.bytes_replicated += number(replication, "bytes_copied");
  }
  return view;
}

NodeClient::NodeClient(io::HttpClient& client, io::HttpOrigin admin, std::string token)
    : client_(client), admin_(std::move(admin)), token_(std::move(token)) {}

Task<Result<std::string>> NodeClient::ask(io::HttpRequest request) {
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
  auto answer = co_await client_.fetch(admin_, std::move(request), kTimeouts, kAnswerBytesMax);
  if (!answer) co_return wrap(std::move(answer).error(), "asking the node");
  if (answer->head.status / 100 == 2) co_return std::move(answer->body);
  const auto json = Json::parse(answer->body, nullptr, false);
  const auto why = text(json, "error");
  const Fault fault = answer->head.status == 404 ? Fault::kNotFound : answer->head.status == 400 ? Fault::kInvalid : Fault::kBroken;
  co_return fail(fault, why.empty() ? fmt::format("the node answered {}", answer->head.status) : why);
}

Task<Result<std::string>> NodeClient::get(std::string target) {
  io::HttpRequest request{.target = std::move(target)};
  auto answer = co_await ask(std::move(request));
  co_return answer;
}

Task<Result<std::string>> NodeClient::post(std::string target, std::string json) {
  io::HttpRequest request{.method = "POST", .target = std::move(target), .body = std::move(json)};
  request.headers.add("Content-Type", "application/json");
  auto answer = co_await ask(std::move(request));
  co_return answer;
}

Task<Result<NodeView>> NodeClient::status() {
  CO_TRY(const auto json, co_await get("/api/v1/status"));
  co_return parse_status(json);
}

Task<Result<void>> NodeClient::set_fault(std::string region, std::string fault, uint64_t seconds_for) {
  const auto target = "/api/v1/regions/" + http::percent_encode(region, http::Slash::kEncode) + "/fault";
  const auto body = Json{{"fault", fault}, {"for", fmt::format("{}s", seconds_for)}}.dump();
  const auto answer = co_await post(target, body);
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

Task<Result<void>> NodeClient::end_fault(std::string region) {
  const auto target = "/api/v1/regions/" + http::percent_encode(region, http::Slash::kEncode) + "/fault";
  const auto answer = co_await post(target, R"({"fault":"none"})");
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

}  // namespace evershore::app::demo
