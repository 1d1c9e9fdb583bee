#include "console/run/admin_server.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/sync.h"
#include "base/text.h"
#include "console/run/console_files.h"
#include "wire/http/uri.h"

namespace evershore::console {

namespace {

using Json = nlohmann::json;
constexpr size_t kBodyBytesMax = 1 << 20;
constexpr size_t kReasonBytesMax = 500;
constexpr size_t kGapsListed = 1'000;
constexpr Duration kStreamHeartbeat = std::chrono::seconds(15);
// The console loads its own files and asks its own node; nothing else, and nobody may frame it.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

http::ResponseHead head_of(uint16_t status, std::string_view type) {
  http::ResponseHead head;
  head.status = status;
  head.headers.add("Content-Type", type);
  head.headers.add("Cache-Control", "no-store");
  head.headers.add("X-Content-Type-Options", "nosniff");
  head.headers.add("Content-Security-Policy", kContentSecurityPolicy);
  head.headers.add("Referrer-Policy", "no-referrer");
  head.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  return head;
}

Task<void> answer(io::HttpExchange& exchange, uint16_t status, std::string body, std::string_view type) {
  // A failed write means that the asker has gone; there is nobody to tell.
  [[maybe_unused]] auto sent = co_await exchange.respond(head_of(status, type), as_bytes(body));
}

Task<void> answer_json(io::HttpExchange& exchange, uint16_t status, std::string body) {
  body += '\n';
  co_await answer(exchange, status, std::move(body), "application/json");
}

Task<void> answer_error(io::HttpExchange& exchange, uint16_t status, std::string text) {
  co_await answer_json(exchange, status, Json{{"error", text}}.dump());
}

uint16_t status_of(Fault fault) {
  switch (fault) {
    case Fault::kNotFound: return 404;
    case Fault::kInvalid: return 400;
    case Fault::kBusy: return 503;
    case Fault::kTimedOut: return 504;
    case Fault::kPrecondition: return 409;
    case Fault::kRefused:
    case Fault::kClosed:
    case Fault::kBroken: return 500;
  }
  return 500;
}

Task<void> answer_result(io::HttpExchange& exchange, Result<std::string> result) {
  if (!result) {
    co_await answer_error(exchange, status_of(result.error().fault), result.error().text);
    co_return;
  }
  co_await answer_json(exchange, 200, std::move(*result));
}

Task<void> answer_done(io::HttpExchange& exchange, Result<void> result) {
  if (!result) {
    co_await answer_error(exchange, status_of(result.error().fault), result.error().text);
    co_return;
  }
  co_await answer_json(exchange, 200, R"({"done":true})");
}

std::string query_value(const http::RequestHead& request, std::string_view name) {
  const auto query = http::parse_query(request.query());
  const auto* parameter = query ? http::find_parameter(*query, name) : nullptr;
  return parameter == nullptr ? std::string() : parameter->value;
}

// "/api/v1/sites/NAME/VERB" -> "", "api", "v1", "sites", NAME, VERB, each percent-decoded.
std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (const auto part : split(path, '/')) parts.push_back(http::percent_decode(part).value_or(std::string(part)));
  return parts;
}

Json event_json(const Event& event) {
  return {{"id", event.id}, {"time", format_iso8601(event.time)}, {"kind", event.kind}, {"subject", event.subject}, {"text", event.text}};
}

std::string string_field(const Json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

AdminServer::AdminServer(NodeApi& api, AdminTokens tokens, Log log) : api_(api), tokens_(std::move(tokens)), log_(log) {}
AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::start(io::Loop& loop, const io::Endpoint& endpoint, AdminTokens tokens, NodeApi& api,
                                                        Log log) {
  std::unique_ptr<AdminServer> server(new AdminServer(api, std::move(tokens), log));
  auto* self = server.get();
  TRY(server->server_,
      io::HttpServer::start(loop, endpoint, {.connections_max = 200}, [self](io::HttpExchange& x) { return self->handle(x); }));
  return server;
}

io::Endpoint AdminServer::local() const { return server_->local(); }

Task<void> AdminServer::drain(Mono deadline) {
  draining_ = true;
  co_await server_->drain(deadline);
}

Task<void> AdminServer::handle(io::HttpExchange& exchange) {
  const auto& request = exchange.request();
  const auto authorization = request.headers.get("Authorization");
  auto verdict = judge({.method = request.method,
                        .path = request.path(),
                        .host = request.host,
                        .origin = request.headers.get("Origin"),
                        .fetch_site = request.headers.get("Sec-Fetch-Site"),
                        .authorization = authorization},
                       tokens_);
  const Mono now = exchange.loop().now();
  if (!authorization.empty() && !tokens_.operate.empty() && guard_.locked(exchange.peer().address, now)) {
    verdict = {.status = 429, .text = "too many wrong tokens from your address; wait a minute"};
  }
  if (verdict.bad_token) {
    guard_.failed(exchange.peer().address, now);
    log_.warn("a wrong token from {}", exchange.peer().address);
  }
  if (verdict.status != 0) {
    co_await refuse(exchange, verdict);
  } else {
    co_await route(exchange, verdict.role);
  }
}

Task<void> AdminServer::refuse(io::HttpExchange& exchange, AdminVerdict verdict) {
  auto head = head_of(verdict.status, "application/json");
  if (verdict.status == 401) head.headers.add("WWW-Authenticate", "Bearer");
  if (verdict.status == 429) head.headers.add("Retry-After", "60");
  const auto body = Json{{"error", verdict.text}}.dump() + "\n";
  [[maybe_unused]] auto sent = co_await exchange.respond(std::move(head), as_bytes(body));
}

Task<void> AdminServer::route(io::HttpExchange& exchange, Role role) {
  std::string path(exchange.request().path());
  if (exchange.request().method == "POST") {
    co_await route_post(exchange, std::move(path));
  } else if (is_console_file(path)) {
    co_await console_file(exchange, std::move(path));
  } else if (path == "/api/v1/whoami") {
    co_await whoami(exchange, role);
  } else {
    co_await route_get(exchange, std::move(path));
  }
}

Task<void> AdminServer::whoami(io::HttpExchange& exchange, Role role) {
  const Json json{{"role", role_name(role)}, {"token_needed", !tokens_.operate.empty()}};
  co_await answer_json(exchange, 200, json.dump());
}

Task<void> AdminServer::console_file(io::HttpExchange& exchange, std::string path) {
  const auto* file = find_console_file(path);
  EVERSHORE_ASSERT(file != nullptr);
  auto head = head_of(200, file->type);
  head.headers.set("Cache-Control", "no-cache");
  head.headers.add("Vary", "Accept-Encoding");
  const bool gzip = exchange.request().headers.joined("Accept-Encoding").contains("gzip");
  if (gzip) head.headers.add("Content-Encoding", "gzip");
  [[maybe_unused]] auto sent = co_await exchange.respond(std::move(head), gzip ? file->gzip : file->plain);
}

Task<void> AdminServer::route_get(io::HttpExchange& exchange, std::string path) {
  if (path == "/healthz") {
    co_await answer(exchange, 200, "ok\n", "text/plain");
  } else if (path == "/readyz") {
    const bool ready = api_.ready();
    co_await answer(exchange, ready ? 200 : 503, ready ? "ready\n" : "starting\n", "text/plain");
  } else if (path == "/metrics") {
    auto text = co_await api_.metrics_text();
    co_await answer(exchange, 200, std::move(text), "text/plain; version=0.0.4");
  } else if (path == "/api/v1/status") {
    auto text = co_await api_.status_json();
    co_await answer_json(exchange, 200, std::move(text));
  } else if (path == "/api/v1/regions") {
    auto text = co_await api_.regions_json();
    co_await answer_json(exchange, 200, std::move(text));
  } else if (path == "/api/v1/checks") {
    auto text = co_await api_.checks_json();
    co_await answer_json(exchange, 200, std::move(text));
  } else if (path == "/api/v1/explain") {
    auto result = co_await api_.explain_json(query_value(exchange.request(), "subject"));
    co_await answer_result(exchange, std::move(result));
  } else if (path == "/api/v1/events") {
    co_await events(exchange);
  } else if (path == "/api/v1/stream") {
    co_await stream_events(exchange);
  } else if (path == "/api/v1/settings") {
    auto result = co_await api_.settings_json();
    co_await answer_result(exchange, std::move(result));
  } else if (path == "/api/v1/silences") {
    co_await answer_json(exchange, 200, api_.silences_json());
  } else if (path == "/api/v1/drills") {
    co_await answer_json(exchange, 200, api_.drills_json());
  } else if (path == "/api/v1/dns/query") {
    co_await dns_query(exchange);
  } else {
    co_await route_named(exchange, std::move(path));
  }
}

// Routes with a name in them.
Task<void> AdminServer::route_named(io::HttpExchange& exchange, std::string path) {
  const auto parts = path_parts(path);
  if (parts.size() == 6 && parts[3] == "dns" && parts[4] == "zones") {
    co_await zone_text(exchange, parts[5], ZoneForm::kPlain);
  } else if (parts.size() == 7 && parts[3] == "dns" && parts[4] == "zones" && parts[6] == "signed") {
    co_await zone_text(exchange, parts[5], ZoneForm::kSigned);
  } else if (parts.size() == 5 && parts[3] == "drills") {
    co_await answer_result(exchange, api_.drill_json(parse_u64(parts[4]).value_or(0)));
  } else if (parts.size() == 6 && parts[3] == "sites" && parts[5] == "differences") {
    auto result = co_await api_.differences_json(parts[4]);
    co_await answer_result(exchange, std::move(result));
  } else if (parts.size() == 6 && parts[3] == "regions" && parts[5] == "gaps") {
    auto result = co_await api_.gaps_json(parts[4], kGapsListed);
    co_await answer_result(exchange, std::move(result));
  } else if (parts.size() == 6 && parts[3] == "sites" && parts[5] == "conflicts") {
    auto result = co_await api_.conflicts_json(parts[4], query_value(exchange.request(), "prefix"));
    co_await answer_result(exchange, std::move(result));
  } else {
    co_await answer_error(exchange, 404, "no such page; see /api/v1/status, /metrics, /healthz");
  }
}

Task<void> AdminServer::dns_query(io::HttpExchange& exchange) {
  const auto& request = exchange.request();
  DnsQuestion question{
      .name = query_value(request, "name"), .type = query_value(request, "type"), .client = query_value(request, "client")};
  if (question.type.empty()) question.type = "A";
  auto result = co_await api_.dns_query_json(std::move(question));
  co_await answer_result(exchange, std::move(result));
}

Task<void> AdminServer::zone_text(io::HttpExchange& exchange, std::string zone, ZoneForm form) {
  auto text = co_await api_.zone_text(std::move(zone), form);
  if (!text) {
    co_await answer_error(exchange, status_of(text.error().fault), text.error().text);
    co_return;
  }
  co_await answer(exchange, 200, std::move(*text), "text/dns; charset=utf-8");  // RFC 4027
}

Task<void> AdminServer::route_post(io::HttpExchange& exchange, std::string path) {
  if (path == "/api/v1/replication/webhook") {
    co_await webhook(exchange);
    co_return;
  }
  if (path == "/api/v1/silences") {
    co_await silence(exchange);
    co_return;
  }
  if (path == "/api/v1/drills") {
    co_await keep_drill(exchange);
    co_return;
  }
  const auto parts = path_parts(path);
  const bool named = parts.size() == 6 && parts[1] == "api" && parts[2] == "v1";
  if (named && parts[3] == "silences" && parts[5] == "end") {
    co_await end_silence(exchange, parts[4]);
    co_return;
  }
  if (!named || (parts[3] != "regions" && parts[3] != "sites")) {
    co_await answer_error(exchange, 404, "no such action");
    co_return;
  }
  auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  if (!body) {
    co_await answer_error(exchange, 400, body.error().text);
    co_return;
  }
  note_action(exchange, parts[4], parts[5], *body);
  if (parts[3] == "regions") {
    co_await regions(exchange, parts[4], parts[5], std::move(*body));
  } else {
    co_await sites(exchange, parts[4], parts[5], std::move(*body));
  }
}

// Who asked for what, and why: noted before it is done, and also when it is refused for what it says.
void AdminServer::note_action(const io::HttpExchange& exchange, const std::string& subject, const std::string& verb,
                              const std::string& body) {
  auto json = Json::parse(body, nullptr, false);
  const auto who = string_field(json, "by").substr(0, kReasonBytesMax);
  const auto why = string_field(json, "reason").substr(0, kReasonBytesMax);
  std::string what;
  if (json.is_object() && verb != "prefetch") {
    for (const char* known : {"by", "reason"}) json.erase(known);
    what = json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kReasonBytesMax);
  }
  api_.note_action(subject, fmt::format("{} asked to {} {}{}{}{}",
                                        who.empty() ? exchange.peer().address : fmt::format("{} ({})", who, exchange.peer().address), verb,
                                        subject, what.empty() || what == "{}" ? "" : " " + what, why.empty() ? "" : ": ", why));
}

Task<void> AdminServer::regions(io::HttpExchange& exchange, std::string region, std::string verb, std::string body) {
  const auto json = Json::parse(body, nullptr, false);
  if (verb == "undrain") {
    auto done = co_await api_.undrain(std::move(region));
    co_await answer_done(exchange, std::move(done));
    co_return;
  }
  if (verb == "fault") {
    co_await fault(exchange, std::move(region), std::move(body));
    co_return;
  }
  if (verb != "drain") {
    co_await answer_error(exchange, 404, "a region can be drained, undrained, or given a fault");
    co_return;
  }
  DrainRequest request{.region = std::move(region), .reason = string_field(json, "reason"), .for_span = std::nullopt};
  const auto span = string_field(json, "for");
  if (!span.empty()) {
    const auto parsed = parse_duration(span);
    if (!parsed) {
      co_await answer_error(exchange, 400, "for: " + parsed.error().text);
      co_return;
    }
    request.for_span = *parsed;
  }
  auto done = co_await api_.drain(std::move(request));
  co_await answer_done(exchange, std::move(done));
}

// {"fault":"down|blackhole|error|slow|cut","for":"30s"} begins a drill's fault, {"fault":"none"} ends it.
Task<void> AdminServer::fault(io::HttpExchange& exchange, std::string region, std::string body) {
  const auto json = Json::parse(body, nullptr, false);
  const auto name = string_field(json, "fault");
  const auto span = parse_duration(string_field(json, "for"));
  const auto mode = name == "none" ? std::optional(io::FaultMode::kNone) : io::fault_mode_of(name);
  if (!mode || (*mode != io::FaultMode::kNone && !span)) {
    co_await answer_error(exchange, 400,
                          R"(POST regions/NAME/fault with {"fault":"down|blackhole|error|slow|cut","for":"30s"} or {"fault":"none"})");
    co_return;
  }
  auto done = co_await api_.fault(std::move(region), *mode, span.value_or(Duration{0}));
  co_await answer_done(exchange, std::move(done));
}

// {"kind":"region","name":"east","for":"2h","reason":"...","by":"..."}; without a kind or a name it is for all of them.
Task<void> AdminServer::silence(io::HttpExchange& exchange) {
  const auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  const auto json = Json::parse(body.value_or(""), nullptr, false);
  const auto span = parse_duration(string_field(json, "for"));
  if (!span) {
    co_await answer_error(exchange, 400,
                          R"(POST silences with {"kind":"region","name":"east","for":"2h","reason":"..."}; kind and name may be left out)");
    co_return;
  }
  SilenceRequest request{.kind = string_field(json, "kind").substr(0, kReasonBytesMax),
                         .name = string_field(json, "name").substr(0, kReasonBytesMax),
                         .reason = string_field(json, "reason").substr(0, kReasonBytesMax),
                         .by = string_field(json, "by").substr(0, kReasonBytesMax),
                         .for_span = *span};
  note_action(exchange, request.name.empty() ? "alerts" : request.name, "silence", *body);
  auto made = api_.silence(std::move(request));
  co_await answer_result(exchange, std::move(made));
}

Task<void> AdminServer::keep_drill(io::HttpExchange& exchange) {
  const auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  auto kept = body ? api_.keep_drill(*body) : Result<std::string>(std::unexpected(body.error()));
  co_await answer_result(exchange, std::move(kept));
}

Task<void> AdminServer::end_silence(io::HttpExchange& exchange, std::string id) {
  const auto number = parse_u64(id);
  if (!number) {
    co_await answer_error(exchange, 400, "a silence is named by its number, as GET silences lists them");
    co_return;
  }
  note_action(exchange, "silence " + id, "end", "{}");
  auto done = api_.end_silence(*number);
  co_await answer_done(exchange, std::move(done));
}

namespace {
// nullopt: not exactly one of the four. Who asks, and why, may come along.
std::optional<PurgeRequest> purge_request(std::string site, Json json) {
  if (!json.is_object()) return std::nullopt;
  for (const char* known : {"by", "reason"}) json.erase(known);
  if (json.size() != 1) return std::nullopt;
  PurgeRequest request{.site = std::move(site), .what = PurgeRequest::What::kSite, .value = {}};
  if (json.value("all", Json(false)) == true) return request;
  const std::array<std::pair<const char*, PurgeRequest::What>, 3> kinds{
      {{"key", PurgeRequest::What::kKey}, {"prefix", PurgeRequest::What::kPrefix}, {"tag", PurgeRequest::What::kTag}}};
  for (const auto& [name, what] : kinds) {
    request.what = what;
    request.value = string_field(json, name);
    if (!request.value.empty()) return request;
  }
  return std::nullopt;
}

// nullopt: not a list of keys.
std::optional<std::vector<std::string>> prefetch_keys(const Json& json) {
  const auto list = json.is_object() ? json.find("keys") : json.end();
  if (list == json.end() || !list->is_array() || list->size() > NodeApi::kPrefetchKeysMax) return std::nullopt;
  std::vector<std::string> keys;
  for (const auto& key : *list) {
    if (!key.is_string()) return std::nullopt;
    keys.push_back(key.get<std::string>());
  }
  return keys;
}
}  // namespace

Task<void> AdminServer::prefetch(io::HttpExchange& exchange, std::string site, std::optional<std::vector<std::string>> keys) {
  if (!keys) {
    co_await answer_error(exchange, 400, R"(POST sites/NAME/prefetch with {"keys":["K",...]}, 1000 at most)");
    co_return;
  }
  auto report = co_await api_.prefetch(std::move(site), std::move(*keys));
  if (!report) {
    co_await answer_done(exchange, std::unexpected(std::move(report).error()));
    co_return;
  }
  const Json json{
      {"fetched", report->fetched}, {"were_there", report->were_there}, {"missing", report->missing}, {"failed", report->failed}};
  co_await answer_json(exchange, 200, json.dump());
}

// {"name":"...","keep":"winner"|"loser"}
Task<void> AdminServer::settle_conflict(io::HttpExchange& exchange, std::string site, std::string name, std::string keep) {
  if (name.empty() || (keep != "winner" && keep != "loser")) {
    co_await answer_error(exchange, 400, R"(POST sites/NAME/conflicts with {"name":"as listed","keep":"winner|loser"})");
    co_return;
  }
  const auto becomes = keep == "loser" ? NodeApi::KeptBecomes::kTheKey : NodeApi::KeptBecomes::kNothing;
  auto done = co_await api_.settle_conflict(std::move(site), std::move(name), becomes);
  co_await answer_done(exchange, std::move(done));
}

Task<void> AdminServer::sites(io::HttpExchange& exchange, std::string site, std::string verb, std::string body) {
  if (verb == "sync") {
    co_await sync(exchange, std::move(site));
    co_return;
  }
  const auto json = Json::parse(body, nullptr, false);
  if (verb == "conflicts") {
    co_await settle_conflict(exchange, std::move(site), string_field(json, "name"), string_field(json, "keep"));
    co_return;
  }
  if (verb == "purge") {
    auto request = purge_request(std::move(site), json);
    if (!request) {
      co_await answer_error(exchange, 400, R"(POST sites/NAME/purge with one of {"key":"K"}, {"prefix":"P"}, {"tag":"T"}, {"all":true})");
      co_return;
    }
    auto purged = co_await api_.purge(std::move(*request));
    co_await answer_done(exchange, std::move(purged));
    co_return;
  }
  if (verb == "prefetch") {
    co_await prefetch(exchange, std::move(site), prefetch_keys(json));
    co_return;
  }
  const auto region = string_field(json, "region");
  const bool release = json.is_object() && json.value("auto", Json(false)) == true;
  if (verb != "failover" || (region.empty() && !release)) {
    co_await answer_error(exchange, 400, R"(POST sites/NAME/failover with {"region":"NAME"} to pin or {"auto":true} to release)");
    co_return;
  }
  auto target = release ? std::nullopt : std::optional(region);
  auto done = co_await api_.failover(std::move(site), std::move(target));
  co_await answer_done(exchange, std::move(done));
}

Task<void> AdminServer::events(io::HttpExchange& exchange) {
  const auto since = parse_u64(query_value(exchange.request(), "since")).value_or(0);
  Json list = Json::array();
  for (const auto& event : api_.events_after(since)) list.push_back(event_json(event));
  co_await answer_json(exchange, 200, Json{{"events", std::move(list)}}.dump());
}

// Server-sent events; the id lets a client that reconnects go on where it was.
Task<void> AdminServer::stream_events(io::HttpExchange& exchange) {
  auto last =
      parse_u64(exchange.request().headers.get("Last-Event-ID")).value_or(parse_u64(query_value(exchange.request(), "since")).value_or(0));
  auto sent = co_await exchange.start(head_of(200, "text/event-stream"), std::nullopt);
  while (sent && !draining_) {
    std::string text;
    for (const auto& event : api_.events_after(last)) {
      text += fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind, event_json(event).dump());
      last = event.id;
    }
    if (text.empty()) text = ": still here\n\n";
    sent = co_await exchange.write(as_bytes(text));
    if (sent) co_await api_.wait_for_event(last, exchange.loop().now() + kStreamHeartbeat);
  }
  if (sent) sent = co_await exchange.finish();
}

Task<void> AdminServer::webhook(io::HttpExchange& exchange) {
  auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  if (!body) {
    co_await answer_error(exchange, 400, body.error().text);
    co_return;
  }
  auto noted = co_await api_.webhook(std::move(*body));
  if (!noted) {
    co_await answer_error(exchange, status_of(noted.error().fault), noted.error().text);
    co_return;
  }
  co_await answer_json(exchange, 200, Json{{"keys", *noted}}.dump());
}

namespace {
// Lines made by a running sync, handed to the writer in turn; the newest wins when the client is slow.
struct Progress {
  explicit Progress(Scheduler& scheduler) : changed(scheduler) {}
  Signal changed;
  std::string latest;
  bool done = false;
  Result<std::string> result = std::string();
};

Task<void> run_sync(NodeApi& api, std::string site, Progress& progress) {
  auto* shared = &progress;
  std::function<void(std::string)> on_progress = [shared](std::string line) {
    shared->latest = std::move(line);
    shared->changed.notify_all();
  };
  progress.result = co_await api.sync(std::move(site), std::move(on_progress));
  progress.done = true;
  progress.changed.notify_all();
}
}  // namespace

// JSON lines: progress documents, then {"result":...} or {"error":...}.
Task<void> AdminServer::sync(io::HttpExchange& exchange, std::string site) {
  Progress progress(exchange.loop());
  TaskScope scope;
  scope.spawn(run_sync(api_, std::move(site), progress));
  auto sent = co_await exchange.start(head_of(200, "application/x-ndjson"), std::nullopt);
  while (!progress.done) {
    co_await progress.changed.wait_until(exchange.loop().now() + std::chrono::seconds(1));
    std::string line = std::exchange(progress.latest, {});
    line += '\n';
    if (sent) sent = co_await exchange.write(as_bytes(line));
  }
  co_await scope.join();
  std::string last =
      progress.result ? fmt::format("{{\"result\":{}}}\n", *progress.result) : Json{{"error", progress.result.error().text}}.dump() + "\n";
  if (sent) sent = co_await exchange.write(as_bytes(last));
  if (sent) sent = co_await exchange.finish();
}

}  // namespace evershore::console
