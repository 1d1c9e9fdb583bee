#include "io/tls_tickets.h"

#include <gtest/gtest.h>

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

TEST(TlsTicketKeys, AKeyMakesTicketsForItsTimeAndReadsThemAsLongAgain) {
  TlsTicketKeys keys;
  const Mono start{1h};
  const auto first = keys.for_new_ticket(start);
  EXPECT_EQ(keys.for_new_ticket(start + TlsTicketKeys::kLifetime - 1s).name, first.name);
  const auto second = keys.for_new_ticket(start + TlsTicketKeys::kLifetime);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.encrypt, first.encrypt);

  const auto late = start + 2 * TlsTicketKeys::kLifetime - 1s;
  const auto old = keys.find(first.name, late);
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->current);
  EXPECT_EQ(old->key.encrypt, first.encrypt);
  EXPECT_TRUE(keys.find(second.name, late)->current);
  EXPECT_FALSE(keys.find(first.name, late + 1s)) << "stolen now, it opens nothing";
}

TEST(TlsTicketKeys, ALongQuietTimeLeavesNoOldKey) {
  TlsTicketKeys keys;
  const Mono start{1h};
  const auto first = keys.for_new_ticket(start);
  EXPECT_FALSE(keys.find(first.name, start + 100h));
}

TEST(TlsTicketKeys, AStrangersNameIsNotFound) {
  TlsTicketKeys keys;
  const std::array<uint8_t, 16> name{};
  EXPECT_FALSE(keys.find(name, Mono{1h}));
}

}  // namespace
}  // namespace evershore::io
