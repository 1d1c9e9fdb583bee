#include "wire/dns/rdata.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/dns/text_escape.h"

namespace evershore::dnswire {
namespace {

using namespace std::string_literals;

struct Row {
  std::string_view what;
  std::string_view type;
  std::string_view text;
  std::string hex;
  std::string_view back;  // "" = the text itself
};

class RdataText : public testing::TestWithParam<Row> {};

TEST_P(RdataText, ReadsToWireAndBack) {
  const auto type = parse_type(GetParam().type);
  ASSERT_TRUE(type.has_value());
  const auto rdata = rdata_from_text(*type, GetParam().text);
  ASSERT_TRUE(rdata.has_value()) << rdata.error().text;
  EXPECT_EQ(to_hex(as_bytes(*rdata)), GetParam().hex);
  EXPECT_EQ(rdata_to_text(*type, *rdata), GetParam().back.empty() ? GetParam().text : GetParam().back);
}

INSTANTIATE_TEST_SUITE_P(
    , RdataText,
    testing::Values(
        Row{"Address", "A", "192.0.2.1", "c0000201", ""}, Row{"AddressV6", "AAAA", "2001:db8::1", "20010db8000000000000000000000001", ""},
        Row{"Alias", "cname", "a.b", "0161016200", "a.b."}, Row{"NameServer", "NS", "A.b.", "0141016200", ""},
        Row{"Pointer", "PTR", "a.", "016100", ""}, Row{"Mail", "MX", "10 a.", "000a016100", ""}, Row{"NullMail", "MX", "0 .", "000000", ""},
        Row{"Service", "SRV", "1 2 443 a.", "0001000201bb016100", ""}, Row{"TextQuoted", "TXT", "\"a b\" \"c\"", "036120620163", ""},
        Row{"TextBare", "TXT", "v=spf1 -all", "0b763d73706631202d616c6c", "\"v=spf1 -all\""},
        Row{"TextEscapes", "TXT", "\"a\\\"\\007\"", "03612207", ""}, Row{"TextEmpty", "TXT", "\"\"", "00", ""},
        Row{"Authority", "SOA", "a. b. 1 2 3 4 5", "0161000162000000000100000002000000030000000400000005", ""},
        Row{"Certification", "CAA", "0 issue \"ca.example\"", "0005697373756563612e6578616d706c65", ""},
        Row{"Generic", "TYPE65280", "\\# 3 0a0B0c", "0a0b0c", "\\# 3 0a0b0c"}, Row{"GenericEmpty", "TYPE65280", "\\# 0", "", ""},
        Row{"GenericOfAKnownType", "A", "\\# 4 c0000201", "c0000201", "192.0.2.1"}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(Rdata, RefusesValuesThatAreNotOfTheirType) {
  const std::pair<const char*, const char*> rows[] = {
      {"A", "192.0.2.256"},
      {"A", "::1"},
      {"A", ""},
      {"AAAA", "192.0.2.1"},
      {"CNAME", ""},
      {"CNAME", "a b"},
      {"MX", "a."},
      {"MX", "65536 a."},
      {"MX", "-1 a."},
      {"SRV", "1 2 a."},
      {"TXT", "\"open"},
      {"TXT", "a\\9"},
      {"SOA", "a. b. 1"},
      {"CAA", "256 x y"},
      {"CAA", "0 is-sue \"x\""},
      {"TYPE65280", "\\# 2 0a"},
      {"A", "\\# 3 0a0b0c"},
      {"TYPE65280", "abc"},
      {"NS", "a..b"},
  };
  for (const auto& [type, text] : rows) EXPECT_FALSE(rdata_from_text(*parse_type(type), text).has_value()) << type << " " << text;
}

TEST(Rdata, ALongBareTextIsCutIntoStringsOf255Bytes) {
  const auto rdata = rdata_from_text(kTypeTxt, std::string(300, 'x'));
  ASSERT_TRUE(rdata.has_value());
  EXPECT_EQ(rdata->size(), 302U);
  EXPECT_EQ(static_cast<uint8_t>((*rdata)[0]), 255);
  EXPECT_EQ(static_cast<uint8_t>((*rdata)[256]), 45);
  EXPECT_FALSE(rdata_from_text(kTypeTxt, "\"" + std::string(256, 'x') + "\"").has_value());
}

TEST(Rdata, EveryTruncationOfAWireFormIsUnsound) {
  for (const auto& [type, text] :
       {std::pair{kTypeSoa, "a. b. 1 2 3 4 5"}, {kTypeMx, "10 a.b."}, {kTypeSrv, "1 2 3 a."}, {kTypeTxt, "\"ab\" \"c\""}}) {
    const auto whole = *rdata_from_text(type, text);
    for (size_t size = 0; size < whole.size(); ++size) {
      if (type == kTypeTxt && size == 3) continue;  // one whole string is a TXT record too
      EXPECT_FALSE(rdata_is_sound(type, whole.substr(0, size))) << text << " " << size;
    }
  }
}

TEST(Rdata, TellsTheNameToLookUp) {
  EXPECT_EQ(rdata_target(kTypeMx, *rdata_from_text(kTypeMx, "10 mail.a."))->text(), "mail.a.");
  EXPECT_FALSE(rdata_target(kTypeA, "\1\2\3\4").has_value());
}

TEST(Types, NumbersAndNames) {
  EXPECT_EQ(parse_type("aaaa"), kTypeAaaa);
  EXPECT_EQ(parse_type("TYPE257"), kTypeCaa);
  EXPECT_EQ(type_name(65280), "TYPE65280");
  for (const auto* text : {"", "ANY", "TYPE", "TYPE0", "TYPE65536", "TYPEx"}) EXPECT_FALSE(parse_type(text).has_value()) << text;
  EXPECT_EQ(rcode_name(Rcode::kNxDomain), "NXDOMAIN");
}

}  // namespace
}  // namespace evershore::dnswire
