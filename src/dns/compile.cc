#include "dns/compile.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/assert.h"
#include "base/text.h"
#include "dns/name_tree.h"
#include "wire/dns/rdata.h"
#include "wire/dns/writer.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeCname;
using dnswire::kTypeDs;
using dnswire::kTypeNs;
using dnswire::kTypeSoa;
using dnswire::Rcode;
using dnswire::Writer;
using MatchKind = NameTree::Match::Kind;

constexpr size_t kSoaMinimumBytes = 4;
// A body that leaves room for header, question and OPT in the longest message.
constexpr size_t kBodyBytesMax = 65'000;
static_assert(kBodyBytesMax >= kRecordSetBytesMax, "every record set that validation lets pass must fit");

// Header, the longest question and OPT with this much fit into the shortest limit a client can set.
constexpr size_t kNsidBytesMax = 128;
static_assert(dnswire::kHeaderBytes + dnswire::kNameBytesMax + 4 + dnswire::kOptBytes + 4 + kNsidBytesMax +
                  dnswire::kSubnetOptionBytesMax <=
              dnswire::kUdpBytesWithoutEdns);

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

// One body under construction, behind a question for `question`.
class BodyWriter {
 public:
  explicit BodyWriter(const Name& question) : question_(question), writer_(dnswire::kHeaderBytes + question.wire().size() + 4) {
    // A wildcard's own name is not that of the question it answers; what comes after the asterisk is.
    if (question.is_wildcard()) {
      writer_.remember(question.parent(), dnswire::kHeaderBytes + 2);
    } else {
      writer_.remember(question, dnswire::kHeaderBytes);
    }
  }

  // `owner_is_question`: the owner is the asked name itself, as it was asked.
  void put(Section section, const Name& owner, uint16_t type, const RecordSet& set, bool owner_is_question) {
    put_with_ttl(section, owner, type, set, set.ttl, owner_is_question);
  }

  void put_with_ttl(Section section, const Name& owner, uint16_t type, const RecordSet& set, uint32_t ttl, bool owner_is_question) {
    size_t bytes = writer_.size();
    for (const auto& rdata : set.rdata) bytes += owner.wire().size() + 10 + rdata.size();
    overflown_ = overflown_ || bytes > kBodyBytesMax;
    if (overflown_) return;
    for (const auto& rdata : set.rdata) {
      if (owner_is_question) {
        writer_.put_record_of_question(type, ttl, rdata);
      } else {
        writer_.put_record(owner, type, ttl, rdata);
      }
    }
    const auto count = static_cast<uint16_t>(set.rdata.size());
    if (section == Section::kAnswer) counts_.answers += count;
    if (section == Section::kAuthority) counts_.authorities += count;
    if (section == Section::kAdditional) counts_.additionals += count;
    counts_.size = static_cast<uint32_t>(writer_.size());
    cuts_.push_back(counts_);
  }

  // RFC 2308 3: the negative TTL is the lesser of the SOA's own and its minimum field.
  void put_negative_soa(const PlainZone& zone) {
    const auto& set = zone.contents.at(zone.apex).at(kTypeSoa);
    const auto& rdata = set.rdata.front();
    const uint32_t minimum = dnswire::load32(as_bytes(rdata).data() + rdata.size() - kSoaMinimumBytes);
    put_with_ttl(Section::kAuthority, zone.apex, kTypeSoa, set, std::min(set.ttl, minimum), false);
  }

  BodyRef finish(CompiledSnapshot& out, Rcode rcode, bool authoritative) {
    Body body{.bytes_at = static_cast<uint32_t>(out.bytes.size()),
              .size = static_cast<uint32_t>(writer_.size()),
              .pointers_at = static_cast<uint32_t>(out.pointers.size()),
              .pointers = static_cast<uint16_t>(writer_.pointers().size()),
              .cuts = static_cast<uint16_t>(cuts_.size()),
              .cuts_at = static_cast<uint32_t>(out.cuts.size()),
              .name_bytes = static_cast<uint16_t>(question_.wire().size()),
              .rcode = static_cast<uint8_t>(rcode),
              .authoritative = authoritative};
    cuts_.back().complete = !overflown_;
    out.bytes += writer_.bytes();
    out.pointers.insert(out.pointers.end(), writer_.pointers().begin(), writer_.pointers().end());
    out.cuts.insert(out.cuts.end(), cuts_.begin(), cuts_.end());
    out.bodies.push_back(body);
    return static_cast<uint32_t>(out.bodies.size() - 1);
  }

 private:
  const Name& question_;
  Writer writer_;
  bool overflown_ = false;  // a set did not fit: neither it nor what would come after it is there
  BodyCut counts_;
  std::vector<BodyCut> cuts_{BodyCut{}};  // the empty body is always a way out
};

class Compiler {
 public:
  Compiler(const std::vector<PlainZone>& zones, CompileOptions options) : tree_(zones), out_(std::make_shared<CompiledSnapshot>()) {
    if (options.nsid.size() > kNsidBytesMax) options.nsid.resize(kNsidBytesMax);
    out_->nsid = std::move(options.nsid);
    out_->client_subnet = options.client_subnet;
    out_->places = std::move(options.places);
  }

  std::shared_ptr<const CompiledSnapshot> compile() {
    for (const auto& zone : tree_.zones()) {
      no_data_.push_back(negative(zone, Rcode::kNoError));
      no_name_.push_back(negative(zone, Rcode::kNxDomain));
    }
    for (const auto& entry : tree_.entries()) add_node(entry);
    link_wildcards();
    fill_slots();
    return out_;
  }

 private:
  BodyRef negative(const PlainZone& zone, Rcode rcode) {
    BodyWriter body(zone.apex);
    body.put_negative_soa(zone);
    return body.finish(*out_, rcode, true);
  }

  void add_node(const NameTree::Entry& entry) {
    const std::string wire = to_lower(entry.name->wire());
    CompiledNode node{.hash = dnswire::hash_name(*entry.name),
                      .name_at = static_cast<uint32_t>(out_->bytes.size()),
                      .types_at = static_cast<uint32_t>(out_->types.size()),
                      .name_bytes = static_cast<uint16_t>(wire.size()),
                      .other_body = no_data_[entry.zone],
                      .any_body = no_data_[entry.zone],
                      .below_body = no_name_[entry.zone]};
    out_->bytes += wire;
    out_->labels_max = std::max(out_->labels_max, entry.name->labels());
    std::vector<TypeBody> types;
    if (entry.kind == NameTree::Kind::kCut) {
      add_cut(entry, node, types);
    } else if (entry.kind == NameTree::Kind::kData && entry.node->contains(kTypeCname)) {
      add_cname(entry, node, types);
    } else if (entry.kind == NameTree::Kind::kData) {
      add_data(entry, node, types);
    }
    node.types_at = static_cast<uint32_t>(out_->types.size());
    node.types = static_cast<uint16_t>(types.size());
    out_->types.insert(out_->types.end(), types.begin(), types.end());
    out_->nodes.push_back(node);
  }

  BodyRef one_set(const Name& owner, uint16_t type, const RecordSet& set) {
    BodyWriter body(owner);
    body.put(Section::kAnswer, owner, type, set, true);
    return body.finish(*out_, Rcode::kNoError, true);
  }

  void add_data(const NameTree::Entry& entry, CompiledNode& node, std::vector<TypeBody>& types) {
    for (const auto& [type, set] : *entry.node) types.push_back({type, owned_set(entry, type, set)});
    if (!types.empty()) node.any_body = types.front().body;
    if (entry.parent_zone == SIZE_MAX) return;
    std::erase_if(types, [](const TypeBody& listed) { return listed.type == kTypeDs; });
    types.push_back({kTypeDs, entry.parent_ds != nullptr ? one_set(*entry.name, kTypeDs, *entry.parent_ds) : no_data_[entry.parent_zone]});
  }

  // The set, or a pick among its outcomes.
  BodyRef owned_set(const NameTree::Entry& entry, uint16_t type, const RecordSet& set) {
    outcomes_left_ = kOutcomesMax;
    return outcomes(
        set, [&](const RecordSet& outcome) { return outcome.rdata.empty() ? no_data_[entry.zone] : one_set(*entry.name, type, outcome); });
  }

  // A body for each set that `set` can turn out to be, made by `leaf(set)`, and picks among them.
  template <class Leaf>
  BodyRef outcomes(const RecordSet& set, const Leaf& leaf) {
    if (set.choice == nullptr || set.choice->options.size() > outcomes_left_) {
      outcomes_left_ -= std::min<size_t>(outcomes_left_, 1);
      return leaf(set);
    }
    std::vector<BodyRef> refs;
    for (const auto& option : set.choice->options) refs.push_back(outcomes(option.set, leaf));
    return add_pick(*set.choice, refs);
  }

  BodyRef add_pick(const Choice& choice, const std::vector<BodyRef>& refs) {
    static_assert(static_cast<int>(Choice::Kind::kCountry) == static_cast<int>(Pick::Kind::kCountry));
    if (std::ranges::all_of(refs, [&](BodyRef ref) { return ref == refs.front(); })) return refs.front();
    Pick pick{.kind = static_cast<Pick::Kind>(choice.kind),
              .options_at = static_cast<uint32_t>(out_->options.size()),
              .options = static_cast<uint32_t>(refs.size()),
              .places_at = static_cast<uint32_t>(out_->by_place.size()),
              .places = static_cast<uint32_t>(choice.by_place.size())};
    for (size_t i = 0; i < refs.size(); ++i) {
      pick.weights += choice.options[i].weight;
      out_->options.push_back({.weight_upto = pick.weights, .body = refs[i]});
    }
    out_->by_place.insert(out_->by_place.end(), choice.by_place.begin(), choice.by_place.end());
    EVERSHORE_ASSERT(pick.weights > 0);
    EVERSHORE_ASSERT(std::ranges::all_of(choice.by_place, [&](uint16_t option) { return option < refs.size(); }));
    out_->picks.push_back(pick);
    return kPickBit | static_cast<BodyRef>(out_->picks.size() - 1);
  }

  // A CNAME answers every type: bodies for each type at an end of its chains, and for all the others.
  void add_cname(const NameTree::Entry& entry, CompiledNode& node, std::vector<TypeBody>& types) {
    // Questions for CNAME and ANY do not follow (RFC 1034 3.6.2).
    const BodyRef alone = owned_set(entry, kTypeCname, entry.node->at(kTypeCname));
    types.push_back({kTypeCname, alone});
    node.any_body = alone;
    node.other_body = chained(*entry.name, kTypeAtNoEnd);
    std::set<uint16_t> at_ends;
    outcomes_left_ = kOutcomesMax;
    std::vector<Link> links;
    gather_types(*entry.name, links, at_ends);
    for (const uint16_t type : at_ends) types.push_back({type, chained(*entry.name, type)});
  }

  struct Link {
    Name owner;
    const RecordSet* set;  // one outcome
  };
  static constexpr uint16_t kTypeAtNoEnd = 0;

  static bool may_follow(const std::vector<Link>& links, const Name& name) {
    return links.size() < kChainMax && std::ranges::none_of(links, [&](const Link& link) { return link.owner == name; });
  }

  static Name target_of(const RecordSet& cname) { return *dnswire::rdata_target(kTypeCname, cname.rdata.front()); }

  // The types that the names at the ends of all chains from `name` on have.
  void gather_types(const Name& name, std::vector<Link>& links, std::set<uint16_t>& types) {
    const auto match = tree_.match(name);
    const bool here = match.kind == MatchKind::kExact || match.kind == MatchKind::kWildcard;
    if (!here || match.entry->node == nullptr) return;
    const auto cname = match.entry->node->find(kTypeCname);
    if (cname == match.entry->node->end()) {
      for (const auto& [type, set] : *match.entry->node) types.insert(type);
      return;
    }
    if (!may_follow(links, name)) return;
    outcomes(cname->second, [&](const RecordSet& set) -> BodyRef {
      if (set.rdata.empty()) return 0;
      links.push_back({name, &set});
      gather_types(target_of(set), links, types);
      links.pop_back();
      return 0;
    });
  }

  BodyRef chained(const Name& question, uint16_t type) {
    outcomes_left_ = kOutcomesMax;
    std::vector<Link> links;
    return chained_from(question, links, question, type);
  }

  // Bodies for `question` behind these links, from `name` on.
  BodyRef chained_from(const Name& question, std::vector<Link>& links, const Name& name, uint16_t type) {
    auto match = tree_.match(name);
    const bool here = match.kind == MatchKind::kExact || match.kind == MatchKind::kWildcard;
    if (!here || match.entry->node == nullptr) return chain_without_end(question, links, match);
    const auto cname = match.entry->node->find(kTypeCname);
    if (cname == match.entry->node->end()) {
      const auto end = match.entry->node->find(type);
      if (end == match.entry->node->end()) return chain_without_end(question, links, match);
      return outcomes(end->second, [&](const RecordSet& set) {
        return set.rdata.empty() ? chain_without_end(question, links, match) : chain_with_end(question, links, name, type, set);
      });
    }
    // Where it loops or is too long, as if it led out of our zones: the resolver sees the loop.
    if (!may_follow(links, name)) return chain_without_end(question, links, {});
    return outcomes(cname->second, [&](const RecordSet& set) {
      if (set.rdata.empty()) return chain_without_end(question, links, match);
      links.push_back({name, &set});
      const BodyRef ref = chained_from(question, links, target_of(set), type);
      links.pop_back();
      return ref;
    });
  }

  void put_links(BodyWriter& body, const std::vector<Link>& links) {
    for (size_t i = 0; i < links.size(); ++i) body.put(Section::kAnswer, links[i].owner, kTypeCname, *links[i].set, i == 0);
  }

  BodyRef chain_with_end(const Name& question, const std::vector<Link>& links, const Name& last, uint16_t type, const RecordSet& end) {
    BodyWriter body(question);
    put_links(body, links);
    body.put(Section::kAnswer, last, type, end, false);
    return body.finish(*out_, Rcode::kNoError, true);
  }

  BodyRef chain_without_end(const Name& question, const std::vector<Link>& links, const NameTree::Match& match) {
    if (links.empty()) return no_data_[match.entry->zone];
    BodyWriter body(question);
    put_links(body, links);
    // RFC 6604 3: the code speaks of the last name in the chain.
    Rcode rcode = Rcode::kNoError;
    if (match.kind == MatchKind::kReferral) {
      put_referral(body, *match.entry);
    } else if (match.kind == MatchKind::kMissing) {
      rcode = Rcode::kNxDomain;
      body.put_negative_soa(tree_.zones()[match.entry->zone]);
    } else if (match.kind != MatchKind::kOutside) {
      body.put_negative_soa(tree_.zones()[match.entry->zone]);
    }
    return body.finish(*out_, rcode, true);
  }

  void add_cut(const NameTree::Entry& entry, CompiledNode& node, std::vector<TypeBody>& types) {
    BodyWriter body(*entry.name);
    put_referral(body, entry);
    node.other_body = node.any_body = node.below_body = body.finish(*out_, Rcode::kNoError, false);
    // DS is the one type at a cut that this side answers itself (RFC 4035 3.1.4.1).
    const auto ds = entry.node->find(kTypeDs);
    types.push_back({kTypeDs, ds == entry.node->end() ? no_data_[entry.zone] : one_set(*entry.name, kTypeDs, ds->second)});
  }

  void put_referral(BodyWriter& body, const NameTree::Entry& cut) {
    const auto& servers = cut.node->at(kTypeNs);
    body.put(Section::kAuthority, *cut.name, kTypeNs, servers, false);
    // RFC 9471: a referral carries all glue that we have, or says that it is truncated.
    const auto& contents = tree_.zones()[cut.zone].contents;
    for (const auto& rdata : servers.rdata) {
      const auto host = dnswire::rdata_target(kTypeNs, rdata);
      const auto glue = contents.find(*host);
      if (glue == contents.end()) continue;
      for (const uint16_t family : {dnswire::kTypeA, dnswire::kTypeAaaa}) {
        const auto set = glue->second.find(family);
        if (set != glue->second.end()) body.put(Section::kAdditional, *host, family, set->second, false);
      }
    }
  }

  void link_wildcards() {
    for (size_t i = 0; i < tree_.entries().size(); ++i) {
      const auto& entry = tree_.entries()[i];
      if (!entry.name->is_wildcard() || entry.kind == NameTree::Kind::kCut) continue;
      const auto* parent = tree_.find(entry.name->parent());
      if (parent == nullptr || parent->zone != entry.zone || parent->kind == NameTree::Kind::kCut) continue;
      out_->nodes[static_cast<size_t>(parent - tree_.entries().data())].wildcard = static_cast<uint32_t>(i + 1);
    }
  }

  void fill_slots() {
    out_->slots.assign(std::bit_ceil(out_->nodes.size() * 2 + 1), 0);
    const size_t mask = out_->slots.size() - 1;
    for (size_t i = 0; i < out_->nodes.size(); ++i) {
      size_t slot = out_->nodes[i].hash & mask;
      while (out_->slots[slot] != 0) slot = (slot + 1) & mask;
      out_->slots[slot] = static_cast<uint32_t>(i + 1);
    }
  }

  NameTree tree_;
  std::shared_ptr<CompiledSnapshot> out_;
  std::vector<uint32_t> no_data_;  // bodies by zone
  std::vector<uint32_t> no_name_;
  size_t outcomes_left_ = 0;  // of the question under way
};

}  // namespace

std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, CompileOptions options) {
  return Compiler(zones, std::move(options)).compile();
}

}  // namespace evershore::dns
