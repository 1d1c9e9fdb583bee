#include "wire/http/uri.h"

#include <gtest/gtest.h>

namespace evershore::http {
namespace {

TEST(PercentEncoding, KeepsOnlyUnreservedBytes) {
  EXPECT_EQ(percent_encode("AZaz09-._~", Slash::kKeep), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a/b c+d=e(f)*'!", Slash::kKeep), "a/b%20c%2Bd%3De%28f%29%2A%27%21");
  EXPECT_EQ(percent_encode("a/b", Slash::kEncode), "a%2Fb");
  EXPECT_EQ(percent_encode("\xc3\xa4%", Slash::kKeep), "%C3%A4%25");
}

TEST(PercentEncoding, ReadsBackEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all, Slash::kEncode)), all);
}

TEST(PercentEncoding, NormalisesNothing) { EXPECT_EQ(percent_decode("/a//b/../c/./%2e%2F+"), "/a//b/../c/././+"); }

TEST(PercentEncoding, RefusesBrokenEscapes) {
  for (const char* text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "%-1"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Query, IsSplitAndDecodedInOrder) {
  const std::vector<QueryParameter> expected = {
      {"uploads", "", false}, {"a", "", true}, {"b c", "d&e=f", true}, {"a", "2=3", true}, {"", "x", true}};
  EXPECT_EQ(parse_query("uploads&a=&b+c=d%26e=f&&a=2=3&=x"), expected);
  EXPECT_EQ(parse_query("")->size(), 0u);
  EXPECT_FALSE(parse_query("a=%2"));
  EXPECT_FALSE(parse_query("%zz"));
}

TEST(Query, FindsTheFirstOfAName) {
  const auto query = *parse_query("a=1&b&a=2");
  ASSERT_NE(find_parameter(query, "a"), nullptr);
  EXPECT_EQ(find_parameter(query, "a")->value, "1");
  EXPECT_EQ(find_parameter(query, "c"), nullptr);
}

TEST(Query, HasALimit) {
  std::string query;
  for (size_t i = 0; i < kQueryParametersMax; ++i) query += "a&";
  EXPECT_TRUE(parse_query(query));
  EXPECT_FALSE(parse_query(query + "a"));
}

}  // namespace
}  // namespace evershore::http
