#include "wire/s3/address.h"

#include <gtest/gtest.h>

namespace evershore::s3 {
namespace {

RegionSettings region(std::string endpoint, Addressing addressing) {
  return {.name = "east", .endpoint = std::move(endpoint), .addressing = addressing, .bucket = "site-east"};
}

TEST(Address, PutsTheBucketInThePath) {
  const auto at = address_of(region("http://127.0.0.1:9001", Addressing::kPath), "a b/c+d//../e?f");
  ASSERT_TRUE(at);
  EXPECT_FALSE(at->tls);
  EXPECT_EQ(at->port, 9001);
  EXPECT_EQ(at->host_header(), "127.0.0.1:9001");
  EXPECT_EQ(at->target, "/site-east/a%20b/c%2Bd//../e%3Ff");
}

TEST(Address, PutsTheBucketInTheHost) {
  const auto at = address_of(region("https://s3.us-east-1.amazonaws.com", Addressing::kVirtual), "/lead");
  ASSERT_TRUE(at);
  EXPECT_TRUE(at->tls);
  EXPECT_EQ(at->port, 443);
  EXPECT_EQ(at->host_header(), "site-east.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(at->target, "//lead");
}

TEST(Address, TakesABareEndpointAsTheBucket) {
  const auto at = address_of(region("http://d1.cdn.example.net/base/", Addressing::kBare), "x");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->host_header(), "d1.cdn.example.net");
  EXPECT_EQ(at->target, "/base/x");
}

TEST(Address, NamesTheBucketItself) {
  EXPECT_EQ(bucket_address_of(region("http://h:1", Addressing::kPath), "list-type=2")->target, "/site-east?list-type=2");
  EXPECT_EQ(bucket_address_of(region("http://h:1", Addressing::kVirtual), "list-type=2")->target, "/?list-type=2");
  EXPECT_EQ(bucket_address_of(region("http://h:1", Addressing::kPath), "")->target, "/site-east");
}

TEST(Address, UnderstandsIpv6) {
  const auto at = address_of(region("http://[::1]:9001", Addressing::kPath), "k");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->host, "[::1]");
  EXPECT_EQ(at->port, 9001);
}

TEST(Address, RefusesWhatIsNoEndpoint) {
  for (const auto* endpoint :
       {"", "h:1", "ftp://h", "http://", "http://h:0", "http://h:65536", "http://h:x", "http://u@h", "http://h/?q"}) {
    EXPECT_FALSE(address_of(region(endpoint, Addressing::kPath), "k")) << endpoint;
  }
}

}  // namespace
}  // namespace evershore::s3
