#include "dns/keys.h"

#include <fmt/format.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/digest.h"
#include "base/text.h"

namespace evershore::dns {

namespace {

constexpr size_t kHalfBytes = 32;
constexpr size_t kPointBytes = 1 + 2 * kHalfBytes;
constexpr uint16_t kFlagZone = 0x0100, kFlagEntryPoint = 0x0001;  // RFC 4034 2.1.1
constexpr std::array kRoleNames{std::string_view("csk"), std::string_view("ksk"), std::string_view("zsk")};
constexpr std::string_view kFileTitle = "# Evershore DNSSEC key, private. Keep it secret, and the same on every node.";

void put16(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

// DER's two numbers as r and s of fixed length.
std::string fixed_length(std::string_view der) {
  const auto* at = as_bytes(der).data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())),
                                                                   ECDSA_SIG_free);
  EVERSHORE_ASSERT(pair != nullptr);
  std::array<uint8_t, 2 * kHalfBytes> out;
  const int r = BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), kHalfBytes);
  const int s = BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + kHalfBytes, kHalfBytes);
  EVERSHORE_ASSERT(r == kHalfBytes);
  EVERSHORE_ASSERT(s == kHalfBytes);
  return std::string(as_text(out));
}

bool same_kind(const KeyFacts& a, const KeyFacts& b) { return entry_point(a.role) == entry_point(b.role); }

const KeyFacts* successor_of(const KeyFacts& key, std::span<const KeyFacts> keys) {
  const auto at = std::ranges::find_if(keys, [&](const KeyFacts& other) { return same_kind(other, key) && other.replaces == key.tag; });
  return at == keys.end() ? nullptr : &*at;
}

// When a key takes its predecessor's place; Wall::max() = not known yet.
Wall takes_over_at(const KeyFacts& key) {
  if (!entry_point(key.role)) return key.made + kCacheSpan;
  return key.ds_published.value_or(Wall::max());
}

KeyPhase phase_before_succession(const KeyFacts& key, Wall now) {
  if (!key.replaces || now >= takes_over_at(key)) return KeyPhase::kActive;
  return entry_point(key.role) && now >= key.made + kCacheSpan ? KeyPhase::kReady : KeyPhase::kPublished;
}

}  // namespace

std::string_view key_role_name(KeyRole role) { return kRoleNames[static_cast<size_t>(role)]; }

std::optional<KeyRole> parse_key_role(std::string_view text) {
  const auto at = std::ranges::find(kRoleNames, text);
  return at == kRoleNames.end() ? std::nullopt : std::optional(static_cast<KeyRole>(at - kRoleNames.begin()));
}

std::string_view key_phase_name(KeyPhase phase) {
  switch (phase) {
    case KeyPhase::kPublished: return "published";
    case KeyPhase::kReady: return "ready";
    case KeyPhase::kActive: return "active";
    case KeyPhase::kRetired: return "retired";
    case KeyPhase::kRemoved: return "removed";
  }
  return "unknown";
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  EVP_PKEY* raw = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>(""));
  if (raw == nullptr) return fail(Fault::kInvalid, "there is no private key in PEM that can be read without a password");
  SigningKey key;
  key.key_ = std::shared_ptr<void>(raw, [](void* owned) { EVP_PKEY_free(static_cast<EVP_PKEY*>(owned)); });
  std::array<char, 64> group{};
  uint8_t* point = nullptr;
  const bool named = EVP_PKEY_get_group_name(raw, group.data(), group.size(), nullptr) == 1;
  const size_t point_bytes = named ? EVP_PKEY_get1_encoded_public_key(raw, &point) : 0;
  const std::string encoded(reinterpret_cast<const char*>(point), point_bytes);
  OPENSSL_free(point);
  if (std::string_view(group.data()) != "prime256v1" || point_bytes != kPointBytes) {
    return fail(Fault::kInvalid, "the private key is not one of ECDSA P-256");
  }
  key.public_key_ = encoded.substr(1);
  return key;
}

std::string SigningKey::sign(std::string_view bytes) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<uint8_t, 80> der;
  size_t der_bytes = der.size();
  const bool begun = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1;
  EVERSHORE_ASSERT(begun);
  const bool done = EVP_DigestSign(context.get(), der.data(), &der_bytes, as_bytes(bytes).data(), bytes.size()) == 1;
  EVERSHORE_ASSERT(done);
  return fixed_length(as_text(std::span(der).first(der_bytes)));
}

std::string dnskey_rdata(KeyRole role, std::string_view public_key) {
  std::string out;
  put16(out, entry_point(role) ? kFlagZone | kFlagEntryPoint : kFlagZone);
  out += '\3';  // RFC 4034 2.1.2: always
  out += static_cast<char>(kAlgorithmEcdsaP256);
  out += public_key;
  return out;
}

uint16_t key_tag(std::string_view dnskey_rdata) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dnskey_rdata.size(); ++i) {
    const auto byte = static_cast<uint8_t>(dnskey_rdata[i]);
    sum += (i & 1) != 0 ? byte : uint32_t{byte} << 8;
  }
  return static_cast<uint16_t>(sum + (sum >> 16));
}

std::string ds_rdata(const Name& owner, std::string_view dnskey_rdata) {
  std::string out;
  put16(out, key_tag(dnskey_rdata));
  out += static_cast<char>(kAlgorithmEcdsaP256);
  out += static_cast<char>(kDigestSha256);
  const auto digest = sha256(to_lower(owner.wire()) + std::string(dnskey_rdata));
  return out + std::string(as_text(digest));
}

//   the key                      time                            phase
//   first of its kind            until it is replaced            kActive
//   ZSK that replaces            < made + cache span             kPublished
//   ZSK that replaces            later                           kActive
//   entry point that replaces    < made + cache span             kPublished
//   entry point that replaces    later, no DS                    kReady
//   entry point that replaces    >= DS published                 kActive
//   replaced                     < its heir's + retire span      kRetired
//   replaced                     later                           kRemoved
KeyPhase phase_of(const KeyFacts& key, std::span<const KeyFacts> keys, Wall now) {
  const auto* heir = successor_of(key, keys);
  if (heir == nullptr || takes_over_at(*heir) > now) return phase_before_succession(key, now);
  return now < takes_over_at(*heir) + kRetireSpan ? KeyPhase::kRetired : KeyPhase::kRemoved;
}

Wall next_phase_change(std::span<const KeyFacts> keys, Wall now) {
  Wall next = Wall::max();
  const auto consider = [&](Wall when) {
    if (when > now) next = std::min(next, when);
  };
  for (const auto& key : keys) {
    if (!key.replaces) continue;
    consider(key.made + kCacheSpan);
    if (takes_over_at(key) == Wall::max()) continue;
    consider(takes_over_at(key));
    consider(takes_over_at(key) + kRetireSpan);
  }
  return next;
}

bool signs_keys(KeyRole role, KeyPhase phase) { return entry_point(role) && phase != KeyPhase::kRemoved; }

bool signs_data(KeyRole role, KeyPhase phase) {
  if (role == KeyRole::kKsk) return false;
  return role == KeyRole::kZsk ? phase == KeyPhase::kActive : phase != KeyPhase::kRemoved;
}

Result<uint16_t> key_to_replace(std::span<const KeyFacts> keys, KeyRole role, Wall now) {
  const KeyFacts* present = nullptr;
  for (const auto& key : keys) {
    if (key.role != role) continue;
    const auto phase = phase_of(key, keys, now);
    if (phase == KeyPhase::kPublished || phase == KeyPhase::kReady) {
      return fail(Fault::kPrecondition,
                  fmt::format("a roll is under way: {} {} is {}", key_role_name(role), key.tag, key_phase_name(phase)));
    }
    if (phase == KeyPhase::kRetired) {
      return fail(Fault::kPrecondition,
                  fmt::format("the last roll is not over: {} {} is still needed by caches", key_role_name(role), key.tag));
    }
    if (phase == KeyPhase::kActive) present = &key;
  }
  if (present == nullptr) return fail(Fault::kNotFound, fmt::format("there is no active {}", key_role_name(role)));
  return present->tag;
}

bool can_sign(std::span<const ZoneKey> keys, Wall now) {
  std::vector<KeyFacts> facts;
  for (const auto& key : keys) facts.push_back(key.facts);
  const auto some = [&](bool (*signs)(KeyRole, KeyPhase)) {
    return std::ranges::any_of(facts, [&](const KeyFacts& key) { return signs(key.role, phase_of(key, facts, now)); });
  };
  return some(signs_keys) && some(signs_data);
}

std::string key_file_text(const KeyFacts& facts, std::string_view pem) {
  std::string text =
      fmt::format("{}\n# role: {}\n# tag: {}\n# made: {}\n", kFileTitle, key_role_name(facts.role), facts.tag, format_iso8601(facts.made));
  if (facts.replaces) text += fmt::format("# replaces: {}\n", *facts.replaces);
  if (facts.ds_published) text += fmt::format("# ds-published: {}\n", format_iso8601(*facts.ds_published));
  return text + std::string(pem);
}

namespace {

std::optional<uint16_t> parse_tag(std::string_view text) {
  const auto number = parse_u64(text);
  return number && *number <= 0xFFFF ? std::optional(static_cast<uint16_t>(*number)) : std::nullopt;
}

// One "# field: value" of a key's file. False: not understood.
bool take_field(std::string_view field, std::string_view value, KeyFacts& facts) {
  if (field == "role") {
    const auto role = parse_key_role(value);
    facts.role = role.value_or(KeyRole::kCsk);
    return role.has_value();
  }
  if (field == "tag" || field == "replaces") {
    const auto tag = parse_tag(value);
    if (tag && field == "tag") facts.tag = *tag;
    if (tag && field == "replaces") facts.replaces = tag;
    return tag.has_value();
  }
  if (field == "made" || field == "ds-published") {
    const auto time = parse_iso8601(value);
    if (time && field == "made") facts.made = *time;
    if (time && field == "ds-published") facts.ds_published = time;
    return time.has_value();
  }
  return false;
}

}  // namespace

Result<ZoneKey> parse_key_file(std::string_view text) {
  ZoneKey out;
  bool role = false;
  bool made = false;
  for (const auto line : split(text.substr(0, text.find("-----BEGIN")), '\n')) {
    const size_t colon = line.find(": ");
    if (line == kFileTitle || !line.starts_with("# ") || colon == std::string_view::npos) continue;
    const auto field = line.substr(2, colon - 2);
    if (!take_field(field, trim(line.substr(colon + 2)), out.facts))
      return fail(Fault::kInvalid, fmt::format("not understood: \"{}\"", line));
    role = role || field == "role";
    made = made || field == "made";
  }
  if (!role || !made) return fail(Fault::kInvalid, "a key's file says \"# role: ...\" and \"# made: ...\" before the key");
  TRY(out.key, SigningKey::from_pem(text));
  const uint16_t tag = key_tag(dnskey_rdata(out.facts.role, out.key.public_key()));
  if (tag != out.facts.tag) return fail(Fault::kInvalid, fmt::format("the key has tag {}, the file says {}", tag, out.facts.tag));
  return out;
}

}  // namespace evershore::dns
