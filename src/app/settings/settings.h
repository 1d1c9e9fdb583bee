// Reads evershore.toml. Everything that is wrong with a file is reported at once, each with its place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/aws_settings.h"
#include "model/settings.h"

namespace evershore::app {

struct Problem {
  std::string file;
  uint32_t line = 1;    // from 1
  uint32_t column = 1;  // from 1
  std::string message;  // begins with the setting's full name where there is one; never holds a secret
  bool operator==(const Problem&) const = default;
};
std::string format_problem(const Problem& problem);  // "file:line:column: message"

struct Loaded {
  Settings settings;  // complete only if there are no problems
  std::optional<AwsSettings> aws;
  std::vector<Problem> problems;          // sorted by place
  std::map<std::string, uint32_t> lines;  // where each setting of the file stands, by its path: "sites.assets.hosts" -> 12
};

inline constexpr size_t kSettingsBytesMax = 4 << 20;

// Paths in the file that are not absolute are taken from the file's own folder. Secrets are read from the environment and
// from files, and files that the settings name are opened for a look. An empty [node] name becomes the host's name.
// `file_name` is for the problems and for that folder.
Loaded parse_settings(std::string_view text, std::string_view file_name);

// kNotFound, kRefused, kBroken: the file itself cannot be read.
Result<Loaded> load_settings(const std::string& path);

// The names that edge.acme is to have certificates for: sorted, each once. Empty without it.
std::vector<std::string> certificate_hosts(const Settings& settings);

// What the file's text alone does not tell. Asked only where there is no other problem; `tell` takes the setting's path, such as
// "dns.zones[0].dnssec".
using TellSetting = std::function<void(std::string_view path, std::string_view message)>;
using FurtherCheck = std::function<void(const Settings& settings, const TellSetting& tell)>;
Result<Loaded> load_settings(const std::string& path, const FurtherCheck& further);

// One setting as it is in force.
struct EffectiveSetting {
  std::string path;
  std::string value;  // as people write it; of a secret only "set" or "not set"
  uint32_t line = 0;  // in the file; 0: the default
  bool restart = false;
  std::string_view text;
  bool operator==(const EffectiveSetting&) const = default;
};
inline constexpr size_t kEffectiveSettingsMax = 20'000;  // more: the rest is left out
// All of them, section by section, in the order of the reference; of records and answers too. `lines`: of the file they came from.
std::vector<EffectiveSetting> effective_settings(const Settings& settings, const std::map<std::string, uint32_t>& lines);

// All settings as Markdown, section by section: name, type, default, limits, how a change is applied, meaning.
std::string settings_reference();

}  // namespace evershore::app
