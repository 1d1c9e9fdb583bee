#include "dns/run/key_store.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/text.h"
#include "io/files.h"

namespace evershore::dns {

namespace {

constexpr size_t kKeyFileBytesMax = 64 << 10;
constexpr uint32_t kDirectoryMode = 0700;
constexpr uint32_t kFileMode = 0600;

Result<std::string> new_private_key() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  const bool written = key && PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!written) return fail(Fault::kBroken, "OpenSSL cannot make an ECDSA P-256 key");
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  return std::string(data, size);
}

// A zone's name as one path element: whatever is not a plain host name's character in hex.
std::string path_element(const Name& apex) {
  std::string text = apex.lower().text();
  if (text.size() > 1) text.pop_back();
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && text.size() > 1);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

Result<StoredKey> read_key(const std::string& path) {
  TRY(const auto text, io::read_whole_file(path, kKeyFileBytesMax));
  auto key = parse_key_file(text);
  if (!key) return wrap(std::move(key).error(), path);
  return StoredKey{*std::move(key), path};
}

}  // namespace

std::string key_directory(const std::string& data, const Name& apex) { return fmt::format("{}/dnssec/{}", data, path_element(apex)); }

Result<std::vector<StoredKey>> read_keys(const std::string& data, const Name& apex) {
  std::vector<StoredKey> keys;
  std::error_code error;
  const std::filesystem::directory_iterator files(key_directory(data, apex), error);
  if (error == std::errc::no_such_file_or_directory) return keys;
  if (error) return fail(Fault::kBroken, fmt::format("{}: {}", key_directory(data, apex), error.message()));
  for (const auto& file : files) {
    if (file.path().extension() != ".pem") continue;
    if (keys.size() == kZoneKeysMax)
      return fail(Fault::kInvalid, fmt::format("{}: more than {} keys", key_directory(data, apex), kZoneKeysMax));
    TRY(auto key, read_key(file.path().string()));
    keys.push_back(std::move(key));
  }
  std::ranges::sort(keys, {}, [](const StoredKey& stored) { return std::pair(stored.key.facts.made, stored.key.facts.tag); });
  return keys;
}

Result<StoredKey> make_key(const std::string& data, const Name& apex, KeyFacts facts, std::span<const StoredKey> others) {
  const auto directory = key_directory(data, apex);
  TRY_VOID(io::make_directories(directory, kDirectoryMode));
  while (true) {
    TRY(const auto pem, new_private_key());
    TRY(auto key, SigningKey::from_pem(pem));
    facts.tag = key_tag(dnskey_rdata(facts.role, key.public_key()));
    if (std::ranges::any_of(others, [&](const StoredKey& other) { return other.key.facts.tag == facts.tag; })) continue;
    const auto path = fmt::format("{}/{}-{:05}.pem", directory, key_role_name(facts.role), facts.tag);
    TRY_VOID(io::write_file_durably(path, key_file_text(facts, pem), kFileMode));
    return StoredKey{{facts, std::move(key)}, path};
  }
}

Result<void> write_facts(StoredKey& stored, const KeyFacts& facts) {
  TRY(const auto text, io::read_whole_file(stored.path, kKeyFileBytesMax));
  const size_t pem = text.find("-----BEGIN");
  if (pem == std::string::npos) return fail(Fault::kInvalid, stored.path + ": there is no key in it any more");
  TRY_VOID(io::write_file_durably(stored.path, key_file_text(facts, std::string_view(text).substr(pem)), kFileMode));
  stored.key.facts = facts;
  return {};
}

Result<void> remove_key(const StoredKey& stored) {
  std::error_code error;
  std::filesystem::remove(stored.path, error);
  if (error) return fail(Fault::kBroken, fmt::format("{}: {}", stored.path, error.message()));
  return io::sync_directory(std::filesystem::path(stored.path).parent_path().string());
}

ZoneKeys read_zone_keys(const DnsSettings& settings, const std::string& data, Wall now, std::vector<Problem>& problems) {
  ZoneKeys out;
  for (size_t i = 0; i < settings.zones.size(); ++i) {
    const auto& zone = settings.zones[i];
    const auto apex = Name::parse(zone.name);
    if (!zone.dnssec || !apex) continue;
    const auto stored = read_keys(data, *apex);
    if (!stored) {
      problems.push_back({Problem::Where::kZone, i, "dnssec", stored.error().text});
      continue;
    }
    std::vector<ZoneKey> keys;
    for (const auto& key : *stored) keys.push_back(key.key);
    if (can_sign(keys, now)) {
      out.emplace(*apex, std::move(keys));
    } else {
      problems.push_back({Problem::Where::kZone, i, "dnssec",
                          fmt::format("{} has no key to sign with in {}; make one: evershore dns keys make -c FILE {}", zone.name,
                                      key_directory(data, *apex), zone.name)});
    }
  }
  return out;
}

std::vector<KeyFacts> facts_of(std::span<const StoredKey> keys) {
  std::vector<KeyFacts> out;
  for (const auto& stored : keys) out.push_back(stored.key.facts);
  return out;
}

}  // namespace evershore::dns
