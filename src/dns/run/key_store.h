// DNSSEC keys on disk: DATA/dnssec/ZONE/ROLE-TAG.pem, one file per key, readable by its owner only (dns/keys.h says what is in it).
// For commands and for a running node; blocking, small files.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "dns/keys.h"
#include "dns/zone.h"

namespace evershore::dns {

inline constexpr size_t kZoneKeysMax = 16;

struct StoredKey {
  ZoneKey key;
  std::string path;
};

// `data` is the node's state directory.
std::string key_directory(const std::string& data, const Name& apex);

// Oldest first. A zone without keys has none; a file that cannot be understood is an error that names it.
Result<std::vector<StoredKey>> read_keys(const std::string& data, const Name& apex);

// Makes a new private key and writes it. Its tag is one that none of `others` has.
Result<StoredKey> make_key(const std::string& data, const Name& apex, KeyFacts facts, std::span<const StoredKey> others);

// Writes other facts of the same key.
Result<void> write_facts(StoredKey& stored, const KeyFacts& facts);

Result<void> remove_key(const StoredKey& stored);

using ZoneKeys = std::map<Name, std::vector<ZoneKey>>;  // by apex

// The keys of all zones that are to be signed. A zone whose keys cannot be read, or that has none that sign at `now`, is a problem and
// not among them.
ZoneKeys read_zone_keys(const DnsSettings& settings, const std::string& data, Wall now, std::vector<Problem>& problems);

std::vector<KeyFacts> facts_of(std::span<const StoredKey> keys);

}  // namespace evershore::dns
