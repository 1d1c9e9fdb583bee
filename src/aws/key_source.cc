#include "aws/key_source.h"

#include <fmt/format.h>

#include "base/text.h"

namespace evershore::aws {

namespace {

constexpr int kProfilesDeepMax = 5;  // of source_profile

std::string value_of(const Environment& environment, const std::string& name) {
  const auto at = environment.find(name);
  return at == environment.end() ? "" : at->second;
}

std::string value_of(const Profiles& profiles, const std::string& profile, const std::string& name) {
  const auto section = profiles.find(profile);
  if (section == profiles.end()) return "";
  const auto at = section->second.find(name);
  return at == section->second.end() ? "" : at->second;
}

bool has_keys(const Profiles& profiles, const std::string& profile) { return !value_of(profiles, profile, "aws_access_key_id").empty(); }

// The profile's keys, and the roles on the way from them to it.
Result<KeySource> from_profile(const Profiles& profiles, const std::string& profile, int deep) {
  if (deep > kProfilesDeepMax) return fail(Fault::kInvalid, fmt::format("AWS profile {}: its source_profile leads in a circle", profile));
  const auto source = value_of(profiles, profile, "source_profile");
  const auto role = value_of(profiles, profile, "role_arn");
  KeySource found{.kind = KeySource::Kind::kStatic, .from = "profile " + profile};
  if (!role.empty() && !source.empty() && source != profile) {
    TRY(found, from_profile(profiles, source, deep + 1));
    found.from = "profile " + profile;
    found.roles.push_back({role, value_of(profiles, profile, "external_id")});
    return found;
  }
  if (const auto token_file = value_of(profiles, profile, "web_identity_token_file"); !token_file.empty()) {
    found.kind = KeySource::Kind::kWebIdentity;
    found.role_arn = role;
    found.token_file = token_file;
    return found;
  }
  if (!has_keys(profiles, profile)) return fail(Fault::kInvalid, fmt::format("AWS profile {} has no aws_access_key_id", profile));
  found.keys = {value_of(profiles, profile, "aws_access_key_id"), Secret(value_of(profiles, profile, "aws_secret_access_key")),
                Secret(value_of(profiles, profile, "aws_session_token"))};
  if (!role.empty()) found.roles.push_back({role, value_of(profiles, profile, "external_id")});
  return found;
}

std::optional<KeySource> from_environment(const Environment& environment) {
  const auto access = value_of(environment, "AWS_ACCESS_KEY_ID");
  const auto secret = value_of(environment, "AWS_SECRET_ACCESS_KEY");
  if (access.empty() || secret.empty()) return std::nullopt;
  KeySource found{.kind = KeySource::Kind::kStatic, .from = "environment"};
  found.keys = {access, Secret(secret), Secret(value_of(environment, "AWS_SESSION_TOKEN"))};
  return found;
}

KeySource from_surroundings(const Environment& environment) {
  if (const auto token = value_of(environment, "AWS_WEB_IDENTITY_TOKEN_FILE"); !token.empty()) {
    KeySource found{.kind = KeySource::Kind::kWebIdentity, .from = "web identity"};
    found.role_arn = value_of(environment, "AWS_ROLE_ARN");
    found.token_file = token;
    return found;
  }
  KeySource found{.kind = KeySource::Kind::kContainer, .from = "container"};
  found.authorization_file = value_of(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (const auto relative = value_of(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !relative.empty()) {
    found.url = "http://169.254.170.2" + relative;
    return found;
  }
  found.url = value_of(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!found.url.empty()) return found;
  return {.kind = KeySource::Kind::kInstance, .from = "instance metadata"};
}

}  // namespace

void add_profiles(Profiles& profiles, std::string_view ini_text) {
  std::string section;
  for (auto line : split(ini_text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool nested = line.starts_with(' ') || line.starts_with('\t');  // a sub-section such as "s3 ="
    line = trim(line);
    if (line.empty() || line.front() == '#' || line.front() == ';' || nested) continue;
    if (line.front() == '[' && line.back() == ']') {
      section = std::string(trim(line.substr(1, line.size() - 2)));
      if (section.starts_with("profile ")) section = std::string(trim(std::string_view(section).substr(8)));
      profiles[section];
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || section.empty()) continue;
    // The credentials file comes first and wins.
    profiles[section].emplace(to_lower(trim(line.substr(0, equals))), std::string(trim(line.substr(equals + 1))));
  }
}

std::vector<std::string> profile_files(const Environment& environment) {
  const auto home = value_of(environment, "HOME");
  const auto named_or = [&](const std::string& variable, const std::string& usual) {
    const auto named = value_of(environment, variable);
    return named.empty() ? home + usual : named;
  };
  return {named_or("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), named_or("AWS_CONFIG_FILE", "/.aws/config")};
}

Result<KeySource> find_key_source(const Environment& environment, const Profiles& profiles, const std::string& profile,
                                  const std::string& assume_role) {
  const auto with_role = [&](KeySource found) -> Result<KeySource> {
    if (!assume_role.empty()) found.roles.push_back({assume_role, ""});
    return found;
  };
  if (profile.empty()) {
    if (auto found = from_environment(environment)) return with_role(std::move(*found));
  }
  const auto named = profile.empty() ? value_of(environment, "AWS_PROFILE") : profile;
  if (!named.empty() && !profiles.contains(named)) {
    return fail(Fault::kInvalid, fmt::format("there is no AWS profile {} in {}", named, profile_files(environment).front()));
  }
  const auto chosen = named.empty() ? std::string("default") : named;
  if (!named.empty() || has_keys(profiles, chosen) || !value_of(profiles, chosen, "role_arn").empty()) {
    TRY(auto found, from_profile(profiles, chosen, 0));
    return with_role(std::move(found));
  }
  return with_role(from_surroundings(environment));
}

}  // namespace evershore::aws
