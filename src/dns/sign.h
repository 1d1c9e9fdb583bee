// Signs zones (RFC 4034 3, RFC 4035 2) when their answers are compiled, never when a query comes. What was signed once is kept: a
// change of health pays for what is new only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counter.h"
#include "dns/denial.h"
#include "dns/keys.h"
#include "dns/plain_zone.h"

namespace evershore::dns {

// Signatures begin an hour back, for clocks that are slow, and end after kValidFor and up to kJitter more, so that not all of them
// have to be made anew at once. They are made anew kRenewBefore their end.
inline constexpr auto kInceptionBack = std::chrono::hours(1);
inline constexpr auto kValidFor = std::chrono::hours(24 * 14);
inline constexpr auto kJitter = std::chrono::hours(24 * 2);
inline constexpr auto kRenewBefore = std::chrono::hours(24 * 7);
inline constexpr auto kRenewTogether = std::chrono::hours(1);  // what is due within this is renewed in the same go
static_assert(kRetireSpan > kValidFor + kJitter, "a retired key outlives what it signed");
// A signature that no compiled state needed for this many states is forgotten.
inline constexpr uint64_t kStatesKept = 64;

// One RRSIG's data. Pure but for the random part of ECDSA.
struct SignatureSpan {
  uint32_t inception = 0;   // seconds, serial arithmetic (RFC 4034 3.1.5)
  uint32_t expiration = 0;  //
};
std::string rrsig_rdata(const Name& apex, const ZoneKey& key, const Name& owner, uint16_t type, const RecordSet& set, SignatureSpan span);
// What the signature is made over: the RRSIG's data without the signature, then the set in canonical form (RFC 4034 3.1.8.1).
std::string signed_bytes(std::string_view rrsig_without_signature, const Name& owner, uint16_t type, const RecordSet& set);

// One zone's keys and signatures. One thread's.
class ZoneSigner {
 public:
  ZoneSigner(Name apex, std::vector<ZoneKey> keys);

  const Name& apex() const { return apex_; }
  const std::vector<ZoneKey>& keys() const { return keys_; }
  // Other keys from the next begin() on, which is due now; signatures of those that stay are kept.
  void set_keys(std::vector<ZoneKey> keys);

  // A new state is to be compiled at `now`: decides what each key does, and which signatures are too old.
  void begin(Wall now);
  // Puts DNSKEY, CDS, CDNSKEY and the NSEC chain into the zone, which has its final serial. After begin().
  void complete(PlainZone& zone) const;
  // The RRSIGs over a set of this zone, wherever signed_here() says so, one per key that signs it; with the set's TTL.
  // The set's owner for a wildcard's answer is the wildcard. Valid until the next end().
  const RecordSet& signatures(const Name& owner, uint16_t type, const RecordSet& set);
  // The state is compiled: forgets what has long not been asked for.
  void end();
  // When signatures or a key's phase next demand a new state. After end().
  Wall due() const { return due_; }

  size_t kept() const { return kept_.size(); }
  uint64_t made() const { return made_; }  // signatures made so far

 private:
  struct Kept {
    RecordSet rrsigs;
    Wall renew_at;
    uint64_t state = 0;  // that needed it last
  };
  void write_cache_key(const Name& owner, uint16_t type, const RecordSet& set);
  Kept make(const Name& owner, uint16_t type, const RecordSet& set);

  Name apex_;
  std::vector<ZoneKey> keys_;
  std::vector<const ZoneKey*> key_signers_;     // of DNSKEY, CDS, CDNSKEY in this state
  std::vector<const ZoneKey*> data_signers_;    // of all else
  std::vector<const ZoneKey*> announced_;       // in the DNSKEY set
  std::vector<const ZoneKey*> offered_;         // to the parent, as CDS
  std::unordered_map<std::string, Kept> kept_;  // by owner, type, TTL, data and signers' tags
  std::string cache_key_;
  Wall now_;
  Wall due_ = Wall::min();
  uint64_t state_ = 0;
  uint64_t made_ = 0;
};

// Every set of a completed zone that is signed here, with its RRSIGs: by owner and covered type. For transfers and exports.
Contents zone_signatures(const PlainZone& zone, ZoneSigner& signer);

}  // namespace evershore::dns
