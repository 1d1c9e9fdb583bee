#include "edge/access_line.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::edge {
namespace {

AccessEntry entry() {
  return {.time = *parse_iso8601("2026-11-30T20:10:51.250Z"),
          .client = "192.0.2.7",
          .host = "assets.example.com",
          .method = "GET",
          .target = "/a?b=c",
          .protocol = "HTTP/2.0",
          .tls = "TLSv1.3",
          .status = 200,
          .body_bytes = 1'234,
          .complete = true,
          .took = std::chrono::microseconds(1'000'042),
          .region = "west",
          .cache = CacheWord::kMiss,
          .attempts = 2,
          .request_id = "0badcafe00-1",
          .referer = "https://example.com/",
          .user_agent = "curl/8.0"};
}

std::string line(const AccessEntry& of, AccessFormat format) {
  std::string out;
  append_access_line(out, of, format);
  return out;
}

TEST(AccessLine, InJson) {
  EXPECT_EQ(line(entry(), AccessFormat::kJson),
            R"({"time":"2026-11-30T20:10:51.250Z","client":"192.0.2.7","host":"assets.example.com","method":"GET","target":"/a?b=c",)"
            R"("protocol":"HTTP/2.0","tls":"TLSv1.3","status":200,"bytes":1234,"complete":true,"seconds":1.000042,"region":"west",)"
            R"("attempts":2,"cache":"miss","request":"0badcafe00-1","referer":"https://example.com/","user_agent":"curl/8.0"})"
            "\n");
}

TEST(AccessLine, InCombinedFormat) {
  EXPECT_EQ(line(entry(), AccessFormat::kCombined),
            "192.0.2.7 - - [30/Nov/2026:20:10:51 +0000] \"GET /a?b=c HTTP/2.0\" 200 1234 \"https://example.com/\" \"curl/8.0\"\n");
}

TEST(AccessLine, OfARequestThatCouldNotBeRead) {
  const AccessEntry refused{.time = *parse_iso8601("2026-11-01T00:00:00Z"), .client = "::1", .protocol = "HTTP/1.1", .status = 400};
  EXPECT_EQ(line(refused, AccessFormat::kCombined), "::1 - - [01/Nov/2026:00:00:00 +0000] \"\" 400 0 \"-\" \"-\"\n");
}

TEST(AccessLine, NothingThatAClientWritesEndsALineOrAField) {
  for (int byte = 0; byte < 256; ++byte) {
    auto bad = entry();
    const std::string value = std::string("x") + static_cast<char>(byte) + "\" 500 \\\"";
    bad.target = bad.referer = bad.user_agent = bad.host = value;
    for (const auto format : {AccessFormat::kJson, AccessFormat::kCombined}) {
      const auto text = line(bad, format);
      EXPECT_EQ(text.find('\n'), text.size() - 1) << byte;
      for (const char c : std::string_view(text).substr(0, text.size() - 1)) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20) << byte;
        EXPECT_NE(static_cast<unsigned char>(c), 0x7f) << byte;
      }
      EXPECT_FALSE(text.contains("\" 500 ") && !text.contains("\\\" 500 ")) << text;
    }
  }
  auto terminal = entry();
  terminal.user_agent =
      "\xc2\x9b"
      "31m";  // CSI as one C1 character
  EXPECT_TRUE(line(terminal, AccessFormat::kJson).contains("\\u009b31m"));
  EXPECT_TRUE(line(terminal, AccessFormat::kCombined).contains("\\xC2\\x9B31m"));
}

}  // namespace
}  // namespace evershore::edge
