#include "console/metrics.h"

#include <gtest/gtest.h>

#include <array>

namespace evershore::console {
namespace {

using Label = std::pair<std::string_view, std::string_view>;

TEST(MetricsText, HelpAndTypeStandOnceAboveTheSamplesOfAName) {
  MetricsText text;
  const std::array<Label, 1> east{{{"region", "east"}}};
  const std::array<Label, 1> west{{{"region", "west"}}};
  text.add(MetricType::kCounter, "evershore_copied_bytes_total", "Bytes copied.", east, 12);
  text.add(MetricType::kCounter, "evershore_copied_bytes_total", "Bytes copied.", west, 7);
  EXPECT_EQ(text.take(),
            "# HELP evershore_copied_bytes_total Bytes copied.\n# TYPE evershore_copied_bytes_total counter\n"
            "evershore_copied_bytes_total{region=\"east\"} 12\nevershore_copied_bytes_total{region=\"west\"} 7\n");
}

TEST(MetricsText, LabelValuesAreEscaped) {
  MetricsText text;
  const std::array<Label, 1> odd{{{"key", "a\"b\\c\nd"}}};
  text.add(MetricType::kGauge, "x", "X.", odd, 1);
  EXPECT_NE(text.take().find("x{key=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos);
}

TEST(MetricsText, HistogramBucketsAreCumulativeAndEndWithEverything) {
  LatencyHistogram values;
  values.add(std::chrono::milliseconds(1));
  values.add(std::chrono::milliseconds(100));
  MetricsText text;
  text.histogram("t_seconds", "T.", {}, values);
  const auto out = text.take();
  EXPECT_NE(out.find("t_seconds_bucket{le=\"0.001024\"} 1\n"), std::string::npos) << out;
  EXPECT_NE(out.find("t_seconds_bucket{le=\"+Inf\"} 2\n"), std::string::npos) << out;
  EXPECT_NE(out.find("t_seconds_count 2\n"), std::string::npos) << out;
}

}  // namespace
}  // namespace evershore::console
