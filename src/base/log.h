// A log handle is a value: where to write and in whose name. One line per change, with cause and numbers; steady state
// is counters. Secrets never reach a log line.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace evershore {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };

// Safe from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool wants(Level level) const = 0;
  virtual void write(Level level, std::string_view area, std::string_view text) = 0;
};

// A default-made Log swallows everything.
class Log {
 public:
  Log() = default;
  Log(LogSink& sink, std::string_view area) : sink_(&sink), area_(area) {}  // `area` is a literal
  Log named(std::string_view area) const {
    Log other = *this;
    other.area_ = area;
    return other;
  }

  template <class... A>
  void debug(fmt::format_string<A...> text, A&&... args) const {
    write(Level::kDebug, text, args...);
  }
  template <class... A>
  void info(fmt::format_string<A...> text, A&&... args) const {
    write(Level::kInfo, text, args...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> text, A&&... args) const {
    write(Level::kWarn, text, args...);
  }
  template <class... A>
  void error(fmt::format_string<A...> text, A&&... args) const {
    write(Level::kError, text, args...);
  }

 private:
  template <class... A>
  void write(Level level, fmt::string_view text, A&... args) const {
    if (sink_ == nullptr || !sink_->wants(level)) return;
    sink_->write(level, area_, fmt::vformat(text, fmt::make_format_args(args...)));
  }

  LogSink* sink_ = nullptr;
  std::string_view area_;
};

}  // namespace evershore
