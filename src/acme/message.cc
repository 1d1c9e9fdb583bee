#include "acme/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "acme/jws.h"
#include "base/text.h"
#include "wire/http/date.h"

namespace evershore::acme {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";
constexpr size_t kAuthorizationsMax = 100;
constexpr size_t kTextBytesMax = 2'000;
constexpr int kDepthMax = 16;

// nullopt: not an object. Deep nesting is refused before it costs anything.
std::optional<Json> object_of(std::string_view body) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kDepthMax; };
  auto json = Json::parse(body, shallow, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::string text_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) return "";
  const auto& text = at->get_ref<const std::string&>();
  return text.size() > kTextBytesMax ? "" : text;
}

bool flag_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_boolean() && at->get<bool>();
}

std::optional<Status> status_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Status>, 8> kWords{{{"pending", Status::kPending},
                                                                       {"ready", Status::kReady},
                                                                       {"processing", Status::kProcessing},
                                                                       {"valid", Status::kValid},
                                                                       {"invalid", Status::kInvalid},
                                                                       {"deactivated", Status::kInvalid},
                                                                       {"expired", Status::kInvalid},
                                                                       {"revoked", Status::kInvalid}}};
  for (const auto& [word, status] : kWords)
    if (word == text) return status;
  return std::nullopt;
}

// What goes into logs: one line, no control characters.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

Problem problem_of(const Json& json) {
  Problem problem{.type = text_in(json, "type"), .detail = one_line(text_in(json, "detail")), .identifier = ""};
  problem.type = one_line(problem.type.starts_with(kErrorPrefix) ? problem.type.substr(kErrorPrefix.size()) : problem.type);
  const auto parts = json.find("subproblems");
  if (parts == json.end() || !parts->is_array()) return problem;
  for (const auto& part : *parts) {
    if (!part.is_object()) continue;
    const auto identifier = part.find("identifier");
    if (identifier == part.end() || !identifier->is_object()) continue;
    problem.identifier = one_line(text_in(*identifier, "value"));
    if (const auto detail = one_line(text_in(part, "detail")); !detail.empty()) problem.detail = detail;
    break;
  }
  return problem;
}

std::optional<Problem> error_in(const Json& json) {
  const auto at = json.find("error");
  return at == json.end() || !at->is_object() ? std::nullopt : std::optional(problem_of(*at));
}

void take_challenges(const Json& json, ChallengeKind kind, Authorization& into) {
  const auto list = json.find("challenges");
  if (list == json.end() || !list->is_array()) return;
  for (const auto& each : *list) {
    if (!each.is_object()) continue;
    if (auto error = error_in(each)) into.problem = std::move(error);
    Challenge challenge{.url = text_in(each, "url"), .token = text_in(each, "token")};
    // RFC 8555 8.3: tokens hold nothing but base64url; what does not is not put into files or zones.
    if (text_in(each, "type") != challenge_name(kind) || challenge.url.empty() || challenge.token.empty()) continue;
    if (from_base64url(challenge.token)) into.challenge = std::move(challenge);
  }
}

struct Remedy {
  std::string_view type;
  std::string_view http;
  std::string_view dns;  // "" = the same
};
constexpr std::string_view kReach = "the name must lead to these nodes alone, and port 80 of every address of it to edge.listen";
constexpr std::string_view kZone = "the zone must be delegated to dns.listen of these nodes, on port 53";
constexpr std::array<Remedy, 11> kRemedies{{
    {"connection", kReach, kZone},
    {"dns", "the name must resolve, everywhere, to these nodes", kZone},
    {"unauthorized", "something else answers for the name: every address of it must be one of these nodes",
     "another server answers for the zone, or it still has older records"},
    {"incorrectResponse", "something else answers for the name: every address of it must be one of these nodes",
     "another server answers for the zone, or it still has older records"},
    {"caa", "the name's CAA record forbids this authority: add it there", ""},
    {"rateLimited", "too many orders: it is asked again later; fewer names, or the authority's staging directory for trials", ""},
    {"rejectedIdentifier", "this authority gives no certificate for that name: take it out of the site's hosts or edge.acme.hosts", ""},
    {"unsupportedIdentifier", "this authority gives no certificate for that name: take it out of the site's hosts or edge.acme.hosts", ""},
    {"externalAccountRequired", "the authority wants an account binding: give edge.acme.eab_key_id and edge.acme.eab_hmac_key", ""},
    {"invalidContact", "edge.acme.email is not accepted", ""},
    {"userActionRequired", "the authority wants something done by hand, such as new terms of use read", ""},
}};

}  // namespace

std::string_view challenge_name(ChallengeKind kind) { return kind == ChallengeKind::kHttp01 ? "http-01" : "dns-01"; }

Result<Directory> read_directory(std::string_view body) {
  const auto json = object_of(body);
  if (!json) return fail(Fault::kInvalid, "the answer is no JSON object; edge.acme.directory must be the URL of an ACME directory");
  Directory directory{
      .new_nonce = text_in(*json, "newNonce"), .new_account = text_in(*json, "newAccount"), .new_order = text_in(*json, "newOrder")};
  if (directory.new_nonce.empty() || directory.new_account.empty() || directory.new_order.empty()) {
    return fail(Fault::kInvalid, "the answer is no ACME directory: it has no newNonce, newAccount or newOrder");
  }
  const auto meta = json->find("meta");
  if (meta == json->end() || !meta->is_object()) return directory;
  directory.needs_binding = flag_in(*meta, "externalAccountRequired");
  directory.terms = one_line(text_in(*meta, "termsOfService"));
  return directory;
}

Result<Order> read_order(std::string_view body) {
  const auto json = object_of(body);
  const auto status = json ? status_of(text_in(*json, "status")) : std::nullopt;
  if (!status) return fail(Fault::kInvalid, "the answer is no order");
  Order order{
      .status = *status, .finalize = text_in(*json, "finalize"), .certificate = text_in(*json, "certificate"), .problem = error_in(*json)};
  const auto list = json->find("authorizations");
  if (list == json->end() || !list->is_array() || list->size() > kAuthorizationsMax || order.finalize.empty()) {
    return fail(Fault::kInvalid, "the order lacks its authorizations or its finalize URL");
  }
  for (const auto& url : *list) {
    if (!url.is_string()) return fail(Fault::kInvalid, "the order's authorizations are no URLs");
    order.authorizations.push_back(url.get<std::string>());
  }
  if (order.status == Status::kValid && order.certificate.empty()) return fail(Fault::kInvalid, "a valid order without a certificate URL");
  return order;
}

Result<Authorization> read_authorization(std::string_view body, ChallengeKind kind) {
  const auto json = object_of(body);
  const auto status = json ? status_of(text_in(*json, "status")) : std::nullopt;
  if (!status) return fail(Fault::kInvalid, "the answer is no authorization");
  const auto identifier = json->find("identifier");
  if (identifier == json->end() || !identifier->is_object()) return fail(Fault::kInvalid, "an authorization without an identifier");
  Authorization out{.status = *status,
                    .host = (flag_in(*json, "wildcard") ? "*." : "") + one_line(text_in(*identifier, "value")),
                    .challenge = std::nullopt,
                    .problem = std::nullopt};
  take_challenges(*json, kind, out);
  return out;
}

Problem read_problem(std::string_view body) {
  const auto json = object_of(body);
  return json ? problem_of(*json) : Problem{};
}

std::string new_account_payload(const NewAccount& account) {
  Json json{{"termsOfServiceAgreed", true}};
  if (!account.email.empty()) json["contact"] = {"mailto:" + account.email};
  if (!account.binding.empty()) json["externalAccountBinding"] = Json::parse(account.binding);
  return json.dump();
}

std::string new_order_payload(const std::vector<std::string>& names) {
  Json identifiers = Json::array();
  for (const auto& name : names) identifiers.push_back({{"type", "dns"}, {"value", name}});
  return Json{{"identifiers", std::move(identifiers)}}.dump();
}

std::string finalize_payload(std::string_view request_der) { return Json{{"csr", base64url(request_der)}}.dump(); }

std::optional<Duration> retry_after(const http::Headers& headers, Wall now) {
  const auto value = headers.find("retry-after");
  if (!value) return std::nullopt;
  constexpr Duration kMost = std::chrono::hours(24);
  if (const auto seconds = parse_u64(*value)) return std::min<Duration>(std::chrono::seconds(std::min<uint64_t>(*seconds, 86'400)), kMost);
  const auto date = http::parse_http_date(*value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(std::chrono::duration_cast<Duration>(*date - now), Duration::zero(), kMost);
}

std::string explain(const Problem& problem, std::string_view host, std::string_view authority, ChallengeKind kind) {
  const auto& about = problem.identifier.empty() ? std::string(host) : problem.identifier;
  std::string text = fmt::format("{}: {} says {}", about, authority, problem.type.empty() ? "no" : problem.type);
  if (!problem.detail.empty()) text += fmt::format(" (\"{}\")", problem.detail);
  for (const auto& remedy : kRemedies) {
    if (remedy.type != problem.type) continue;
    text += fmt::format("; {}", kind == ChallengeKind::kDns01 && !remedy.dns.empty() ? remedy.dns : remedy.http);
  }
  return text;
}

}  // namespace evershore::acme
