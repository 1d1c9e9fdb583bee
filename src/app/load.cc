#include "app/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/settings/settings.h"

namespace evershore::app {

int complain(int code, const std::string& text) {
  fmt::print(stderr, "evershore: {}\n", text);
  return code;
}

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) == 1; }

std::optional<Settings> load_or_explain(const std::string& path) {
  auto loaded = load_settings(path);
  if (!loaded) {
    complain(kUsage, loaded.error().text);
    return std::nullopt;
  }
  for (const auto& problem : loaded->problems) fmt::print(stderr, "{}\n", format_problem(problem));
  if (!loaded->problems.empty()) return std::nullopt;
  return std::move(loaded->settings);
}

}  // namespace evershore::app
