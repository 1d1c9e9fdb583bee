#include "dns/canonical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using dnswire::Name;
using testing::ElementsAre;

TEST(CanonicalOrder, IsThatOfTheExampleInRfc4034Section6) {
  const std::vector<std::string> sorted{"example",   "a.example",       "yljkjljk.a.example", "Z.a.example",    "zABC.a.EXAMPLE",
                                        "z.example", "\\001.z.example", "*.z.example",        "\\200.z.example"};
  auto shuffled = sorted;
  std::ranges::reverse(shuffled);
  std::ranges::sort(shuffled, {}, [](const std::string& text) { return canonical_key(*Name::parse(text)); });
  EXPECT_EQ(shuffled, sorted);
}

TEST(CanonicalOrder, KeepsNulBytesAndTheirNeighboursApart) {
  const std::vector<std::string> sorted{"z", "\\000.z", "\\000\\000.z", "\\000\\001.z", "\\001.z", "\\001\\000.z", "\\002.z", "a.z"};
  for (size_t i = 1; i < sorted.size(); ++i)
    EXPECT_LT(canonical_key(*Name::parse(sorted[i - 1])), canonical_key(*Name::parse(sorted[i]))) << sorted[i];
}

TEST(CanonicalOrder, AChildsKeyBeginsWithItsParents) {
  EXPECT_TRUE(canonical_key(*Name::parse("b.a.example")).starts_with(canonical_key(*Name::parse("A.Example"))));
  EXPECT_EQ(canonical_key(Name()), "");
}

TEST(CanonicalRdata, NamesOfListedTypesAreInLowerCase) {
  const auto mx = *dnswire::rdata_from_text(dnswire::kTypeMx, "10 Mail.Example.COM.");
  EXPECT_EQ(canonical_rdata(dnswire::kTypeMx, mx), *dnswire::rdata_from_text(dnswire::kTypeMx, "10 mail.example.com."));
  const auto soa = *dnswire::rdata_from_text(dnswire::kTypeSoa, "Ns1.X. Host.X. 1 2 3 4 5");
  EXPECT_EQ(canonical_rdata(dnswire::kTypeSoa, soa), *dnswire::rdata_from_text(dnswire::kTypeSoa, "ns1.x. host.x. 1 2 3 4 5"));
  const std::string naptr("\0\1\0\2\1U\3SIP\0\1A\0", 14);
  EXPECT_EQ(canonical_rdata(35, naptr), std::string("\0\1\0\2\1U\3SIP\0\1a\0", 14));
}

TEST(CanonicalRdata, TextAndBrokenDataStayAsTheyAre) {
  EXPECT_EQ(canonical_rdata(dnswire::kTypeTxt, "\3ABC"), "\3ABC");
  EXPECT_EQ(canonical_rdata(dnswire::kTypeMx, std::string("\0\1\4A", 4)), std::string("\0\1\4A", 4));
  EXPECT_EQ(canonical_rdata(dnswire::kTypeMx, ""), "");
  EXPECT_EQ(canonical_rdata(35, std::string("\0\1\0\2\x7fU", 6)), std::string("\0\1\0\2\x7fU", 6));
}

TEST(CanonicalSet, IsSortedByUnsignedBytesWithoutDuplicates) {
  const std::vector<std::string> set{"\xff", "\x01", "\x01\x01", "\x01"};
  EXPECT_THAT(canonical_set(dnswire::kTypeA, set), ElementsAre("\x01", "\x01\x01", "\xff"));
}

}  // namespace
}  // namespace evershore::dns
