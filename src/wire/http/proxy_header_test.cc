#include "wire/http/proxy_header.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::http {
namespace {

using State = ProxyHeader::State;

// Of version 2: command and family bytes, then what is announced and follows.
std::string version_2(uint8_t command, uint8_t family, std::string_view rest) {
  std::string text("\r\n\r\n\0\r\nQUIT\n", 12);
  text += static_cast<char>(0x20 | command);
  text += static_cast<char>(family);
  text += static_cast<char>(rest.size() >> 8);
  text += static_cast<char>(rest.size() & 0xff);
  return text + std::string(rest);
}
const std::string kAddresses4("\xc0\x00\x02\x07\xc0\x00\x02\x09\xdc\x04\x01\xbb", 12);

struct Case {
  std::string_view name;
  std::string text;
  State state;
  std::string_view address = "";
  uint16_t port = 0;
};

TEST(ProxyHeader, OfBothVersions) {
  const std::string six(32, '\x01');
  const Case cases[] = {
      {"version 1, IPv4", "PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\r\n", State::kDone, "192.0.2.7", 56'324},
      {"version 1, IPv6", "PROXY TCP6 2001:db8::7 2001:db8::9 1 2\r\n", State::kDone, "2001:db8::7", 1},
      {"version 1, unknown", "PROXY UNKNOWN\r\n", State::kDone},
      {"version 1, unknown with more", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", State::kDone},
      {"version 1, other family", "PROXY TCP4 2001:db8::7 2001:db8::9 1 2\r\n", State::kError},
      {"version 1, no port", "PROXY TCP4 192.0.2.7 192.0.2.9 443\r\n", State::kError},
      {"version 1, a port too high", "PROXY TCP4 192.0.2.7 192.0.2.9 65536 443\r\n", State::kError},
      {"version 1, two spaces", "PROXY TCP4  192.0.2.7 192.0.2.9 1 443\r\n", State::kError},
      {"version 1, UDP", "PROXY UDP4 192.0.2.7 192.0.2.9 1 443\r\n", State::kError},
      {"version 1, without an end", "PROXY UNKNOWN " + std::string(200, 'x'), State::kError},
      {"version 1, half of it", "PROXY TCP4 192.0", State::kNeedMore},
      {"version 2, IPv4", version_2(1, 0x11, kAddresses4), State::kDone, "192.0.2.7", 56'324},
      {"version 2, with more behind the addresses", version_2(1, 0x11, kAddresses4 + std::string(100, 'x')), State::kDone, "192.0.2.7",
       56'324},
      {"version 2, IPv6", version_2(1, 0x21, six + "\x01\x02\x03\x04"), State::kDone, "101:101:101:101:101:101:101:101", 0x0102},
      {"version 2, LOCAL", version_2(0, 0x00, ""), State::kDone},
      {"version 2, LOCAL with addresses", version_2(0, 0x11, kAddresses4), State::kDone},
      {"version 2, UNIX", version_2(1, 0x31, std::string(216, 'x')), State::kDone},
      {"version 2, addresses cut short", version_2(1, 0x11, kAddresses4.substr(1)), State::kError},
      {"version 2, other command", version_2(2, 0x11, kAddresses4), State::kError},
      {"version 2, too long", version_2(1, 0x11, std::string(5'000, 'x')), State::kError},
      {"neither", "GET / HTTP/1.1\r\n", State::kError},
      {"nothing yet", "", State::kNeedMore},
  };
  for (const auto& each : cases) {
    const auto header = parse_proxy_header(as_bytes(each.text));
    EXPECT_EQ(header.state, each.state) << each.name << ": " << header.error;
    EXPECT_EQ(header.address, each.address) << each.name;
    EXPECT_EQ(header.port, each.port) << each.name;
    if (header.state == State::kDone) EXPECT_EQ(header.size, each.text.size()) << each.name;
  }
}

TEST(ProxyHeader, NeedsMoreUntilItsLastByteAndLeavesWhatFollows) {
  for (const auto& header : {std::string("PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\r\n"), version_2(1, 0x11, kAddresses4)}) {
    for (size_t size = 0; size < header.size(); ++size)
      EXPECT_EQ(parse_proxy_header(as_bytes(header.substr(0, size))).state, State::kNeedMore) << size;
    EXPECT_EQ(parse_proxy_header(as_bytes(header + "GET / HTTP/1.1\r\n")).size, header.size());
  }
}

}  // namespace
}  // namespace evershore::http
