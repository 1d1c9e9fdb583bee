// DNSSEC keys (algorithm 13, ECDSA P-256 with SHA-256, RFC 6605) as values: what they publish, how they sign, and what each does when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/dns/name.h"

namespace evershore::dns {

using dnswire::Name;

inline constexpr uint8_t kAlgorithmEcdsaP256 = 13;
inline constexpr uint8_t kDigestSha256 = 2;

// kCsk: one key signs everything and the parent's DS points at it. kKsk and kZsk share that work: the DS points at the KSK, which
// signs the keys; the ZSK signs all the rest.
enum class KeyRole : uint8_t { kCsk, kKsk, kZsk };
std::string_view key_role_name(KeyRole role);  // "csk", "ksk", "zsk"
std::optional<KeyRole> parse_key_role(std::string_view text);
// Is the parent's DS made from it?
inline bool entry_point(KeyRole role) { return role != KeyRole::kZsk; }

// One private key. Copies share it; signing is safe from any thread. The signatures' random part comes from OpenSSL's generator.
class SigningKey {
 public:
  // A P-256 private key in PEM (PKCS #8 or SEC1); text before it is passed over.
  static Result<SigningKey> from_pem(std::string_view pem);

  std::string_view public_key() const { return public_key_; }  // x and y, 64 bytes (RFC 6605 4)
  std::string sign(std::string_view bytes) const;              // r and s, 64 bytes (RFC 6605 4)

 private:
  std::shared_ptr<void> key_;
  std::string public_key_;
};

std::string dnskey_rdata(KeyRole role, std::string_view public_key);
uint16_t key_tag(std::string_view dnskey_rdata);  // RFC 4034 appendix B
// RFC 4034 5.1, RFC 4509. CDS has the same form (RFC 7344 3.1), CDNSKEY that of DNSKEY.
std::string ds_rdata(const Name& owner, std::string_view dnskey_rdata);

// What is written down of a key; everything else follows from it and the time.
struct KeyFacts {
  KeyRole role = KeyRole::kCsk;
  uint16_t tag = 0;
  Wall made;
  std::optional<uint16_t> replaces;  // tag of the key it is to follow; none = the zone's first of its kind
  std::optional<Wall> ds_published;  // when people said that the parent has its DS; entry points that replace another only
  bool operator==(const KeyFacts&) const = default;
};

// kPublished and kRetired: in the DNSKEY set so that every cache has it before the first and after the last signature it must check.
// kReady: an entry point whose DS the parent should have now. kRemoved: of no use to anybody.
enum class KeyPhase : uint8_t { kPublished, kReady, kActive, kRetired, kRemoved };
std::string_view key_phase_name(KeyPhase phase);

// How long caches are given. kCacheSpan covers the DNSKEY set's TTL and what secondaries lag behind. Nothing that was signed lives
// in a cache longer than its signature, whatever its TTL: kRetireSpan is longer than any signature's validity, and than the TTL that
// parents give a DS.
inline constexpr auto kCacheSpan = std::chrono::hours(3);
inline constexpr auto kRetireSpan = std::chrono::hours(24 * 17);

// What a key is for at a time, among all `keys` of its zone (itself included). ZSK: pre-publish. Entry points: both sign until the
// parent has changed (RFC 6781 4.1).
KeyPhase phase_of(const KeyFacts& key, std::span<const KeyFacts> keys, Wall now);
// When a phase of one of them ends by time alone, after `now`; Wall::max() = never.
Wall next_phase_change(std::span<const KeyFacts> keys, Wall now);

// What a key signs in its phase.
bool signs_keys(KeyRole role, KeyPhase phase);  // DNSKEY, CDS and CDNSKEY
bool signs_data(KeyRole role, KeyPhase phase);

// May a roll of this role begin? The reason why not: no key yet, or one that is still under way.
Result<uint16_t> key_to_replace(std::span<const KeyFacts> keys, KeyRole role, Wall now);

struct ZoneKey {
  KeyFacts facts;
  SigningKey key;
};
// Is there a key for everything at `now`?
bool can_sign(std::span<const ZoneKey> keys, Wall now);

// A key's file: the facts as comments, then the PEM.
std::string key_file_text(const KeyFacts& facts, std::string_view pem);
Result<ZoneKey> parse_key_file(std::string_view text);

}  // namespace evershore::dns
