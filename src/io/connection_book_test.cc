#include "io/connection_book.h"

#include <gtest/gtest.h>

namespace evershore::io {
namespace {

TEST(ConnectionBook, TakesAsManyAsItMayAndMoreWhenOneHasLeft) {
  ConnectionBook book({.connections_max = 2});
  auto first = book.enter();
  auto second = book.enter();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(book.enter());
  EXPECT_EQ(book.connections(), 2U);
  {
    const auto leaves = std::move(first);
  }
  EXPECT_TRUE(book.enter());
  EXPECT_EQ(book.connections(), 1U);
}

TEST(ConnectionBook, CountsAnAddressAndAnIpv6NetworkAsOneClient) {
  Networks exempt;
  ASSERT_TRUE(exempt.add("10.0.0.0/8"));
  ConnectionBook book({.connections_max = 100, .per_client_max = 1, .exempt = exempt});
  const auto may = [&](std::vector<ConnectionBook::Place>& kept, std::string_view address) {
    auto place = book.enter();
    const bool fine = place.belongs_to(address);
    kept.push_back(std::move(place));
    return fine;
  };
  {
    std::vector<ConnectionBook::Place> kept;
    EXPECT_TRUE(may(kept, "192.0.2.1"));
    EXPECT_FALSE(may(kept, "192.0.2.1"));
    EXPECT_FALSE(may(kept, "::ffff:192.0.2.1"));
    EXPECT_TRUE(may(kept, "192.0.2.2"));
    EXPECT_TRUE(may(kept, "2001:db8:1:2::1"));
    EXPECT_FALSE(may(kept, "2001:db8:1:2:ffff::9"));
    EXPECT_TRUE(may(kept, "2001:db8:1:3::1"));
    EXPECT_TRUE(may(kept, "10.1.1.1") && may(kept, "10.1.1.1"));
    book.set_limits({.connections_max = 100, .per_client_max = 2});
    EXPECT_TRUE(may(kept, "192.0.2.1"));
  }
  std::vector<ConnectionBook::Place> later;
  EXPECT_TRUE(may(later, "192.0.2.1"));
  EXPECT_EQ(book.connections(), 1U);
}

}  // namespace
}  // namespace evershore::io
