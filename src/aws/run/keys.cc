#include "aws/run/keys.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "io/files.h"

namespace evershore::aws {

namespace {

constexpr auto kRenewBefore = std::chrono::minutes(5);
constexpr size_t kTokenBytesMax = 64 << 10;
constexpr const char* kSession = "evershore";
constexpr std::string_view kAdvice =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials in [aws] profile";

std::string text_in(const nlohmann::json& json, const char* name) {
  return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : std::string();
}

// What container and instance metadata both answer. Errors do not repeat the document: it holds keys.
Result<SessionKeys> parse_metadata_keys(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return fail(Fault::kInvalid, "the metadata service's answer is not JSON");
  SessionKeys keys{text_in(json, "AccessKeyId"), text_in(json, "SecretAccessKey"), text_in(json, "Token"),
                   parse_iso8601(text_in(json, "Expiration")).value_or(Wall{})};
  if (keys.access_key.empty() || keys.secret_key.empty()) return fail(Fault::kInvalid, "the metadata service's answer holds no keys");
  return keys;
}

}  // namespace

Keys::Keys(Transport& transport, const Clock& clock, KeySource source, std::string metadata)
    : transport_(transport), clock_(clock), source_(std::move(source)), metadata_(std::move(metadata)) {}

Task<Result<s3::Credentials>> Keys::get() {
  if (held_ && (!held_->expires || clock_.wall() + kRenewBefore < *held_->expires)) co_return held_->keys;
  auto taken = co_await take();
  if (!taken) co_return fail(Fault::kRefused, fmt::format("no AWS credentials from {}: {}; {}", source_.from, taken.error().text, kAdvice));
  held_ = std::move(*taken);
  co_return held_->keys;
}

Task<Result<Keys::Held>> Keys::take() {
  Result<Held> held = Held{{source_.keys.access_key, source_.keys.secret_key.reveal(), source_.keys.session_token.reveal()}, std::nullopt};
  switch (source_.kind) {
    case KeySource::Kind::kStatic: break;
    case KeySource::Kind::kWebIdentity: held = co_await take_web_identity(); break;
    case KeySource::Kind::kContainer: held = co_await take_container(); break;
    case KeySource::Kind::kInstance: held = co_await take_instance(); break;
  }
  for (const auto& role : source_.roles) {
    if (!held) break;
    held = co_await assume(std::move(*held), role);
  }
  co_return held;
}

Task<Result<Keys::Held>> Keys::take_web_identity() {
  CO_TRY(const auto token, io::read_whole_file(source_.token_file, kTokenBytesMax));
  auto call = assume_role_with_web_identity(source_.role_arn, kSession, token);
  auto answer = co_await transport_.exchange(call, nullptr, clock_.wall());
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (!answer->ok()) co_return std::unexpected(error_of(call, *answer));
  CO_TRY(auto keys, parse_session_keys(*answer));
  co_return Held{{keys.access_key, keys.secret_key, keys.session_token}, keys.expires};
}

Task<Result<Keys::Held>> Keys::take_container() {
  http::Headers headers;
  if (!source_.authorization_file.empty()) {
    CO_TRY(const auto token, io::read_whole_file(source_.authorization_file, kTokenBytesMax));
    headers.set("authorization", trim(token));
  }
  auto answer = co_await transport_.plain("GET", source_.url, std::move(headers));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (!answer->ok()) co_return fail(Fault::kRefused, fmt::format("the container's credentials service answered {}", answer->status));
  CO_TRY(auto keys, parse_metadata_keys(answer->body));
  co_return Held{{keys.access_key, keys.secret_key, keys.session_token}, keys.expires};
}

// Version 2 of the service: a token first, then the role's name, then its keys.
Task<Result<Keys::Held>> Keys::take_instance() {
  auto token = co_await transport_.plain("PUT", metadata_ + "/latest/api/token",
                                         {{"x-aws-ec2-metadata-token-ttl-seconds", "300"}, {"content-length", "0"}});
  if (!token) co_return std::unexpected(std::move(token).error());
  if (!token->ok()) co_return fail(Fault::kRefused, fmt::format("instance metadata answered {} for a token", token->status));
  const http::Headers headers{{"x-aws-ec2-metadata-token", std::string(trim(token->body))}};
  const std::string path = metadata_ + "/latest/meta-data/iam/security-credentials/";
  auto role = co_await transport_.plain("GET", path, headers);
  if (!role) co_return std::unexpected(std::move(role).error());
  if (!role->ok()) co_return fail(Fault::kRefused, "this instance has no role");
  auto answer = co_await transport_.plain("GET", path + std::string(trim(role->body)), headers);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (!answer->ok()) co_return fail(Fault::kRefused, fmt::format("instance metadata answered {} for the role's keys", answer->status));
  CO_TRY(auto keys, parse_metadata_keys(answer->body));
  co_return Held{{keys.access_key, keys.secret_key, keys.session_token}, keys.expires};
}

Task<Result<Keys::Held>> Keys::assume(Held with, KeySource::Role role) {
  auto call = assume_role(role.arn, kSession, role.external_id);
  auto answer = co_await transport_.exchange(call, &with.keys, clock_.wall());
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (!answer->ok()) co_return std::unexpected(error_of(call, *answer));
  CO_TRY(auto keys, parse_session_keys(*answer));
  co_return Held{{keys.access_key, keys.secret_key, keys.session_token}, keys.expires};
}

}  // namespace evershore::aws
