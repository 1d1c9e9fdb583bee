#include "dns/usable_text.h"

#include <gtest/gtest.h>

namespace evershore::dns {
namespace {

TEST(UsableText, ComesBackAsItWas) {
  const LastUsable usable{{{*Name::parse("www.example.com"), 1}, {true, false}},
                          {{*Name::parse("www.example.com"), kTypeAlias}, {true}},
                          {{*Name::parse("a\\032b.example.com"), 65'280}, {false, true, true}}};
  EXPECT_EQ(usable_from_text(usable_text(usable)), usable);
  EXPECT_EQ(usable_text(LastUsable{{{*Name::parse("www.example.com"), 1}, {true, false}}}), "www.example.com. 1 10\n");
}

TEST(UsableText, LinesThatAreNoneArePassedOver) {
  EXPECT_TRUE(usable_from_text("").empty());
  EXPECT_EQ(usable_from_text("www.example.com. 1 10\nx\n\nx. 1 \nx. 65536 1\nx. 1 102\nx. 1 1 1\n..x 1 1\n").size(), 1U);
}

}  // namespace
}  // namespace evershore::dns
