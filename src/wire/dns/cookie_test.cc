#include "wire/dns/cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace evershore::dnswire {
namespace {

std::vector<uint8_t> bytes_of(std::string_view hex) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

CookieSecret secret_of(std::string_view hex) {
  CookieSecret secret;
  std::ranges::copy(bytes_of(hex), secret.begin());
  return secret;
}

std::vector<uint8_t> as_vector(const ServerCookie& cookie) { return {cookie.begin(), cookie.end()}; }

// The worked examples of RFC 9018, appendix A.
struct Example {
  CookieSecret secret;
  std::vector<uint8_t> client;
  std::vector<uint8_t> address;
  uint32_t seconds;
  std::vector<uint8_t> server;
};
Example over_v4() {
  return {secret_of("e5e973e5a6b2a43f48e7dc849e37bfcf"),
          bytes_of("2464c4abcf10c957"),
          {198, 51, 100, 100},
          1'559'731'985,
          bytes_of("010000005cf79f111f8130c3eee29480")};
}
Example over_v6() {
  return {secret_of("445536bcd2513298075a5d379663c962"), bytes_of("22681ab97d52c298"), bytes_of("20010db80220000159ded0f4876982b8"),
          1'559'741'961, bytes_of("010000005cf7c609a6bb79d16625507a")};
}

TEST(Siphash, AgreesWithItsAuthorsVector) {
  const CookieSecret secret = secret_of("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(siphash24(secret, bytes_of("000102030405060708090a0b0c0d0e")), 0xA129CA6149BE45E5ULL);
  EXPECT_EQ(siphash24(secret, {}), 0x726FDB47DD0E0E31ULL);
}

TEST(Cookies, AreThoseOfTheStandardsExamples) {
  for (const auto& example : {over_v4(), over_v6()}) {
    EXPECT_EQ(as_vector(make_server_cookie(example.secret, example.client, example.address, example.seconds)), example.server);
  }
}

TEST(Cookies, ProveOnlyTheClientTheyWereMadeFor) {
  auto example = over_v4();
  const auto check = [&] {
    return check_server_cookie(example.secret, example.client, example.server, example.address, example.seconds + 1);
  };
  EXPECT_EQ(check(), CookieAge::kFresh);
  example.address[3] ^= 1;
  EXPECT_EQ(check(), CookieAge::kForeign) << "another address";
  example = over_v4();
  example.client[0] ^= 1;
  EXPECT_EQ(check(), CookieAge::kForeign) << "another client";
  example = over_v4();
  example.server[15] ^= 1;
  EXPECT_EQ(check(), CookieAge::kForeign) << "another hash";
  example = over_v4();
  example.server.push_back(0);
  EXPECT_EQ(check(), CookieAge::kForeign) << "another server's form";
}

TEST(Cookies, AgeAsTheStandardSays) {
  const auto example = over_v4();
  const auto at = [&](int64_t later) {
    return check_server_cookie(example.secret, example.client, example.server, example.address,
                               static_cast<uint32_t>(example.seconds + later));
  };
  EXPECT_EQ(at(1'800), CookieAge::kFresh);
  EXPECT_EQ(at(1'801), CookieAge::kStale);
  EXPECT_EQ(at(3'600), CookieAge::kStale);
  EXPECT_EQ(at(3'601), CookieAge::kForeign);
  EXPECT_EQ(at(-300), CookieAge::kFresh) << "another node's clock may be ahead of ours";
  EXPECT_EQ(at(-301), CookieAge::kForeign);
}

}  // namespace
}  // namespace evershore::dnswire
