#include "acme/documents.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::acme {

namespace {

using Json = nlohmann::json;

constexpr size_t kProofsMax = 1'000;

Result<Json> object_of(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Fault::kInvalid, "it is no JSON object");
  return json;
}

std::optional<std::string> text_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at == json.end() || !at->is_string() ? std::nullopt : std::optional(at->get<std::string>());
}

std::optional<Wall> time_in(const Json& json, const char* name) {
  const auto text = text_in(json, name);
  return text ? parse_iso8601(*text) : std::nullopt;
}

std::optional<uint64_t> number_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at == json.end() || !at->is_number_unsigned() ? std::nullopt : std::optional(at->get<uint64_t>());
}

int64_t seconds_of(Duration span) { return std::chrono::duration_cast<std::chrono::seconds>(span).count(); }

}  // namespace

LeaseVerdict judge_lease(const std::optional<Lease>& present, std::string_view node, Wall now) {
  if (!present) return LeaseVerdict::kTake;
  if (present->node == node) return LeaseVerdict::kMine;
  return present->until > now ? LeaseVerdict::kHeld : LeaseVerdict::kTake;
}

std::string to_text(const Account& account) { return Json{{"key", account.key_pem}, {"url", account.url}}.dump(); }

std::string to_text(const Progress& progress) {
  Json json{{"order", progress.order_url},
            {"key", progress.key_pem},
            {"failures", progress.failures},
            {"failed_at", format_iso8601(progress.failed_at)},
            {"problem", progress.problem}};
  if (progress.retry_after) json["retry_after_seconds"] = seconds_of(*progress.retry_after);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(const DnsProofs& proofs) {
  Json list = Json::array();
  for (const auto& proof : proofs.proofs) list.push_back({{"name", proof.name}, {"value", proof.value}});
  return Json{{"proofs", std::move(list)}, {"until", format_iso8601(proofs.until)}}.dump();
}

std::string to_text(const Lease& lease) { return Json{{"node", lease.node}, {"until", format_iso8601(lease.until)}}.dump(); }

Result<Account> read_account(std::string_view text) {
  TRY(const auto json, object_of(text));
  auto key = text_in(json, "key");
  auto url = text_in(json, "url");
  if (!key || !url) return fail(Fault::kInvalid, "the account lacks its key or its url");
  return Account{*std::move(key), *std::move(url)};
}

Result<Progress> read_progress(std::string_view text) {
  TRY(const auto json, object_of(text));
  auto order = text_in(json, "order");
  auto key = text_in(json, "key");
  const auto failures = number_in(json, "failures");
  const auto failed_at = time_in(json, "failed_at");
  auto problem = text_in(json, "problem");
  if (!order || !key || !failures || *failures > UINT32_MAX || !failed_at || !problem)
    return fail(Fault::kInvalid, "some of it is missing");
  Progress progress{.order_url = *std::move(order),
                    .key_pem = *std::move(key),
                    .failures = static_cast<uint32_t>(*failures),
                    .failed_at = *failed_at,
                    .retry_after = std::nullopt,
                    .problem = *std::move(problem)};
  constexpr uint64_t kDay = 86'400;
  if (const auto seconds = number_in(json, "retry_after_seconds"))
    progress.retry_after = std::chrono::seconds(std::min<uint64_t>(*seconds, kDay));
  return progress;
}

Result<DnsProofs> read_proofs(std::string_view text) {
  TRY(const auto json, object_of(text));
  const auto until = time_in(json, "until");
  const auto list = json.find("proofs");
  if (!until || list == json.end() || !list->is_array() || list->size() > kProofsMax) return fail(Fault::kInvalid, "some of it is missing");
  DnsProofs out{.proofs = {}, .until = *until};
  for (const auto& each : *list) {
    auto name = each.is_object() ? text_in(each, "name") : std::nullopt;
    auto value = each.is_object() ? text_in(each, "value") : std::nullopt;
    if (!name || !value) return fail(Fault::kInvalid, "a proof lacks its name or its value");
    out.proofs.push_back({*std::move(name), *std::move(value)});
  }
  return out;
}

Result<Lease> read_lease(std::string_view text) {
  TRY(const auto json, object_of(text));
  auto node = text_in(json, "node");
  const auto until = time_in(json, "until");
  if (!node || !until) return fail(Fault::kInvalid, "the lease lacks its node or its end");
  return Lease{*std::move(node), *until};
}

std::string proof_name(std::string_view host) {
  if (host.starts_with("*.")) host.remove_prefix(2);
  return "_acme-challenge." + std::string(host);
}

std::string path_element(std::string_view host) {
  return host.starts_with("*.") ? "_wildcard." + std::string(host.substr(2)) : std::string(host);
}

}  // namespace evershore::acme
