#include "acme/key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>

#include "acme/jws.h"
#include "acme/openssl.h"
#include "base/hmac.h"
#include "base/text.h"

namespace evershore::acme {
namespace {

using Json = nlohmann::json;

// The key of RFC 7515 A.3.
constexpr std::string_view kPem = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49AwEHoUQDQgAE
f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2K
RiMohYjlrQ==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view kThumbprint = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

bool verifies(std::string_view jwk_pem, std::string_view text, const std::string& fixed) {
  const auto key = Key::from_pem(jwk_pem);
  // r and s back to DER, by hand: 30 len 02 len r 02 len s.
  const auto number = [](std::string_view half) {
    std::string out(half);
    while (out.size() > 1 && out[0] == '\0' && (out[1] & 0x80) == 0) out.erase(0, 1);
    if ((out[0] & 0x80) != 0) out.insert(0, 1, '\0');
    return std::string("\x02") + static_cast<char>(out.size()) + out;
  };
  const auto body = number(fixed.substr(0, 32)) + number(fixed.substr(32));
  const auto der = std::string("\x30") + static_cast<char>(body.size()) + body;
  const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->native().key.get()) == 1 &&
         EVP_DigestVerify(context.get(), as_bytes(der).data(), der.size(), as_bytes(text).data(), text.size()) == 1;
}

TEST(Key, the_jwk_and_the_thumbprint_of_the_rfcs_key) {
  const auto key = Key::from_pem(kPem);
  ASSERT_TRUE(key) << key.error().text;
  EXPECT_EQ(
      key->jwk(),
      R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  EXPECT_EQ(key->thumbprint(), kThumbprint);
}

TEST(Key, comes_back_from_its_own_pem) {
  const auto key = Key::make();
  ASSERT_TRUE(key);
  const auto again = Key::from_pem(key->pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->jwk(), key->jwk());
  EXPECT_NE(Key::make()->jwk(), key->jwk());
}

TEST(Key, what_is_none_is_refused) {
  EXPECT_FALSE(Key::from_pem(""));
  EXPECT_FALSE(Key::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  const KeyPtr other(EVP_EC_gen("P-384"));
  const auto bio = writing();
  ASSERT_EQ(PEM_write_bio_PrivateKey(bio.get(), other.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  EXPECT_EQ(Key::from_pem(written(bio.get())).error().text, "the private key is none of ECDSA P-256");
}

TEST(Key, signatures_are_64_bytes_and_verify) {
  const auto key = Key::from_pem(kPem);
  for (int i = 0; i < 100; ++i) {
    const auto signature = key->sign("text");
    ASSERT_EQ(signature.size(), 64u);
    EXPECT_TRUE(verifies(kPem, "text", signature));
    EXPECT_FALSE(verifies(kPem, "texts", signature));
  }
}

TEST(Key, a_request_holds_the_names_and_is_signed) {
  const auto key = Key::make();
  const std::vector<std::string> names{"a.example.com", "*.example.com"};
  const auto der = key->request_for(names);
  ASSERT_TRUE(der) << der.error().text;
  const auto* at = as_bytes(*der).data();
  const std::unique_ptr<X509_REQ, Release<X509_REQ_free>> request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der->size())));
  ASSERT_TRUE(request);
  EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
  EXPECT_TRUE(der->contains("a.example.com"));
  EXPECT_TRUE(der->contains("*.example.com"));
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())), 0);
}

TEST(Base64Url, of_the_rfc_and_back) {
  const std::string bytes("\x03\xec\xff\xe0\xc1", 5);
  EXPECT_EQ(base64url(bytes), "A-z_4ME");  // RFC 7515 appendix C
  EXPECT_EQ(from_base64url("A-z_4ME"), bytes);
  EXPECT_EQ(from_base64url(""), "");
  for (const auto* bad : {"A+z/4ME", "A-z_4ME=", "A", "A-z_4M\n"}) EXPECT_FALSE(from_base64url(bad)) << bad;
}

TEST(Jws, of_a_known_account_names_it_and_verifies) {
  const auto key = Key::from_pem(kPem);
  const auto json =
      Json::parse(signed_request(*key, {.account_url = "https://ca.test/a/1", .nonce = "n-1", .url = "https://ca.test/x"}, "{}"));
  EXPECT_EQ(json.size(), 3u);
  const auto protected_part = json["protected"].get<std::string>();
  EXPECT_EQ(Json::parse(*from_base64url(protected_part)),
            Json::parse(R"({"alg":"ES256","kid":"https://ca.test/a/1","nonce":"n-1","url":"https://ca.test/x"})"));
  EXPECT_EQ(json["payload"], "e30");
  EXPECT_TRUE(verifies(kPem, protected_part + ".e30", *from_base64url(json["signature"].get<std::string>())));
}

TEST(Jws, of_a_new_account_holds_the_key) {
  const auto key = Key::from_pem(kPem);
  const auto json = Json::parse(signed_request(*key, {.account_url = "", .nonce = "n", .url = "u"}, ""));
  const auto head = Json::parse(*from_base64url(json["protected"].get<std::string>()));
  EXPECT_EQ(head["jwk"], Json::parse(key->jwk()));
  EXPECT_FALSE(head.contains("kid"));
  EXPECT_EQ(json["payload"], "");  // RFC 8555 6.3: POST-as-GET
}

TEST(Jws, an_account_binding_is_the_key_under_the_authoritys_mac) {
  const auto key = Key::from_pem(kPem);
  const auto json = Json::parse(account_binding(*key, "kid-1", "secret", "https://ca.test/new"));
  const auto protected_part = json["protected"].get<std::string>();
  const auto payload = json["payload"].get<std::string>();
  EXPECT_EQ(Json::parse(*from_base64url(protected_part)), Json::parse(R"({"alg":"HS256","kid":"kid-1","url":"https://ca.test/new"})"));
  EXPECT_EQ(*from_base64url(payload), key->jwk());
  EXPECT_EQ(*from_base64url(json["signature"].get<std::string>()), hmac(HmacKind::kSha256, "secret", protected_part + "." + payload));
}

TEST(Proofs, are_of_token_and_thumbprint) {
  EXPECT_EQ(key_authorization("tok", kThumbprint), "tok.oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(dns_proof("tok", kThumbprint), "Y10l4xhCaLhq-7snVf-cBehBj6UrP2Y5lvJZkqQeYUA");
}

}  // namespace
}  // namespace evershore::acme
