#include "io/log_sink.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_text.h"
#include "base/text.h"

namespace evershore::io {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line.push_back(c);
    }
  }
  return line;
}

std::string json_line(Level level, std::string_view area, std::string_view text) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","area":)", format_iso8601(now), kLevelNames[static_cast<size_t>(level)]);
  append_json_string(line, area);
  line += ",\"text\":";
  append_json_string(line, text);
  line += '}';
  return line;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (text == kLevelNames[i]) return static_cast<Level>(i);
  }
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not a log level: debug, info, warn or error", text));
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not a log format: text or json", text));
}

Result<std::unique_ptr<LogOutput>> LogOutput::open(const LogOptions& options) {
  try {
    spdlog::sink_ptr sink;
    if (options.path.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::automatic);
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.path);
    }
    auto logger = std::make_shared<spdlog::logger>("evershore", std::move(sink));
    logger->set_level(spdlog::level::debug);
    logger->flush_on(spdlog::level::debug);
    logger->set_pattern(options.format == LogFormat::kJson ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%-5l%$ %v");
    return std::unique_ptr<LogOutput>(new LogOutput(std::move(logger), options));
  } catch (const spdlog::spdlog_ex& error) {
    return fail(Fault::kBroken, fmt::format("{}: cannot log there: {}", options.path, error.what()));
  }
}

LogOutput::LogOutput(std::shared_ptr<spdlog::logger> logger, const LogOptions& options)
    : logger_(std::move(logger)), format_(options.format), level_(options.level) {}
LogOutput::~LogOutput() = default;

void LogOutput::write(Level level, std::string_view area, std::string_view text) {
  const std::string line = format_ == LogFormat::kJson ? json_line(level, area, text) : fmt::format("{}: {}", area, one_line(text));
  logger_->log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace evershore::io
