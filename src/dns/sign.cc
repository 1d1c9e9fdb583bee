#include "dns/sign.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "dns/canonical.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeCdnskey;
using dnswire::kTypeCds;
using dnswire::kTypeDnskey;

constexpr uint32_t kKeysTtl = kApexTtl;
static_assert(std::chrono::seconds(kKeysTtl) < kCacheSpan, "a new key is in every cache before it matters");

void put16(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

void put32(std::string& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xFFFF);
}

uint32_t seconds_of(Wall time) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// RFC 4034 3.1.3: without the root and without a leading asterisk.
size_t labels_field(const Name& owner) { return owner.labels() - (owner.is_wildcard() ? 1 : 0); }

bool about_keys(uint16_t type) { return type == kTypeDnskey || type == kTypeCds || type == kTypeCdnskey; }

// FNV-1a: spreads the ends of signatures, the same way each time.
uint64_t spread(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3ULL;
  return hash ^ hash >> 32;
}

}  // namespace

std::string signed_bytes(std::string_view rrsig_without_signature, const Name& owner, uint16_t type, const RecordSet& set) {
  std::string out(rrsig_without_signature);
  std::string head = to_lower(owner.wire());
  put16(head, type);
  put16(head, dnswire::kClassIn);
  put32(head, set.ttl);
  for (const auto& rdata : canonical_set(type, set.rdata)) {
    out += head;
    put16(out, rdata.size());
    out += rdata;
  }
  return out;
}

std::string rrsig_rdata(const Name& apex, const ZoneKey& key, const Name& owner, uint16_t type, const RecordSet& set, SignatureSpan span) {
  std::string out;
  put16(out, type);
  out += static_cast<char>(kAlgorithmEcdsaP256);
  out += static_cast<char>(labels_field(owner));
  put32(out, set.ttl);
  put32(out, span.expiration);
  put32(out, span.inception);
  put16(out, key.facts.tag);
  out += to_lower(apex.wire());
  return out + key.key.sign(signed_bytes(out, owner, type, set));
}

ZoneSigner::ZoneSigner(Name apex, std::vector<ZoneKey> keys) : apex_(std::move(apex)), keys_(std::move(keys)) {}

void ZoneSigner::set_keys(std::vector<ZoneKey> keys) {
  keys_ = std::move(keys);
  due_ = Wall::min();
}

void ZoneSigner::begin(Wall now) {
  now_ = now;
  ++state_;
  for (auto* list : {&key_signers_, &data_signers_, &announced_, &offered_}) list->clear();
  std::vector<KeyFacts> facts;
  for (const auto& key : keys_) facts.push_back(key.facts);
  std::vector<const ZoneKey*> ready;
  for (const auto& key : keys_) {
    const auto phase = phase_of(key.facts, facts, now);
    if (phase == KeyPhase::kRemoved) continue;
    announced_.push_back(&key);
    if (signs_keys(key.facts.role, phase)) key_signers_.push_back(&key);
    if (signs_data(key.facts.role, phase)) data_signers_.push_back(&key);
    if (!entry_point(key.facts.role)) continue;
    if (phase == KeyPhase::kActive) offered_.push_back(&key);
    if (phase == KeyPhase::kReady) ready.push_back(&key);
  }
  if (!ready.empty()) offered_ = ready;  // RFC 7344 4: CDS says what the parent should have
  due_ = next_phase_change(facts, now);
}

void ZoneSigner::complete(PlainZone& zone) const {
  auto& apex = zone.contents.at(zone.apex);
  RecordSet keys{.ttl = kKeysTtl, .rdata = {}};
  for (const auto* key : announced_) keys.rdata.push_back(dnskey_rdata(key->facts.role, key->key.public_key()));
  RecordSet cds{.ttl = kKeysTtl, .rdata = {}};
  RecordSet cdnskey{.ttl = kKeysTtl, .rdata = {}};
  for (const auto* key : offered_) {
    const auto rdata = dnskey_rdata(key->facts.role, key->key.public_key());
    cds.rdata.push_back(ds_rdata(zone.apex, rdata));
    cdnskey.rdata.push_back(rdata);
  }
  apex[kTypeDnskey] = std::move(keys);
  if (!cds.rdata.empty()) apex[kTypeCds] = std::move(cds);
  if (!cdnskey.rdata.empty()) apex[kTypeCdnskey] = std::move(cdnskey);
  add_nsec_chain(zone);
}

void ZoneSigner::write_cache_key(const Name& owner, uint16_t type, const RecordSet& set) {
  cache_key_.assign(owner.wire());
  for (char& c : cache_key_) c = ascii_lower(c);
  put16(cache_key_, type);
  put32(cache_key_, set.ttl);
  for (const auto& rdata : set.rdata) {
    put16(cache_key_, rdata.size());
    cache_key_ += rdata;
  }
  for (const auto* key : about_keys(type) ? key_signers_ : data_signers_) put16(cache_key_, key->facts.tag);
}

const RecordSet& ZoneSigner::signatures(const Name& owner, uint16_t type, const RecordSet& set) {
  write_cache_key(owner, type, set);
  auto at = kept_.find(cache_key_);
  if (at == kept_.end()) {
    at = kept_.emplace(cache_key_, make(owner, type, set)).first;
  } else if (at->second.renew_at <= now_ + kRenewTogether) {
    at->second = make(owner, type, set);
  }
  at->second.state = state_;
  due_ = std::min(due_, at->second.renew_at);
  return at->second.rrsigs;
}

ZoneSigner::Kept ZoneSigner::make(const Name& owner, uint16_t type, const RecordSet& set) {
  const auto jitter = std::chrono::seconds(spread(cache_key_) % static_cast<uint64_t>(std::chrono::seconds(kJitter).count()));
  const Wall end = now_ + kValidFor + jitter;
  const SignatureSpan span{.inception = seconds_of(now_ - kInceptionBack), .expiration = seconds_of(end)};
  Kept kept{.rrsigs = {.ttl = set.ttl, .rdata = {}}, .renew_at = end - kRenewBefore};
  for (const auto* key : about_keys(type) ? key_signers_ : data_signers_) {
    kept.rrsigs.rdata.push_back(rrsig_rdata(apex_, *key, owner, type, set, span));
    ++made_;
  }
  return kept;
}

void ZoneSigner::end() {
  std::erase_if(kept_, [&](const auto& entry) { return entry.second.state + kStatesKept < state_; });
}

Contents zone_signatures(const PlainZone& zone, ZoneSigner& signer) {
  Contents out;
  for (const auto& [name, node] : zone.contents) {
    for (const auto& [type, set] : node) {
      if (!set.rdata.empty() && signed_here(zone, name, type)) out[name][type] = signer.signatures(name, type, set);
    }
  }
  return out;
}

}  // namespace evershore::dns
