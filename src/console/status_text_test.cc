#include "console/status_text.h"

#include <gtest/gtest.h>

namespace evershore::console {
namespace {

constexpr std::string_view kStatus = R"({"node":"n1","version":"0.1.0","uptime_seconds":12.0,
  "regions":[{"name":"east","health":"down","since_seconds":3.2,"pending_keys":7,"oldest_pending_seconds":2.5,"why":"3 of 3 probes failed","drained":null},
             {"name":"west","health":"up","since_seconds":90,"pending_keys":0,"drained":{"reason":"new disks","until":null}}],
  "checks":[{"name":"region/east","health":"down","since_seconds":3.2,"last_probe":"connection refused"}],
  "sites":[{"name":"assets","hosts_text":"assets.example.com","order":[{"region":"west","usable":true,"why":"next in order","pending_keys":0,"lag_seconds":0.04}]}]})";

TEST(StatusText, ShowsWhatIsDownSinceWhenAndWhatItLacks) {
  const auto text = status_text(kStatus, {});
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_NE(text->find("  east    down    3.2 s  7        2.5 s   3 of 3 probes failed\n"), std::string::npos) << *text;
  EXPECT_NE(text->find("drained: new disks"), std::string::npos);
  EXPECT_NE(text->find("connection refused"), std::string::npos);
}

TEST(StatusText, certificates_where_there_are_any) {
  EXPECT_EQ(status_text(kStatus, {})->find("CERTIFICATE"), std::string::npos);
  const auto text = status_text(R"({"node":"n1","certificates":[{"host":"a.test","state":"valid","left_seconds":864000,
      "renew_at":"2026-12-01T00:00:00Z","problem":""}]})",
                                {});
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_NE(text->find("  a.test       valid  10 d"), std::string::npos) << *text;
}

TEST(StatusText, ColoursOnlyWhenAsked) {
  EXPECT_EQ(status_text(kStatus, {})->find('\x1b'), std::string::npos);
  EXPECT_NE(status_text(kStatus, {.colour = true})->find("\x1b[1;31mdown\x1b[0m"), std::string::npos);
}

TEST(StatusText, SomethingElseIsRefusedWithAHint) { EXPECT_FALSE(status_text("<html>", {})); }

}  // namespace
}  // namespace evershore::console
