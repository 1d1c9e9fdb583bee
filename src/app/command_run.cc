// `evershore run`: all roles the settings file mentions, until SIGTERM.
#include "app/commands.h"
#include "app/load.h"
#include "app/node.h"
#include "io/log_sink.h"

namespace evershore::app {

int command_run(const GlobalOptions& global) {
  auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  auto log_output =
      io::LogOutput::open({.level = global.log_level, .format = global.log_json ? io::LogFormat::kJson : io::LogFormat::kText, .path = ""});
  if (!log_output) return complain(kFailed, log_output.error().text);
  auto node = Node::start(std::move(*settings), global.settings_path, Log(**log_output, "node"));
  if (!node) return complain(kFailed, node.error().text);
  (*node)->run();
  return kDone;
}

}  // namespace evershore::app
