// All answers of one state, ready on the wire. Immutable once built (dns/compile.h); shared by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/places.h"
#include "dns/query_counters.h"

namespace evershore::dns {

// Everything after the question: whole record sets with compressed names. A piece prepared behind one name serves
// behind another that ends alike (wildcards, negative answers, referrals): then `pointers` move by the difference in length.
struct Body {
  uint32_t bytes_at = 0;  // into CompiledSnapshot::bytes
  uint32_t size = 0;
  uint32_t pointers_at = 0;  // into CompiledSnapshot::pointers; offsets within the body
  uint16_t pointers = 0;
  uint16_t cuts = 0;
  uint32_t cuts_at = 0;     // into CompiledSnapshot::cuts; ascending, the last is the whole body
  uint16_t name_bytes = 0;  // of the question's name it was prepared behind
  uint8_t rcode = 0;
  bool authoritative : 1 = true;
  bool redirects : 1 = false;  // it begins with a DNAME for the names below: a CNAME is made for each that is asked for (RFC 6672 3.1)
};

// A place between two record sets where a body may be cut (RFC 2181 9: never inside a set).
struct BodyCut {
  uint32_t size = 0;
  uint16_t answers = 0;
  uint16_t authorities = 0;
  uint16_t additionals = 0;
  bool complete = false;  // nothing that the client needs is missing: no TC
};

// A body by its number, or with kPickBit a pick: the answer depends on who asks.
using BodyRef = uint32_t;
inline constexpr BodyRef kPickBit = 0x8000'0000;

struct Pick {
  enum class Kind : uint8_t { kDrawn, kAsker, kNetwork, kCountry };  // as Choice::Kind
  Kind kind = Kind::kDrawn;
  uint32_t options_at = 0;  // into CompiledSnapshot::options
  uint32_t options = 0;
  uint32_t places_at = 0;  // kNetwork, kCountry: into CompiledSnapshot::by_place, an option for each place of the table
  uint32_t places = 0;
  uint64_t weights = 0;  // kDrawn, kAsker: their sum, not 0
};

struct PickOption {
  uint64_t weight_upto = 0;  // its own weight and those of the options before it
  BodyRef body = 0;          // or the next pick; picks lead only to picks with lower numbers
};

struct TypeBody {
  uint16_t type = 0;
  BodyRef body = 0;
};

struct CompiledNode {
  uint64_t hash = 0;
  uint32_t name_at = 0;  // into CompiledSnapshot::bytes; lower case, wire form
  uint32_t types_at = 0;
  uint16_t types = 0;
  uint16_t name_bytes = 0;
  BodyRef other_body = 0;  // for types not listed
  BodyRef any_body = 0;    // RFC 8482: one set
  // For names below this one that do not exist themselves:
  uint32_t below_body = 0;  // NXDOMAIN or the referral
  uint32_t wildcard = 0;    // node + 1 of the wildcard that stands for them; 0 = none
};

// What a body is for those who ask with DO (RFC 4035 3.1), where it differs.
struct SecureBody {
  uint32_t body = 0;   // with the signatures; 0 = as the plain one
  uint32_t proof = 0;  // body + 1 of an NSEC to go behind it; 0 = none
  uint32_t chain = 0;  // chain + 1 whose NSEC that covers the asked name goes behind it, if the name itself is not there; 0 = none
};

// A zone's NSEC records in canonical order.
struct NsecLink {
  uint64_t prefix = 0;  // of the key, its first bytes
  uint32_t key_at = 0;  // into CompiledSnapshot::bytes: the labels below the apex (dns/canonical.h)
  uint32_t proof = 0;   // body of the NSEC and its signatures
  uint16_t key_bytes = 0;
};
struct NsecChain {
  uint32_t links_at = 0;  // into CompiledSnapshot::nsec_links
  uint32_t links = 0;     // never 0: the apex is the first
  size_t apex_labels = 0;
};
// The first eight bytes of a key as a number that orders like them.
uint64_t key_prefix(std::span<const uint8_t> key);

struct CompiledSnapshot {
  std::string bytes;
  std::vector<uint16_t> pointers;
  std::vector<BodyCut> cuts;
  std::vector<TypeBody> types;
  std::vector<Body> bodies;
  std::vector<Pick> picks;
  std::vector<PickOption> options;
  std::vector<uint16_t> by_place;
  std::vector<SecureBody> secure;  // by plain body; no longer than needed: empty if nothing is signed
  std::vector<NsecChain> chains;
  std::vector<NsecLink> nsec_links;
  std::vector<CompiledNode> nodes;
  std::vector<uint32_t> slots;  // node + 1, open addressing, a power of two of them; 0 = free
  size_t labels_max = 0;        // of the longest name
  std::string nsid;             // RFC 5001; "" = not given out
  bool client_subnet = false;   // RFC 7871: whether the clients' option counts
  Places places;
  ZoneRows rows;  // for the query counters

  std::span<const uint8_t> bytes_of(uint32_t at, size_t size) const { return {reinterpret_cast<const uint8_t*>(bytes.data()) + at, size}; }
  // `name` in lower case; its hash as dnswire::hash_name() gives it. nullptr: no such name.
  const CompiledNode* find(uint64_t hash, std::span<const uint8_t> name) const;

  void link_secure(uint32_t plain, SecureBody form);
  // The proof that speaks of the name whose labels begin at `starts` (leftmost first) of a lower-case name in wire form: the last one that
  // does not come after it. The name lies in the chain's zone. Does not allocate.
  uint32_t proof_of(const NsecChain& chain, const uint8_t* lower, std::span<const uint8_t> starts) const;
};

}  // namespace evershore::dns
