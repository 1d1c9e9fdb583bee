#include "console/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace evershore::console {

namespace {
// Backslash, quote and line feed are escaped in label values; nothing else may be.
void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}
}  // namespace

void MetricsText::head(std::string_view name, std::string_view help, std::string_view type) {
  if (!introduced_.insert(std::string(name)).second) return;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::sample(std::string_view name, Labels labels, std::string_view le, double value) {
  text_ += name;
  char separator = '{';
  const auto label = [&](std::string_view key, std::string_view text) {
    text_ += std::exchange(separator, ',');
    text_ += key;
    text_ += "=\"";
    append_escaped(text_, text);
    text_ += '"';
  };
  for (const auto& [key, text] : labels) label(key, text);
  if (!le.empty()) label("le", le);
  if (separator == ',') text_ += '}';
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::add(MetricType type, std::string_view name, std::string_view help, Labels labels, double value) {
  head(name, help, type == MetricType::kCounter ? "counter" : "gauge");
  sample(name, labels, "", value);
}

void MetricsText::histogram(std::string_view name, std::string_view help, Labels labels, const LatencyHistogram& values) {
  head(name, help, "histogram");
  const std::string bucket_name = std::string(name) + "_bucket";
  uint64_t below = 0;
  for (size_t i = 0; i + 1 < LatencyHistogram::kBuckets; ++i) {
    below += values.bucket(i);
    if (i < 6 || i > 26) continue;  // 64 us .. 67 s are what people look at; the counts below are in the first bucket
    sample(bucket_name, labels, fmt::format("{}", static_cast<double>(1ULL << i) / 1e6), static_cast<double>(below));
  }
  sample(bucket_name, labels, "+Inf", static_cast<double>(values.count()));
  sample(std::string(name) + "_sum", labels, "", static_cast<double>(values.sum_us()) / 1e6);
  sample(std::string(name) + "_count", labels, "", static_cast<double>(values.count()));
}

}  // namespace evershore::console
