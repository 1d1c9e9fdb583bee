// Where log lines go: text for people (colour only on a terminal) or one JSON object a line, to stderr or a file.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"

namespace spdlog {
class logger;
}

namespace evershore::io {

enum class LogFormat : uint8_t { kText, kJson };

struct LogOptions {
  Level level = Level::kInfo;
  LogFormat format = LogFormat::kText;
  std::string path;  // "" = stderr
};

Result<Level> parse_level(std::string_view text);           // "debug" "info" "warn" "error"
Result<LogFormat> parse_log_format(std::string_view text);  // "text" "json"

class LogOutput final : public LogSink {
 public:
  static Result<std::unique_ptr<LogOutput>> open(const LogOptions& options);
  ~LogOutput() override;

  bool wants(Level level) const override { return level >= level_.load(std::memory_order_relaxed); }
  // A line end inside `text` cannot start a line of its own.
  void write(Level level, std::string_view area, std::string_view text) override;
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }

 private:
  LogOutput(std::shared_ptr<spdlog::logger> logger, const LogOptions& options);
  std::shared_ptr<spdlog::logger> logger_;
  LogFormat format_;
  std::atomic<Level> level_;
};

}  // namespace evershore::io
