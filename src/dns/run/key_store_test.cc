#include "dns/run/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "io/files.h"

namespace evershore::dns {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct KeyStore : testing::Test {
  KeyStore() : data(testing::TempDir() + "/key-store-" + to_hex(io::random_bytes(8))) {}
  ~KeyStore() override { std::filesystem::remove_all(data); }

  std::string data;
  Name apex = *Name::parse("Example.com");
  KeyFacts csk{.role = KeyRole::kCsk, .made = Wall(std::chrono::hours(24 * 20'000))};
};

TEST_F(KeyStore, AZoneWithoutKeysHasNone) { EXPECT_THAT(*read_keys(data, apex), SizeIs(0)); }

TEST_F(KeyStore, AMadeKeyIsReadBackAndItsOwnersAlone) {
  const auto made = make_key(data, apex, csk, {});
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(made->path, data + "/dnssec/example.com/csk-" + fmt::format("{:05}", made->key.facts.tag) + ".pem");
  struct stat file{};
  ASSERT_EQ(stat(made->path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(key_directory(data, apex).c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
  const auto read = read_keys(data, *Name::parse("EXAMPLE.COM"));
  ASSERT_THAT(*read, SizeIs(1));
  EXPECT_EQ(read->at(0).key.facts, made->key.facts);
  EXPECT_EQ(read->at(0).key.key.public_key(), made->key.key.public_key());
}

TEST_F(KeyStore, FactsChangeAndTheKeyStays) {
  auto made = *make_key(data, apex, csk, {});
  KeyFacts facts = made.key.facts;
  facts.ds_published = facts.made + std::chrono::hours(5);
  ASSERT_TRUE(write_facts(made, facts));
  const auto read = *read_keys(data, apex);
  EXPECT_EQ(read.at(0).key.facts, facts);
  EXPECT_EQ(read.at(0).key.key.public_key(), made.key.key.public_key());
}

TEST_F(KeyStore, OldestComesFirstAndARemovedKeyIsGone) {
  const auto second = *make_key(data, apex, {.role = KeyRole::kZsk, .made = csk.made + std::chrono::hours(1)}, {});
  const auto first = *make_key(data, apex, csk, {});
  EXPECT_EQ(read_keys(data, apex)->at(0).path, first.path);
  ASSERT_TRUE(remove_key(first));
  ASSERT_THAT(*read_keys(data, apex), SizeIs(1));
  EXPECT_EQ(read_keys(data, apex)->at(0).path, second.path);
}

TEST_F(KeyStore, ABrokenFileIsNamed) {
  ASSERT_TRUE(make_key(data, apex, csk, {}));
  std::ofstream(key_directory(data, apex) + "/zsk-00001.pem") << "nothing";
  EXPECT_THAT(read_keys(data, apex).error().text, HasSubstr("zsk-00001.pem"));
}

TEST_F(KeyStore, ANameWithASlashStaysInItsDirectory) {
  EXPECT_EQ(key_directory("/d", *Name::parse("0/25.2.0.192.in-addr.arpa")), "/d/dnssec/0%2F25.2.0.192.in-addr.arpa");
  EXPECT_EQ(key_directory("/d", Name()), "/d/dnssec/%2E");
}

}  // namespace
}  // namespace evershore::dns
