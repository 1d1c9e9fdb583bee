// SVCB and HTTPS data: the vectors of RFC 9460 appendix D, and what people get wrong.
#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::dnswire {
namespace {

struct Vector {
  std::string_view what;
  std::string_view text;
  std::string_view hex;
  std::string_view back;  // "" = the text itself
};

class SvcbText : public testing::TestWithParam<Vector> {};

TEST_P(SvcbText, reads_to_wire_and_back) {
  const auto rdata = rdata_from_text(kTypeSvcb, GetParam().text);
  ASSERT_TRUE(rdata.has_value()) << rdata.error().text;
  EXPECT_EQ(to_hex(as_bytes(*rdata)), GetParam().hex);
  const auto text = rdata_to_text(kTypeHttps, *rdata);
  EXPECT_EQ(text, GetParam().back.empty() ? GetParam().text : GetParam().back);
  EXPECT_EQ(rdata_from_text(kTypeHttps, text), *rdata);
}

#define FOO_COM "03666f6f076578616d706c6503636f6d00"
#define FOO_ORG "03666f6f076578616d706c65036f726700"
INSTANTIATE_TEST_SUITE_P(
    Rfc9460AppendixD, SvcbText,
    testing::Values(
        Vector{"Alias", "0 foo.example.com.", "0000" FOO_COM, ""}, Vector{"TargetIsOwner", "1 .", "000100", ""},
        Vector{"Port", "16 foo.example.com. port=53", "0010" FOO_COM "000300020035", ""},
        Vector{"GenericKey", "1 foo.example.com. key667=hello", "0001" FOO_COM "029b000568656c6c6f", "1 foo.example.com. key667=\"hello\""},
        Vector{"GenericKeyWithAnEscape", "1 foo.example.com. key667=\"hello\\210qoo\"", "0001" FOO_COM "029b000968656c6c6fd2716f6f", ""},
        Vector{"TwoIpv6Hints", "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
               "0001" FOO_COM "0006002020010db800000000000000000000000120010db8000000000000000000530001",
               "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1"},
        Vector{"MappedIpv6Hint", "1 example.com. ipv6hint=\"2001:db8:122:344::192.0.2.33\"",
               "0001076578616d706c6503636f6d000006001020010db8012203440000000"
               "0c0000221",
               "1 example.com. ipv6hint=2001:db8:122:344::c000:221"},
        Vector{"KeysComeInOrder", "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
               "0010" FOO_ORG "0000000400010004"
               "000100090268320568332d3139"
               "00040004c0000201",
               "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
        Vector{"AlpnWithEscapesQuoted", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
               "0010" FOO_ORG "0001000c08665c6f6f2c626172026832", ""},
        Vector{"AlpnWithEscapesBare", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
               "0010" FOO_ORG "0001000c08665c6f6f2c626172026832", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""}),
    [](const auto& row) { return std::string(row.param.what); });

INSTANTIATE_TEST_SUITE_P(Others, SvcbText,
                         testing::Values(Vector{"NoDefaultAlpn", "1 . no-default-alpn alpn=h3",
                                                "000100"
                                                "00010003026833"
                                                "00020000",
                                                "1 . alpn=\"h3\" no-default-alpn"},
                                         Vector{"EncryptedHello", "1 . ech=AEX+DQ==",
                                                "000100"
                                                "000500040045fe0d",
                                                ""},
                                         Vector{"KeyWithoutValue", "1 . key65280",
                                                "000100"
                                                "ff000000",
                                                ""},
                                         Vector{"EmptyQuotedValue", "1 . key7=\"\"", "00010000070000", "1 . key7"},
                                         Vector{"KnownKeyByNumber", "1 . key3=\\000\\053",
                                                "00010000030002"
                                                "0035",
                                                "1 . port=53"},
                                         Vector{"BlanksInQuotes", "1 . key9=\"a b\"", "00010000090003612062", ""}),
                         [](const auto& row) { return std::string(row.param.what); });

TEST(Svcb, refuses_what_is_not_consistent) {
  for (const char* text : {// RFC 9460 D.3
                           "1 foo.example.com. key123=abc key123=def", "1 foo.example.com. mandatory", "1 foo.example.com. alpn",
                           "1 foo.example.com. port", "1 foo.example.com. ipv4hint", "1 foo.example.com. ipv6hint",
                           "1 foo.example.com. no-default-alpn=abc", "1 foo.example.com. mandatory=key123",
                           "1 foo.example.com. mandatory=mandatory", "1 foo.example.com. mandatory=key123,key123 key123=abc",
                           // others
                           "", "1", "x .", "65536 .", "1 . no-default-alpn", "1 . port=65536", "1 . port=", "1 . ipv4hint=192.0.2",
                           "1 . ipv6hint=192.0.2.1", "1 . alpn=h2,,h3", "1 . alpn=h2\\\\", "1 . ech=?", "1 . key65535=a", "1 . key01=a",
                           "1 . Port=53", "1 . name=a", "1 . key9=\"a", "1 . key9=\"a\"b", "1 . key9=a\"b", "1 . =a"}) {
    EXPECT_FALSE(rdata_from_text(kTypeSvcb, text).has_value()) << text;
  }
  const std::string long_protocol(256, 'a');
  EXPECT_FALSE(rdata_from_text(kTypeSvcb, "1 . alpn=" + long_protocol).has_value());
}

TEST(Svcb, bytes_are_sound_only_as_the_rfc_has_them) {
  const auto sound = [](std::string_view hex) { return rdata_is_sound(kTypeHttps, as_text(*from_hex(hex))); };
  EXPECT_TRUE(sound("000100"));
  EXPECT_FALSE(sound("0001"));
  EXPECT_FALSE(sound("000101"));
  EXPECT_FALSE(sound("0001000003"));                  // cut inside a key
  EXPECT_FALSE(sound("0001000003000100"));            // a port of one byte
  EXPECT_FALSE(sound("00010000030002003500030002"));  // cut inside a value
  EXPECT_FALSE(sound("000100000300020035000300020035"));
  EXPECT_FALSE(
      sound("0001000004000"
            "4c0000201000100"
            "03026832"));                       // keys out of order
  EXPECT_FALSE(sound("00010000010003036832"));  // a protocol longer than its value
  EXPECT_FALSE(
      sound("000100000100"
            "0100"));  // an empty protocol
  EXPECT_FALSE(sound("000100ffff0000"));
  EXPECT_EQ(rdata_to_text(kTypeHttps, std::string("\0\1", 2)), "\\# 2 0001");
}

}  // namespace
}  // namespace evershore::dnswire
