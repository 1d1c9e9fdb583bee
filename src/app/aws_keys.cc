#include "app/aws_keys.h"

#include <array>
#include <cstdlib>

#include "io/files.h"

namespace evershore::app {

namespace {
constexpr size_t kProfileBytesMax = 1 << 20;
}

aws::Environment aws_environment() {
  static constexpr std::array kNames{"HOME",
                                     "AWS_ACCESS_KEY_ID",
                                     "AWS_SECRET_ACCESS_KEY",
                                     "AWS_SESSION_TOKEN",
                                     "AWS_PROFILE",
                                     "AWS_SHARED_CREDENTIALS_FILE",
                                     "AWS_CONFIG_FILE",
                                     "AWS_WEB_IDENTITY_TOKEN_FILE",
                                     "AWS_ROLE_ARN",
                                     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                     "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                     "AWS_EC2_METADATA_SERVICE_ENDPOINT"};
  aws::Environment environment;
  for (const char* name : kNames) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  return environment;
}

Result<aws::KeySource> aws_key_source(const aws::Environment& environment, const std::string& profile, const std::string& assume_role) {
  aws::Profiles profiles;
  for (const auto& path : aws::profile_files(environment)) {
    auto text = io::read_whole_file(path, kProfileBytesMax);
    if (text) aws::add_profiles(profiles, *text);
  }
  return aws::find_key_source(environment, profiles, profile, assume_role);
}

std::string metadata_service(const aws::Environment& environment) {
  const auto given = environment.find("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  return given == environment.end() ? "http://169.254.169.254" : given->second;
}

}  // namespace evershore::app
