#include "dns/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/sign_test_support.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using testing::HasSubstr;

constexpr Wall kNow{std::chrono::hours(24 * 20'000)};
constexpr std::string_view kDnskeyOfRfc6605 = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";

std::string bytes_of_base64(std::string_view text) { return std::string(as_text(*from_base64(text))); }
std::string rfc_dnskey() { return dnskey_rdata(KeyRole::kKsk, bytes_of_base64(kDnskeyOfRfc6605)); }

TEST(DnsKeys, PublicKeyTagAndDsAreThoseOfRfc6605) {
  const auto key = *SigningKey::from_pem(kPemOfRfc6605);
  EXPECT_EQ(to_base64(as_bytes(key.public_key())), kDnskeyOfRfc6605);
  EXPECT_EQ(key_tag(rfc_dnskey()), 55648);
  EXPECT_EQ(to_hex(as_bytes(ds_rdata(*Name::parse("Example.NET"), rfc_dnskey()))),
            "d960"
            "0d"
            "02"
            "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17");
}

TEST(DnsKeys, TheSignatureOfRfc6605Holds) {
  std::string rrsig("\0\1\15\3\0\0\16\20", 8);
  constexpr std::array<uint8_t, 10> kTimesAndTag{0x4c, 0x88, 0xb1, 0x37, 0x4c, 0x63, 0xc7, 0x37, 0xd9, 0x60};
  rrsig += as_text(kTimesAndTag);
  rrsig += Name::parse("example.net")->wire();
  rrsig += bytes_of_base64("qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==");
  const RecordSet set{.ttl = 3600, .rdata = {std::string("\xc0\0\2\1", 4)}};
  EXPECT_TRUE(rrsig_holds(rrsig, rfc_dnskey(), *Name::parse("www.example.net"), dnswire::kTypeA, set));
  EXPECT_FALSE(rrsig_holds(rrsig, rfc_dnskey(), *Name::parse("wwx.example.net"), dnswire::kTypeA, set));
}

TEST(DnsKeys, OwnSignaturesHoldAndDifferEachTime) {
  const auto key = *SigningKey::from_pem(kOtherPem);
  const auto dnskey = dnskey_rdata(KeyRole::kCsk, key.public_key());
  for (int i = 0; i < 300; ++i) {  // r or s begins with a zero byte in one of 128
    const auto signature = key.sign("text");
    ASSERT_EQ(signature.size(), 64U);
    ASSERT_TRUE(verify(dnskey, "text", signature));
    ASSERT_FALSE(verify(dnskey, "test", signature));
  }
}

TEST(DnsKeys, OnlyEcdsaP256IsTaken) {
  EXPECT_FALSE(SigningKey::from_pem(""));
  EXPECT_FALSE(SigningKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILNpf0pMrtGS2nKlN7iyuaOkFpMIOnxtcYbG9A6MPpNz\n-----END PRIVATE KEY-----\n"));
}

// The table above phase_of(), line by line.
TEST(KeyPhases, OfAFirstKeyIsActiveAtOnce) {
  const KeyFacts key{.role = KeyRole::kZsk, .tag = 1, .made = kNow};
  EXPECT_EQ(phase_of(key, {&key, 1}, kNow), KeyPhase::kActive);
  EXPECT_EQ(phase_of(key, {&key, 1}, kNow + 10'000h), KeyPhase::kActive);
  EXPECT_EQ(next_phase_change({&key, 1}, kNow), Wall::max());
}

struct PhaseRow {
  const char* name;
  Wall now;
  KeyPhase old_key;
  KeyPhase new_key;
};

TEST(KeyPhases, OfAZskFollowTheClockAlone) {
  const std::vector<KeyFacts> keys{{.role = KeyRole::kZsk, .tag = 1, .made = kNow - 1'000h},
                                   {.role = KeyRole::kZsk, .tag = 2, .made = kNow, .replaces = 1}};
  const std::vector<PhaseRow> rows{
      {"just made", kNow, KeyPhase::kActive, KeyPhase::kPublished},
      {"caches may still lack it", kNow + kCacheSpan - 1us, KeyPhase::kActive, KeyPhase::kPublished},
      {"every cache has it", kNow + kCacheSpan, KeyPhase::kRetired, KeyPhase::kActive},
      {"caches may still hold what the old one signed", kNow + kCacheSpan + kRetireSpan - 1us, KeyPhase::kRetired, KeyPhase::kActive},
      {"nobody needs the old one", kNow + kCacheSpan + kRetireSpan, KeyPhase::kRemoved, KeyPhase::kActive},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(phase_of(keys[0], keys, row.now), row.old_key) << row.name;
    EXPECT_EQ(phase_of(keys[1], keys, row.now), row.new_key) << row.name;
  }
  EXPECT_EQ(next_phase_change(keys, kNow), kNow + kCacheSpan);
  EXPECT_EQ(next_phase_change(keys, kNow + kCacheSpan), kNow + kCacheSpan + kRetireSpan);
}

TEST(KeyPhases, OfAnEntryPointWaitForTheParent) {
  for (const KeyRole role : {KeyRole::kCsk, KeyRole::kKsk}) {
    std::vector<KeyFacts> keys{{.role = role, .tag = 1, .made = kNow - 1'000h}, {.role = role, .tag = 2, .made = kNow, .replaces = 1}};
    EXPECT_EQ(phase_of(keys[1], keys, kNow + kCacheSpan - 1us), KeyPhase::kPublished);
    EXPECT_EQ(phase_of(keys[1], keys, kNow + kCacheSpan), KeyPhase::kReady);
    EXPECT_EQ(phase_of(keys[1], keys, kNow + 10'000h), KeyPhase::kReady) << "however long it takes";
    EXPECT_EQ(phase_of(keys[0], keys, kNow + 10'000h), KeyPhase::kActive);
    const Wall told = kNow + 100h;
    keys[1].ds_published = told;
    EXPECT_EQ(phase_of(keys[1], keys, told - 1us), KeyPhase::kReady);
    EXPECT_EQ(phase_of(keys[0], keys, told - 1us), KeyPhase::kActive);
    EXPECT_EQ(phase_of(keys[1], keys, told), KeyPhase::kActive);
    EXPECT_EQ(phase_of(keys[0], keys, told), KeyPhase::kRetired);
    EXPECT_EQ(phase_of(keys[0], keys, told + kRetireSpan), KeyPhase::kRemoved);
  }
}

TEST(KeyPhases, OfTwoKindsOfKeysWithOneTagDoNotMix) {
  const std::vector<KeyFacts> keys{{.role = KeyRole::kKsk, .tag = 1, .made = kNow},
                                   {.role = KeyRole::kZsk, .tag = 1, .made = kNow},
                                   {.role = KeyRole::kZsk, .tag = 2, .made = kNow, .replaces = 1}};
  EXPECT_EQ(phase_of(keys[0], keys, kNow + kCacheSpan), KeyPhase::kActive);
  EXPECT_EQ(phase_of(keys[1], keys, kNow + kCacheSpan), KeyPhase::kRetired);
}

TEST(KeyPhases, SayWhatAKeySigns) {
  struct Row {
    KeyRole role;
    KeyPhase phase;
    bool keys;
    bool data;
  };
  const std::vector<Row> rows{
      {KeyRole::kZsk, KeyPhase::kPublished, false, false}, {KeyRole::kZsk, KeyPhase::kActive, false, true},
      {KeyRole::kZsk, KeyPhase::kRetired, false, false},   {KeyRole::kKsk, KeyPhase::kPublished, true, false},
      {KeyRole::kKsk, KeyPhase::kRetired, true, false},    {KeyRole::kCsk, KeyPhase::kPublished, true, true},
      {KeyRole::kCsk, KeyPhase::kReady, true, true},       {KeyRole::kCsk, KeyPhase::kRetired, true, true},
      {KeyRole::kCsk, KeyPhase::kRemoved, false, false},   {KeyRole::kKsk, KeyPhase::kRemoved, false, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(signs_keys(row.role, row.phase), row.keys) << key_role_name(row.role) << key_phase_name(row.phase);
    EXPECT_EQ(signs_data(row.role, row.phase), row.data) << key_role_name(row.role) << key_phase_name(row.phase);
  }
}

TEST(KeyRolls, BeginOnlyWhenTheLastIsOver) {
  std::vector<KeyFacts> keys;
  EXPECT_THAT(key_to_replace(keys, KeyRole::kZsk, kNow).error().text, HasSubstr("no active zsk"));
  keys.push_back({.role = KeyRole::kZsk, .tag = 1, .made = kNow});
  EXPECT_EQ(key_to_replace(keys, KeyRole::kZsk, kNow), 1);
  keys.push_back({.role = KeyRole::kZsk, .tag = 2, .made = kNow, .replaces = 1});
  EXPECT_THAT(key_to_replace(keys, KeyRole::kZsk, kNow).error().text, HasSubstr("under way: zsk 2 is published"));
  EXPECT_THAT(key_to_replace(keys, KeyRole::kZsk, kNow + kCacheSpan).error().text, HasSubstr("zsk 1 is still needed"));
  EXPECT_EQ(key_to_replace(keys, KeyRole::kZsk, kNow + kCacheSpan + kRetireSpan), 2);
}

TEST(KeyFiles, KeepFactsAndKey) {
  const auto key = key_from(kPemOfRfc6605, {.role = KeyRole::kKsk, .made = kNow, .replaces = 7, .ds_published = kNow + 24h});
  const auto text = key_file_text(key.facts, kPemOfRfc6605);
  const auto read = parse_key_file(text);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->facts, key.facts);
  EXPECT_EQ(read->key.public_key(), key.key.public_key());
  EXPECT_EQ(read->facts.tag, 55648);
}

TEST(KeyFiles, ThatAreNotSoundAreRefused) {
  const auto text = key_file_text(key_from(kPemOfRfc6605, {.role = KeyRole::kKsk, .made = kNow}).facts, kPemOfRfc6605);
  const auto changed = [&](std::string_view what, std::string_view with) {
    std::string out = text;
    out.replace(out.find(what), what.size(), with);
    return parse_key_file(out);
  };
  EXPECT_THAT(changed("55648", "55649").error().text, HasSubstr("has tag 55648"));
  EXPECT_THAT(changed("role: ksk", "role: king").error().text, HasSubstr("not understood"));
  EXPECT_THAT(changed("made", "baked").error().text, HasSubstr("not understood"));
  EXPECT_FALSE(changed("# role: ksk\n", ""));
  EXPECT_FALSE(changed("MIGHAgEAMBM", "MIGHAgEAMBN"));
  EXPECT_FALSE(parse_key_file(kPemOfRfc6605));
  for (size_t size = 0; size < text.size() - 2; ++size) parse_key_file(std::string_view(text).substr(0, size));
}

}  // namespace
}  // namespace evershore::dns
