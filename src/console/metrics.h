// Prometheus text exposition (version 0.0.4). Names carry their unit; counters end in _total.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/counter.h"

namespace evershore::console {

enum class MetricType : uint8_t { kCounter, kGauge };

using Labels = std::span<const std::pair<std::string_view, std::string_view>>;

class MetricsText {
 public:
  // HELP and TYPE are written at the first sample of a name; samples of one name must follow each other.
  void add(MetricType type, std::string_view name, std::string_view help, Labels labels, double value);
  void histogram(std::string_view name, std::string_view help, Labels labels, const LatencyHistogram& values);
  std::string take() { return std::move(text_); }

 private:
  void head(std::string_view name, std::string_view help, std::string_view type);
  void sample(std::string_view name, Labels labels, std::string_view le, double value);

  std::string text_;
  std::set<std::string, std::less<>> introduced_;
};

}  // namespace evershore::console
