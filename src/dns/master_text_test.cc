#include "dns/master_text.h"
#include "dns/live_zones.h"

#include <gtest/gtest.h>

#include "dns/zone.h"

namespace evershore::dns {
namespace {

LoadedZones load(const std::string& text) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .file = "f"}};
  return load_zones(settings, {{"f", text}});
}

constexpr const char* kZone = R"zone($ORIGIN example.com.
$TTL 60
@ SOA ns1 hostmaster 17 3600 600 604800 60
@ NS ns1
@ MX 10 mail
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
mail A 192.0.2.2
www 5 CNAME ns1
* TXT "a \"quoted\" \\ text" "\000\255;()"
a\.b\032c A 192.0.2.3
\$ORIGIN A 192.0.2.4
\@ A 192.0.2.5
@ CAA 0 issue "ca.example.net"
_sip._tcp SRV 1 2 3 www.example.org.
new TYPE65400 \# 3 010203
sub NS ns.sub
ns.sub A 192.0.2.6
)zone";

TEST(MasterText, OurOwnReaderMakesTheSameZoneOfIt) {
  const auto first = load(kZone);
  ASSERT_TRUE(first.problems.empty()) << first.problems[0].message;
  const auto zones = plain_zones(first.zones, {}, {}, {}).zones;
  const auto text = master_text(zones[0]);
  EXPECT_TRUE(text.starts_with("example.com. 60 IN SOA ")) << text;
  const auto again = load(text);
  ASSERT_TRUE(again.problems.empty()) << again.problems[0].message;
  EXPECT_EQ(plain_zones(again.zones, {}, {}, {}).zones, zones) << text;
}

}  // namespace
}  // namespace evershore::dns
