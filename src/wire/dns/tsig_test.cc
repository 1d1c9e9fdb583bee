#include "wire/dns/tsig.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"

namespace evershore::dnswire {
namespace {

constexpr uint64_t kNow = 1'800'000'000;

TsigKey key_named(std::string_view name, HmacKind algorithm = HmacKind::kSha256) {
  return {*Name::parse(name), algorithm, "a secret of some length"};
}

std::vector<uint8_t> query() { return build_query(*Name::parse("example.com"), kTypeSoa, 4711, {.edns_payload_bytes = 1232}); }

std::vector<uint8_t> signed_query(const TsigKey& key, uint64_t at = kNow) {
  auto message = query();
  TsigSigner(key, "").sign(message, at);
  return message;
}

TsigError verdict(std::span<const uint8_t> message, const TsigKey& key, uint64_t now = kNow) {
  const auto tsig = find_tsig(message);
  if (!tsig || !*tsig) return TsigError::kFormErr;
  return check_tsig(message, **tsig, std::span(&key, 1), "", now).error;
}

TEST(Tsig, HmacGivesTheBytesOfRfc4231) {
  EXPECT_EQ(to_hex(as_bytes(hmac(HmacKind::kSha256, "Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(as_bytes(hmac(HmacKind::kSha384, "Jefe", "what do ya want for nothing?"))),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(
      to_hex(as_bytes(hmac(HmacKind::kSha512, "Jefe", "what do ya want for nothing?"))),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(Tsig, WhatIsSignedIsTrustedUnderTheSameKey) {
  for (const auto algorithm : {HmacKind::kSha256, HmacKind::kSha384, HmacKind::kSha512}) {
    const auto key = key_named("Key.Example", algorithm);
    EXPECT_EQ(verdict(signed_query(key), key), TsigError::kNone);
  }
}

TEST(Tsig, TheNameOfTheKeyIgnoresCase) { EXPECT_EQ(verdict(signed_query(key_named("KEY")), key_named("key")), TsigError::kNone); }

TEST(Tsig, AnyChangedByteIsNoticed) {
  const auto key = key_named("k");
  const auto good = signed_query(key);
  for (size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x01;
    if (i < 2) continue;  // the ID on the wire may change on the way; the original one is signed (RFC 8945 4.2)
    EXPECT_NE(verdict(bad, key), TsigError::kNone) << "byte " << i;
  }
}

TEST(Tsig, AnotherSecretIsABadSignature) {
  auto other = key_named("k");
  other.secret = "another";
  EXPECT_EQ(verdict(signed_query(key_named("k")), other), TsigError::kBadSig);
}

TEST(Tsig, AnotherNameOrAlgorithmIsABadKey) {
  EXPECT_EQ(verdict(signed_query(key_named("k")), key_named("l")), TsigError::kBadKey);
  EXPECT_EQ(verdict(signed_query(key_named("k")), key_named("k", HmacKind::kSha512)), TsigError::kBadKey);
}

TEST(Tsig, TimeMayBeOffByTheFudgeAndNoMore) {
  const auto key = key_named("k");
  const auto message = signed_query(key);
  EXPECT_EQ(verdict(message, key, kNow + kTsigFudgeSeconds), TsigError::kNone);
  EXPECT_EQ(verdict(message, key, kNow - kTsigFudgeSeconds), TsigError::kNone);
  EXPECT_EQ(verdict(message, key, kNow + kTsigFudgeSeconds + 1), TsigError::kBadTime);
  EXPECT_EQ(verdict(message, key, kNow - kTsigFudgeSeconds - 1), TsigError::kBadTime);
}

TEST(Tsig, TheRecordMustBeTheLastOne) {
  auto message = signed_query(key_named("k"));
  EXPECT_TRUE(find_tsig(message)->has_value());
  auto twice = message;
  TsigSigner(key_named("k"), "").sign(twice, kNow);
  EXPECT_FALSE(find_tsig(twice).has_value());
  message.push_back(0);
  EXPECT_FALSE(find_tsig(message).has_value());
}

TEST(Tsig, BytesAfterTheLastRecordAreMalformed) {
  auto message = query();
  message.push_back(0);
  EXPECT_FALSE(find_tsig(message).has_value());
}

TEST(Tsig, AnUnsignedMessageHasNone) {
  const auto found = find_tsig(query());
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->has_value());
}

TEST(Tsig, EverySplitOfASignedMessageIsReadWithoutHarm) {
  const auto whole = signed_query(key_named("k"));
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(find_tsig(std::span(whole).first(size)).has_value()) << size;
}

TEST(Tsig, AnAnswerIsSignedOverItsRequest) {
  const auto key = key_named("k");
  TsigSigner asker(key, "");
  auto request = query();
  asker.sign(request, kNow);
  auto answer = query();
  TsigSigner(key, asker.mac()).sign(answer, kNow);
  const auto tsig = find_tsig(answer);
  ASSERT_TRUE(tsig.has_value());
  EXPECT_EQ(check_tsig(answer, **tsig, std::span(&key, 1), asker.mac(), kNow).error, TsigError::kNone);
  EXPECT_EQ(check_tsig(answer, **tsig, std::span(&key, 1), "", kNow).error, TsigError::kBadSig);
}

TEST(Tsig, AWrongClockIsToldOursUnderTheKey) {
  const auto key = key_named("k");
  auto answer = query();
  TsigSigner(key, "request's").sign_bad_time(answer, kNow - 10'000, kNow);
  const auto tsig = find_tsig(answer);
  ASSERT_TRUE(tsig.has_value());
  EXPECT_EQ((*tsig)->error, 18);
  EXPECT_EQ((*tsig)->signed_at, kNow - 10'000);
  EXPECT_EQ(to_hex(as_bytes((*tsig)->other)), "00006b49d200");
  EXPECT_EQ(check_tsig(answer, **tsig, std::span(&key, 1), "request's", kNow - 10'000).error, TsigError::kNone);
}

TEST(Tsig, ALengthBelowTheWholeHashIsRefused) {
  // Cut to 16 bytes, as RFC 8945 5.2.2.1 allows to send and lets us refuse.
  const auto key = key_named("k");
  const auto message = signed_query(key);
  auto tsig = **find_tsig(message);
  tsig.mac.resize(16);
  EXPECT_EQ(check_tsig(message, tsig, std::span(&key, 1), "", kNow).error, TsigError::kBadTrunc);
  tsig.mac.resize(15);
  EXPECT_EQ(check_tsig(message, tsig, std::span(&key, 1), "", kNow).error, TsigError::kFormErr);
}

}  // namespace
}  // namespace evershore::dnswire
