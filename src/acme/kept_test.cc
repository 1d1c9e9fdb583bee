// What is kept and shared: documents, seals, leases, certificates, and when they are renewed.
#include <gtest/gtest.h>

#include "acme/certificate.h"
#include "acme/documents.h"
#include "acme/renewal.h"
#include "acme/seal.h"

namespace evershore::acme {
namespace {

using namespace std::chrono_literals;

constexpr Wall kNow{std::chrono::seconds(1'800'000'000)};

TEST(Seal, opens_for_the_same_key_and_name_alone) {
  const auto key = seal_key("0123456789abcdef");
  const auto sealed = seal(key, "account", "text", {1, 2, 3});
  EXPECT_EQ(sealed.find("text"), std::string::npos);
  EXPECT_EQ(*unseal(key, "account", sealed), "text");
  EXPECT_FALSE(unseal(seal_key("0123456789abcdeg"), "account", sealed));
  EXPECT_FALSE(unseal(key, "lease", sealed));
  EXPECT_EQ(*unseal(key, "empty", seal(key, "empty", "", {})), "");
}

TEST(Seal, no_bit_of_it_may_change) {
  const auto key = seal_key("s");
  const auto sealed = seal(key, "n", "text", {});
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto other = sealed;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(unseal(key, "n", other)) << i;
    EXPECT_FALSE(unseal(key, "n", sealed.substr(0, i))) << i;
  }
}

TEST(Lease, judged_by_who_and_until_when) {
  struct Case {
    const char* name;
    std::optional<Lease> present;
    LeaseVerdict verdict;
  };
  const Case cases[] = {{"none", std::nullopt, LeaseVerdict::kTake},
                        {"another's, over", Lease{"b", kNow}, LeaseVerdict::kTake},
                        {"another's, to come", Lease{"b", kNow + 1ms}, LeaseVerdict::kHeld},
                        {"mine, to come: I died with it", Lease{"a", kNow + 1h}, LeaseVerdict::kMine},
                        {"mine, over", Lease{"a", kNow - 1h}, LeaseVerdict::kMine}};
  for (const auto& c : cases) EXPECT_EQ(judge_lease(c.present, "a", kNow), c.verdict) << c.name;
}

TEST(Documents, come_back_as_they_were) {
  const Account account{.key_pem = "PEM\n", .url = "https://ca.test/a"};
  EXPECT_EQ(*read_account(to_text(account)), account);
  const Progress progress{.order_url = "o", .key_pem = "k", .failures = 3, .failed_at = kNow, .retry_after = 60s, .problem = "why"};
  EXPECT_EQ(*read_progress(to_text(progress)), progress);
  EXPECT_EQ(*read_progress(to_text(Progress{})), Progress{});
  const DnsProofs proofs{.proofs = {{"_acme-challenge.a.test", "v"}}, .until = kNow};
  EXPECT_EQ(read_proofs(to_text(proofs))->proofs, proofs.proofs);
  EXPECT_EQ(read_lease(to_text(Lease{"n", kNow}))->until, kNow);
}

TEST(Documents, half_a_document_is_none) {
  for (const auto* text : {"", "{}", "[]", "null", R"({"key":1,"url":""})", R"({"node":"n","until":"soon"})",
                           R"({"proofs":[1],"until":"2026-11-30T00:00:00Z"})"}) {
    EXPECT_FALSE(read_account(text)) << text;
    EXPECT_FALSE(read_progress(text)) << text;
    EXPECT_FALSE(read_proofs(text)) << text;
    EXPECT_FALSE(read_lease(text)) << text;
  }
}

TEST(Names, of_proofs_and_paths) {
  EXPECT_EQ(proof_name("a.test"), "_acme-challenge.a.test");
  EXPECT_EQ(proof_name("*.a.test"), "_acme-challenge.a.test");
  EXPECT_EQ(path_element("*.a.test"), "_wildcard.a.test");
}

TEST(Renewal, begins_with_a_third_left_and_not_for_all_at_once) {
  const Wall end = kNow + 90 * 24h;
  const auto earliest = end - 90 * 24h * (20 + 3) / 60;  // 1/3 + 1/20
  std::set<Wall> times;
  for (const auto* node : {"a", "b", "c", "d"}) {
    const auto due = renewal_due(kNow, end, "host", node);
    EXPECT_LE(due, end - 30 * 24h);
    EXPECT_GE(due, earliest);
    EXPECT_EQ(due, renewal_due(kNow, end, "host", node));
    times.insert(due);
  }
  EXPECT_EQ(times.size(), 4u);
}

TEST(Renewal, failures_wait_longer_each_time) {
  CertificateState state{.failures = 1, .failed_at = kNow};
  Wall before = kNow;
  for (; state.failures <= 12; ++state.failures) {
    const auto due = retry_due(state, "h", "n");
    EXPECT_GE(due, before);
    EXPECT_GE(due, kNow + 1min);
    EXPECT_LE(due, kNow + 6h + 90min);
    before = due;
  }
  EXPECT_GE(before, kNow + 6h);
  state.retry_after = 20h;
  EXPECT_EQ(retry_due(state, "h", "n"), kNow + 20h);
}

TEST(Renewal, without_a_certificate_at_once_unless_it_has_just_failed) {
  EXPECT_LE(order_due({}, "h", "n"), kNow);
  EXPECT_GT(order_due({.failures = 1, .failed_at = kNow}, "h", "n"), kNow);
  EXPECT_GT(order_due({.not_before = kNow, .not_after = kNow + 24h}, "h", "n"), kNow + 12h);
}

TEST(Renewal, alarm_is_raised_with_a_sixth_left) {
  const CertificateState state{.not_before = kNow, .not_after = kNow + 60h};
  EXPECT_EQ(expiry_of(state, kNow + 50h), Expiry::kFine);
  EXPECT_EQ(expiry_of(state, kNow + 50h + 1ms), Expiry::kSoon);
  EXPECT_EQ(expiry_of(state, kNow + 60h), Expiry::kOver);
  EXPECT_EQ(expiry_of({}, kNow), Expiry::kOver);
}

TEST(Certificate, the_placeholder_is_one_of_its_own_key) {
  const auto text = placeholder_bundle(kNow);
  ASSERT_TRUE(text) << text.error().text;
  const auto key = Key::from_pem(*text);
  ASSERT_TRUE(key);
  const auto facts = check_certificate(*text, *key, {});
  ASSERT_TRUE(facts) << facts.error().text;
  EXPECT_EQ(facts->issuer, "evershore: no certificate yet");
  EXPECT_EQ(facts->not_before, kNow - 24h);
  EXPECT_FALSE(check_certificate(*text, *Key::make(), {}));
  EXPECT_FALSE(check_certificate(*text, *key, {"a.test"}));
  EXPECT_FALSE(read_certificate("no certificate"));
}

}  // namespace
}  // namespace evershore::acme
