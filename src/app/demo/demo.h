// `evershore demo`: three local regions, data, edge, DNS, console, and a drill with a verdict.
#pragma once

#include <string>

#include "app/commands.h"

namespace evershore::app::demo {

struct DemoOptions {
  bool once = false;
  bool quick = false;
  std::string report;  // "" = none
};

// Exit code: 0 every promise kept, 1 one was broken, 3 it could not be run.
int run_demo(const GlobalOptions& global, const DemoOptions& options);

}  // namespace evershore::app::demo
