// Where the keys of an AWS account come from, in AWS's usual order: environment, profile, web identity, container, instance metadata.
// Nothing here is ever printed; errors name files and variables, never values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/settings.h"

namespace evershore::aws {

using Environment = std::map<std::string, std::string>;

struct StaticKeys {
  std::string access_key;
  Secret secret_key;
  Secret session_token;  // empty = long-term keys
};

struct KeySource {
  enum class Kind : uint8_t { kStatic, kWebIdentity, kContainer, kInstance };
  Kind kind = Kind::kInstance;
  StaticKeys keys;                 // kStatic
  std::string role_arn;            // kWebIdentity
  std::string token_file;          // kWebIdentity
  std::string url;                 // kContainer
  std::string authorization_file;  // kContainer; "" = none
  // To be assumed one after the other with those keys.
  struct Role {
    std::string arn, external_id;
  };
  std::vector<Role> roles;
  std::string from;  // for people: "environment", "profile staging", ...
};

// What the sections of ~/.aws/credentials and ~/.aws/config say; config's "profile NAME" is NAME here.
using Profiles = std::map<std::string, std::map<std::string, std::string>>;
void add_profiles(Profiles& profiles, std::string_view ini_text);

// `profile`: the setting, "" = AWS_PROFILE or "default". A profile that is named but not there is an error.
Result<KeySource> find_key_source(const Environment& environment, const Profiles& profiles, const std::string& profile,
                                  const std::string& assume_role);

// Files that add_profiles() should be fed, in this order.
std::vector<std::string> profile_files(const Environment& environment);

}  // namespace evershore::aws
