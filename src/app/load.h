// What every command does first: the settings, and the log they run with.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/commands.h"
#include "base/log.h"
#include "model/settings.h"

namespace evershore::app {

// The settings when they have no problem; else every problem is printed to stderr and the command should end with kUsage.
std::optional<Settings> load_or_explain(const std::string& path);

// Prints "evershore: TEXT" to stderr and returns `code`.
int complain(int code, const std::string& text);

bool stdout_is_terminal();

}  // namespace evershore::app
