#include "wire/dns/name.h"

#include <gtest/gtest.h>

#include <array>

#include "base/text.h"

namespace evershore::dnswire {
namespace {

using namespace std::string_literals;

Name name(std::string_view text) {
  auto parsed = Name::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : Name();
}

TEST(Name, ReadsPresentationFormWithAndWithoutTheFinalDot) {
  EXPECT_EQ(name("www.Example.com").wire(), "\3www\7Example\3com\0"s);
  EXPECT_EQ(name("www.Example.com.").wire(), "\3www\7Example\3com\0"s);
  EXPECT_EQ(name(".").wire(), "\0"s);
  EXPECT_EQ(name("www.Example.com").text(), "www.Example.com.");
  EXPECT_EQ(Name().text(), ".");
}

TEST(Name, EscapesStandForAnyByteAndComeBack) {
  EXPECT_EQ(name("a\\.b.c").wire(), "\3a.b\1c\0"s);
  EXPECT_EQ(name("\\000\\255x.c").wire(), "\3\0\377x\1c\0"s);
  EXPECT_EQ(name("a\\.b\\000.c").text(), "a\\.b\\000.c.");
}

TEST(Name, RefusesWhatIsNotAName) {
  for (const auto* text : {"", "..", ".a", "a..b", "a\\", "a\\25", "a\\256", "a\\2x5"}) EXPECT_FALSE(Name::parse(text).has_value()) << text;
}

TEST(Name, ALabelHas63BytesAtMostAndANameHas255) {
  EXPECT_TRUE(Name::parse(std::string(63, 'a')).has_value());
  EXPECT_FALSE(Name::parse(std::string(64, 'a')).has_value());
  const std::string three = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  EXPECT_EQ(name(three + std::string(61, 'd')).wire().size(), 255U);
  EXPECT_FALSE(Name::parse(three + std::string(62, 'd')).has_value());
}

TEST(Name, FromWireTakesExactlyOneUncompressedName) {
  EXPECT_TRUE(Name::from_wire("\1a\0"s).has_value());
  for (const auto& wire : {""s, "\1a"s, "\1a\0x"s, "\2a\0"s, "\300\0"s, "\100a\0"s}) EXPECT_FALSE(Name::from_wire(wire).has_value());
}

TEST(Name, ComparesIgnoringAsciiCaseOnly) {
  EXPECT_EQ(name("WWW.example.COM"), name("www.EXAMPLE.com"));
  EXPECT_NE(name("a\\196"), name("a\\228"));  // A and a with diaeresis in Latin-1 are different bytes
  EXPECT_NE(name("a\\091"), name("a\\123"));  // '[' and '{' differ by the same bit as letters do
  EXPECT_FALSE(name("A.b") < name("a.B"));
}

TEST(Name, KnowsItsAncestors) {
  EXPECT_TRUE(name("a.B.c").under(name("b.C")));
  EXPECT_TRUE(name("b.c").under(name("b.c")));
  EXPECT_TRUE(name("b.c").under(Name()));
  EXPECT_FALSE(name("c").under(name("b.c")));
  EXPECT_FALSE(name("xb.c").under(name("b.c")));
  EXPECT_EQ(name("a.b.c").parent(), name("b.c"));
  EXPECT_EQ(name("a.b.c").labels(), 3U);
  EXPECT_EQ(name("a.b.c").label(), "a");
  EXPECT_TRUE(name("*.c").is_wildcard());
  EXPECT_FALSE(name("*a.c").is_wildcard());
  auto child = name("c");
  EXPECT_TRUE(child.push_front("ab"));
  EXPECT_EQ(child, name("ab.c"));
  EXPECT_FALSE(child.push_front(std::string(64, 'x')));
}

TEST(Name, TheHashGrowsLabelByLabelAndIgnoresCase) {
  EXPECT_EQ(hash_name(name("WWW.example.com")), hash_name(name("www.Example.com")));
  const auto child = "\3www.padding"s;
  EXPECT_EQ(hash_name(name("www.example.com")),
            hash_label(hash_name(name("example.com")), reinterpret_cast<const uint8_t*>(child.data()), 4));
  EXPECT_EQ(hash_name(Name()), kHashRoot);
}

TEST(Name, LowerCasesEveryByteValueRightlyInEveryPlace) {
  for (int value = 0; value < 256; ++value) {
    for (size_t place = 0; place < 11; ++place) {
      std::array<uint8_t, 11> in;
      in.fill(0xFF);
      in[place] = static_cast<uint8_t>(value);
      auto expected = in;
      expected[place] = static_cast<uint8_t>(ascii_lower(static_cast<char>(value)));
      std::array<uint8_t, 11> out{};
      lower_wire(in, out.data());
      EXPECT_EQ(out, expected) << value << " at " << place;
    }
  }
}

}  // namespace
}  // namespace evershore::dnswire
