#include "edge/client_address.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

Networks trusted() {
  Networks networks;
  EXPECT_TRUE(networks.add("10.0.0.0/8"));
  EXPECT_TRUE(networks.add("2001:db8:1::/48"));
  return networks;
}

struct Case {
  std::string_view name;
  ClientField field;
  http::Headers fields;
  std::string_view address;
  bool https = false;
};

TEST(ClientAddress, IsTheLastInTheChainThatIsNoTrustedProxy) {
  constexpr auto kX = ClientField::kXForwardedFor;
  constexpr auto kForwarded = ClientField::kForwarded;
  const Case cases[] = {
      {"one", kX, {{"X-Forwarded-For", "192.0.2.7"}}, "192.0.2.7"},
      {"made up by the client", kX, {{"X-Forwarded-For", "203.0.113.1, 192.0.2.7"}}, "192.0.2.7"},
      {"two trusted proxies", kX, {{"X-Forwarded-For", "192.0.2.7, 10.1.1.1"}}, "192.0.2.7"},
      {"two fields", kX, {{"X-Forwarded-For", "203.0.113.1"}, {"X-Forwarded-For", "192.0.2.7, 10.1.1.1"}}, "192.0.2.7"},
      {"all trusted", kX, {{"X-Forwarded-For", "10.2.2.2, 10.1.1.1"}}, "10.2.2.2"},
      {"with a port", kX, {{"X-Forwarded-For", "192.0.2.7:4711"}}, "192.0.2.7"},
      {"IPv6", kX, {{"X-Forwarded-For", "2001:db8:2::7, 2001:db8:1::9"}}, "2001:db8:2::7"},
      {"IPv6 in brackets", kX, {{"X-Forwarded-For", "[2001:db8:2::7]:4711"}}, "2001:db8:2::7"},
      {"no address before a trusted one", kX, {{"X-Forwarded-For", "unknown, 10.1.1.1"}}, "10.1.1.1"},
      {"nothing", kX, {}, ""},
      {"rubbish", kX, {{"X-Forwarded-For", "a'b\"c"}}, ""},
      {"by HTTPS", kX, {{"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-Proto", "https"}}, "192.0.2.7", true},
      {"the nearest proxy's word on the scheme", kX, {{"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-Proto", "https, http"}}, "192.0.2.7"},
      {"the other field does not count", kX, {{"Forwarded", "for=192.0.2.9"}}, ""},
      {"RFC 7239", kForwarded, {{"Forwarded", "for=203.0.113.1, For=\"192.0.2.7:80\" ; proto=HTTPS"}}, "192.0.2.7", true},
      {"RFC 7239, IPv6", kForwarded, {{"Forwarded", "for=\"[2001:db8:2::7]\""}}, "2001:db8:2::7"},
      {"RFC 7239, hidden", kForwarded, {{"Forwarded", "for=_hidden, for=10.1.1.1"}}, "10.1.1.1"},
      {"RFC 7239, the other field does not count", kForwarded, {{"X-Forwarded-For", "192.0.2.9"}}, ""},
  };
  for (const auto& each : cases) {
    const auto seen = seen_client(each.fields, each.field, trusted());
    EXPECT_EQ(seen.address, each.address) << each.name;
    EXPECT_EQ(seen.https, each.https) << each.name;
  }
}

TEST(ClientAddress, ForwardedFieldsAreContinuedForTrustedProxiesAndReplacedForOthers) {
  const http::Headers sent{
      {"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-Proto", "gopher"}, {"Forwarded", "for=192.0.2.7"}, {"Accept", "*/*"}};
  auto fields = sent;
  tell_hop(fields, {.peer = "10.1.1.1", .https = true, .trusted = true});
  EXPECT_EQ(fields.joined("x-forwarded-for"), "192.0.2.7, 10.1.1.1");
  EXPECT_EQ(fields.joined("x-forwarded-proto"), "https");
  EXPECT_EQ(fields.get("forwarded"), "for=192.0.2.7");
  fields = sent;
  tell_hop(fields, {.peer = "198.51.100.3"});
  EXPECT_EQ(fields.joined("x-forwarded-for"), "198.51.100.3");
  EXPECT_EQ(fields.joined("x-forwarded-proto"), "http");
  EXPECT_FALSE(fields.has("forwarded"));
  EXPECT_EQ(fields.get("accept"), "*/*");
}

}  // namespace
}  // namespace evershore::edge
