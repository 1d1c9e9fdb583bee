// All answers of one state, ready on the wire. Immutable once built (dns/compile.h); shared by any number of threads.
// What only new settings change (the names, and the answers that no health has a part in) is built once and shared by all states.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/places.h"
#include "wire/dns/name.h"

namespace evershore::dns {

// Everything after the question: whole record sets with compressed names. A piece prepared behind one name serves
// behind another that ends alike (wildcards, negative answers, referrals): then `pointers` move by the difference in length.
struct Body {
  uint32_t bytes_at = 0;  // into CompiledPart::bytes, as the others of the same part
  uint32_t size = 0;
  uint32_t pointers_at = 0;  // offsets within the body
  uint16_t pointers = 0;
  uint16_t cuts = 0;
  uint32_t cuts_at = 0;     // ascending, the last is the whole body
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

// A body by its number in the state's part, with kFixedBit in the part that all states share, or with kPickBit a pick: the answer
// depends on who asks.
using BodyRef = uint32_t;
inline constexpr uint32_t kPickBit = 0x8000'0000;
inline constexpr uint32_t kFixedBit = 0x4000'0000;

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

// What a name answers.
struct NodeAnswers {
  uint32_t types_at = 0;   // into CompiledPart::types
  BodyRef other_body = 0;  // for types not listed
  BodyRef any_body = 0;    // RFC 8482: one set
  BodyRef below_body = 0;  // for names below this one that do not exist: NXDOMAIN or the referral
  uint16_t types = 0;
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
  uint32_t key_at = 0;  // into the state's bytes: the labels below the apex (dns/canonical.h)
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

// Bodies and what they are made of.
struct CompiledPart {
  std::string bytes;
  std::vector<uint16_t> pointers;
  std::vector<BodyCut> cuts;
  std::vector<TypeBody> types;
  std::vector<Body> bodies;
  std::vector<NodeAnswers> nodes;
  std::vector<SecureBody> secure;  // by plain body; no longer than needed: empty if nothing is signed
  uint32_t mark = 0;               // kFixedBit in the references to this part

  std::span<const uint8_t> bytes_of(uint32_t at, size_t size) const { return {reinterpret_cast<const uint8_t*>(bytes.data()) + at, size}; }
  BodyRef add_body(const Body& body) {
    bodies.push_back(body);
    return mark | static_cast<uint32_t>(bodies.size() - 1);
  }
  Body& body(BodyRef ref) { return bodies[ref & ~kFixedBit]; }
  void link_secure(BodyRef plain, SecureBody form);
  void shrink_to_fit();

  // For taking back what was added since.
  struct Sizes {
    explicit Sizes(const CompiledPart& part);
    void restore(CompiledPart& part) const;
    size_t bytes, pointers, cuts, types, bodies, nodes, secure;
  };
};

struct CompiledName {
  uint32_t hash = 0;      // the lower half of dnswire::hash_name()
  uint32_t name_at = 0;   // into NameTable::bytes; lower case, wire form
  uint32_t answers = 0;   // into CompiledPart::nodes of the state, with kFixedBit of the shared part
  uint32_t wildcard = 0;  // name + 1 of the wildcard that stands for names below this one; 0 = none
  uint32_t zone = 0;
  uint32_t source = 0;  // the compiler's (dns/name_tree.h)
  uint8_t name_bytes = 0;
  uint8_t kind = 0;  // the compiler's
};

// All names that exist, by hash.
struct NameTable {
  std::string bytes;
  std::vector<CompiledName> names;
  std::vector<uint32_t> slots;  // name + 1, open addressing, a power of two of them; 0 = free
  size_t labels_max = 0;        // of the longest name

  // `name` in lower case; its hash as dnswire::hash_name() gives it. nullptr: no such name.
  const CompiledName* find(uint64_t hash, std::span<const uint8_t> name) const;
  // The name, or the closest one above it that exists. nullptr: in none of the zones.
  const CompiledName* closest(const dnswire::Name& name) const;
  // A name that is not there yet. Returns its number.
  uint32_t add(uint64_t hash, std::span<const uint8_t> name, size_t labels);
  std::span<const uint8_t> name_of(const CompiledName& entry) const {
    return {reinterpret_cast<const uint8_t*>(bytes.data()) + entry.name_at, entry.name_bytes};
  }

 private:
  void grow();
};

// What only new settings change.
struct FixedAnswers {
  NameTable table;
  CompiledPart part{.mark = kFixedBit};
};

struct CompiledSnapshot {
  std::shared_ptr<const FixedAnswers> fixed;  // never null
  CompiledPart state;
  std::vector<Pick> picks;
  std::vector<PickOption> options;
  std::vector<uint16_t> by_place;
  std::vector<NsecChain> chains;
  std::vector<NsecLink> nsec_links;
  std::string nsid;            // RFC 5001; "" = not given out
  bool client_subnet = false;  // RFC 7871: whether the clients' option counts
  Places places;
  std::vector<uint16_t> counter_rows;  // by zone, of the query counters
  std::vector<uint8_t> outcomes;       // of the names that are compiled for each state, by number: a column of the counters by outcome

  // The part that a body or the answers of a name are in.
  const CompiledPart& part_of(uint32_t ref) const { return (ref & kFixedBit) != 0 ? fixed->part : state; }
  const Body& body(BodyRef ref) const { return part_of(ref).bodies[ref & ~kFixedBit]; }
  const NodeAnswers& answers_of(const CompiledName& name) const { return part_of(name.answers).nodes[name.answers & ~kFixedBit]; }
  size_t outcome_of(const CompiledName& name) const { return name.answers < outcomes.size() ? outcomes[name.answers] : 0; }
  size_t row_of(size_t zone) const { return zone < counter_rows.size() ? counter_rows[zone] : 0; }
  // The proof that speaks of the name whose labels begin at `starts` (leftmost first) of a lower-case name in wire form: the last one that
  // does not come after it. The name lies in the chain's zone. Does not allocate.
  uint32_t proof_of(const NsecChain& chain, const uint8_t* lower, std::span<const uint8_t> starts) const;
};

}  // namespace evershore::dns
