#include "io/http2_meter.h"

#include <gtest/gtest.h>

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

size_t allowed(Http2Meter& meter, Http2Event event, Mono now) {
  size_t count = 0;
  while (count < 100'000 && meter.note(event, now) == Http2Verdict::kGoOn) ++count;
  return count;
}

TEST(Http2Meter, LetsABurstPassAndARateAfterIt) {
  struct Row {
    const char* name;
    Http2Event event;
    size_t at_once;
    size_t per_second;
  };
  const Row rows[] = {{"resets", Http2Event::kReset, 200, 50},
                      {"settings and pings", Http2Event::kControl, 100, 20},
                      {"empty frames", Http2Event::kEmpty, 100, 20},
                      {"window updates", Http2Event::kBookkeeping, 2'000, 500}};
  for (const auto& row : rows) {
    Mono now{1h};
    Http2Meter meter(now);
    EXPECT_EQ(allowed(meter, row.event, now), row.at_once) << row.name;
    EXPECT_EQ(allowed(meter, row.event, now + 1s), row.per_second) << row.name;
    EXPECT_EQ(allowed(meter, row.event, now + 1h), row.at_once) << row.name << ": no more is saved up than a burst";
  }
}

TEST(Http2Meter, KindsDoNotEatEachOthersRoom) {
  Mono now{1h};
  Http2Meter meter(now);
  allowed(meter, Http2Event::kReset, now);
  EXPECT_EQ(meter.note(Http2Event::kControl, now), Http2Verdict::kGoOn);
}

TEST(Http2Meter, AFastDownloadMayMoveItsWindowAsOftenAsItNeeds) {
  Mono now{1h};
  Http2Meter meter(now);
  for (int i = 0; i < 1'000; ++i) {
    meter.sent(64 * 1024);
    for (int update = 0; update < 8; ++update) ASSERT_EQ(meter.note(Http2Event::kBookkeeping, now), Http2Verdict::kGoOn);
  }
}

}  // namespace
}  // namespace evershore::io
