// One name's answers, with chains, referrals, proofs and signatures. For compile.cc only, which it was too long for.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "dns/body_writer.h"
#include "dns/canonical.h"
#include "dns/compile.h"
#include "dns/sign.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

// Bodies that every state has for each zone, at known places: nothing there, and no such name.
inline BodyRef no_data_slot(size_t zone) { return static_cast<BodyRef>(2 * zone); }
inline BodyRef no_name_slot(size_t zone) { return static_cast<BodyRef>(2 * zone + 1); }

// Compiles names into one part, which is the snapshot's state or what all states share.
class NameCompiler {
  using MatchKind = NameTree::Match::Kind;

 public:
  NameCompiler(NameTree& tree, std::vector<ZoneSigner*> signers, CompiledSnapshot& snapshot, CompiledPart& out)
      : tree_(tree), snapshot_(&snapshot), out_(&out), signers_(std::move(signers)) {
    signers_.resize(tree.zones());
    anything_signed_ = std::ranges::any_of(signers_, [](const ZoneSigner* signer) { return signer != nullptr; });
    nsecs_.resize(tree.zones());
    chains_.resize(tree.zones());
  }

  void add_zones() {
    out_->bodies.resize(2 * tree_.zones());
    for (size_t zone = 0; zone < tree_.zones(); ++zone) {
      fill_slot(no_data_slot(zone), negative(zone, dnswire::Rcode::kNoError));
      fill_slot(no_name_slot(zone), negative(zone, dnswire::Rcode::kNxDomain));
      if (signers_[zone] == nullptr) continue;
      EVERSHORE_ASSERT(tree_.zone(zone).packed == nullptr);
      add_chain(zone);
    }
  }

  // Returns a number in CompiledPart::nodes, marked.
  uint32_t add_node(const NameTree::Entry& entry) {
    NodeAnswers node;
    auto& types = types_;
    types.clear();
    if (entry.kind == NameTree::Kind::kCut) {
      add_cut(entry, node, types);
    } else {
      node.other_body = node.any_body = no_data(entry.zone, *entry.name);
      node.below_body =
          entry.node != nullptr && entry.node->contains(dnswire::kTypeDname) ? redirection(entry) : nothing_below(entry.zone, *entry.name);
      if (entry.kind == NameTree::Kind::kData && entry.node->contains(dnswire::kTypeCname)) {
        add_cname(entry, node, types);
      } else if (entry.kind == NameTree::Kind::kData) {
        add_data(entry, node, types);
      }
    }
    return put_node(node, types);
  }

  uint32_t put_node(NodeAnswers node, std::span<const TypeBody> types) {
    node.types_at = static_cast<uint32_t>(out_->types.size());
    node.types = static_cast<uint16_t>(types.size());
    out_->types.insert(out_->types.end(), types.begin(), types.end());
    out_->nodes.push_back(node);
    return out_->mark | static_cast<uint32_t>(out_->nodes.size() - 1);
  }

 private:
  void fill_slot(BodyRef slot, BodyRef made) {
    out_->bodies[slot] = out_->bodies[made];
    if (made < out_->secure.size()) out_->link_secure(slot, SecureBody(out_->secure[made]));
  }

  // --- signatures and proofs; nothing happens for zones that are not signed ---

  struct Nsec {
    std::string key;
    const Name* owner;
    const RecordSet* set;
    uint32_t proof;
  };

  const RecordSet* sign(size_t zone, const Name& owner, uint16_t type, const RecordSet& set) {
    return signers_[zone] == nullptr ? nullptr : &signers_[zone]->signatures(owner, type, set);
  }

  void add_chain(size_t zone) {
    const auto& plain = tree_.zone(zone);
    auto& nsecs = nsecs_[zone];
    for (const auto& [name, node] : plain.contents) {
      const auto nsec = node.find(dnswire::kTypeNsec);
      if (nsec == node.end()) continue;
      const uint32_t proof =
          add_proof(*out_, plain.apex, {name, dnswire::kTypeNsec, nsec->second, sign(zone, name, dnswire::kTypeNsec, nsec->second)});
      nsecs.push_back({canonical_key(name), &name, &nsec->second, proof});
    }
    std::ranges::sort(nsecs, {}, &Nsec::key);
    const size_t apex_bytes = canonical_key(plain.apex).size();
    chains_[zone] = snapshot_->chains.size();
    snapshot_->chains.push_back({.links_at = static_cast<uint32_t>(snapshot_->nsec_links.size()),
                                 .links = static_cast<uint32_t>(nsecs.size()),
                                 .apex_labels = plain.apex.labels()});
    for (const auto& nsec : nsecs) {
      const auto key = std::string_view(nsec.key).substr(apex_bytes);
      snapshot_->nsec_links.push_back({.prefix = key_prefix(as_bytes(key)),
                                       .key_at = static_cast<uint32_t>(out_->bytes.size()),
                                       .proof = nsec.proof,
                                       .key_bytes = static_cast<uint16_t>(key.size())});
      out_->bytes += key;
    }
  }

  // The NSEC at `name`, or the one that covers it.
  const Nsec& nsec_of(size_t zone, const Name& name) const {
    return *std::prev(std::ranges::upper_bound(nsecs_[zone], canonical_key(name), {}, &Nsec::key));
  }

  void prove(BodyWriter& body, size_t zone, const Name& name) {
    if (signers_[zone] == nullptr) return;
    const auto& nsec = nsec_of(zone, name);
    body.prove({*nsec.owner, dnswire::kTypeNsec, *nsec.set, sign(zone, *nsec.owner, dnswire::kTypeNsec, *nsec.set)});
  }

  // RFC 4035 3.1.3.2: neither the name is there nor a wildcard that would stand for it.
  void prove_missing(BodyWriter& body, size_t zone, const Name& encloser, const Name& name) {
    prove(body, zone, name);
    prove(body, zone, wildcard_below(encloser));
  }

  // One outcome of a choice has no data: who gets that sees a name without the type.
  PutSet nsec_of_outcome(const NameTree::Entry& entry, uint16_t type) {
    const auto& set = changed_nsecs_.emplace_back(nsec_without(entry.node->at(dnswire::kTypeNsec), *entry.node, type));
    return {*entry.name, dnswire::kTypeNsec, set, sign(entry.zone, *entry.name, dnswire::kTypeNsec, set)};
  }

  // A wildcard's answers prove that the asked name itself is not there (RFC 4035 3.1.3.3).
  void prove_asked_name(BodyWriter& body, size_t zone, const Name& question) {
    if (signers_[zone] != nullptr && question.is_wildcard()) body.prove_asked_name(chains_[zone]);
  }

  static Name wildcard_below(const Name& encloser) {
    Name wildcard = encloser;
    wildcard.push_front("*");  // too long to be: the encloser itself, which proves as much
    return wildcard;
  }

  // The same plain answer with a proof of its own.
  uint32_t with_proof(uint32_t plain, uint32_t proof, bool asked_name, size_t zone) {
    SecureBody form = out_->secure[plain];
    form.proof = proof + 1;
    form.chain = asked_name ? static_cast<uint32_t>(chains_[zone] + 1) : 0;
    const BodyRef copy = out_->add_body(Body(out_->bodies[plain]));
    out_->link_secure(copy, form);
    return copy;
  }

  uint32_t no_data(size_t zone, const Name& name) {
    if (signers_[zone] == nullptr) return no_data_slot(zone);
    return with_proof(no_data_slot(zone), nsec_of(zone, name).proof, name.is_wildcard(), zone);
  }

  uint32_t no_data_without(const NameTree::Entry& entry, uint16_t type) {
    if (signers_[entry.zone] == nullptr) return no_data_slot(entry.zone);
    const uint32_t proof = add_proof(*out_, tree_.zone(entry.zone).apex, nsec_of_outcome(entry, type));
    return with_proof(no_data_slot(entry.zone), proof, entry.name->is_wildcard(), entry.zone);
  }

  uint32_t nothing_below(size_t zone, const Name& encloser) {
    if (signers_[zone] == nullptr) return no_name_slot(zone);
    return with_proof(no_name_slot(zone), nsec_of(zone, wildcard_below(encloser)).proof, true, zone);
  }

  // --- answers ---

  BodyRef negative(size_t zone, dnswire::Rcode rcode) {
    BodyWriter body(tree_.zone(zone).apex, anything_signed_);
    put_negative_soa(body, zone);
    return body.finish(*out_, rcode, true);
  }

  // RFC 2308 3: the negative TTL is the lesser of the SOA's own and its minimum field.
  void put_negative_soa(BodyWriter& body, size_t zone) {
    const auto& apex = tree_.zone(zone).apex;
    const auto& soa = tree_.soa_of(zone);
    body.put(Section::kAuthority, {.owner = apex,
                                   .type = dnswire::kTypeSoa,
                                   .set = soa,
                                   .rrsigs = sign(zone, apex, dnswire::kTypeSoa, soa),
                                   .ttl = std::min(soa.ttl, soa_minimum(soa))});
  }

  // For the names below a DNAME: the record itself, to which each answer adds its CNAME.
  BodyRef redirection(const NameTree::Entry& entry) {
    const auto& set = entry.node->at(dnswire::kTypeDname);
    BodyWriter body(*entry.name, anything_signed_);
    body.put(
        Section::kAnswer,
        {.owner = *entry.name, .type = dnswire::kTypeDname, .set = set, .rrsigs = sign(entry.zone, *entry.name, dnswire::kTypeDname, set)});
    const BodyRef plain = body.finish(*out_, dnswire::Rcode::kNoError, true);
    out_->body(plain).redirects = true;
    if (plain < out_->secure.size() && out_->secure[plain].body != 0) out_->bodies[out_->secure[plain].body].redirects = true;
    return plain;
  }

  BodyRef one_set(size_t zone, const Name& owner, uint16_t type, const RecordSet& set) {
    if (!anything_signed_ && holds_no_names(type)) return plain_set(owner, type, set);
    BodyWriter body(owner, anything_signed_);
    body.put(Section::kAnswer,
             {.owner = owner, .type = type, .set = set, .rrsigs = sign(zone, owner, type, set), .owner_is_question = true});
    prove_asked_name(body, zone, owner);
    return body.finish(*out_, dnswire::Rcode::kNoError, true);
  }

  BodyRef plain_set(const Name& owner, uint16_t type, const RecordSet& set) {
    PlainSetWriter plain(*out_, owner.wire().size(), type, set.ttl);
    for (const auto& rdata : set.rdata) plain.put(rdata);
    return plain.finish();
  }

  // Questions for signatures get those of one set (RFC 8482 for RRSIG).
  void add_signatures(const NameTree::Entry& entry, std::vector<TypeBody>& types) {
    if (signers_[entry.zone] == nullptr) return;
    const auto some = std::ranges::find_if(*entry.node, [](const auto& typed) { return !typed.second.rdata.empty(); });
    BodyWriter body(*entry.name, false);
    body.put(Section::kAnswer, {.owner = *entry.name,
                                .type = dnswire::kTypeRrsig,
                                .set = *sign(entry.zone, *entry.name, some->first, some->second),
                                .owner_is_question = true});
    types.push_back({dnswire::kTypeRrsig, body.finish(*out_, dnswire::Rcode::kNoError, true)});
  }

  void add_data(const NameTree::Entry& entry, NodeAnswers& node, std::vector<TypeBody>& types) {
    for (const auto& [type, set] : *entry.node) types.push_back({type, owned_set(entry, type, set)});
    if (!types.empty()) node.any_body = types.front().body;
    add_signatures(entry, types);
    if (entry.parent_zone == SIZE_MAX) return;
    std::erase_if(types, [](const TypeBody& listed) { return listed.type == dnswire::kTypeDs; });
    const auto* in_parent = tree_.node_of(entry.parent_zone, *entry.name);
    const auto* ds = in_parent != nullptr && in_parent->contains(dnswire::kTypeDs) ? &in_parent->at(dnswire::kTypeDs) : nullptr;
    types.push_back({dnswire::kTypeDs, ds != nullptr ? one_set(entry.parent_zone, *entry.name, dnswire::kTypeDs, *ds)
                                                     : no_data(entry.parent_zone, *entry.name)});
  }

  // The set, or a pick among its outcomes.
  BodyRef owned_set(const NameTree::Entry& entry, uint16_t type, const RecordSet& set) {
    outcomes_left_ = kOutcomesMax;
    return outcomes(set, [&](const RecordSet& outcome) {
      return outcome.rdata.empty() ? no_data_without(entry, type) : one_set(entry.zone, *entry.name, type, outcome);
    });
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
              .options_at = static_cast<uint32_t>(snapshot_->options.size()),
              .options = static_cast<uint32_t>(refs.size()),
              .places_at = static_cast<uint32_t>(snapshot_->by_place.size()),
              .places = static_cast<uint32_t>(choice.by_place.size())};
    for (size_t i = 0; i < refs.size(); ++i) {
      pick.weights += choice.options[i].weight;
      snapshot_->options.push_back({.weight_upto = pick.weights, .body = refs[i]});
    }
    snapshot_->by_place.insert(snapshot_->by_place.end(), choice.by_place.begin(), choice.by_place.end());
    EVERSHORE_ASSERT(pick.weights > 0);
    EVERSHORE_ASSERT(std::ranges::all_of(choice.by_place, [&](uint16_t option) { return option < refs.size(); }));
    snapshot_->picks.push_back(pick);
    return kPickBit | static_cast<BodyRef>(snapshot_->picks.size() - 1);
  }

  // A CNAME answers every type: bodies for each type at an end of its chains, and for all the others.
  void add_cname(const NameTree::Entry& entry, NodeAnswers& node, std::vector<TypeBody>& types) {
    if (leads_out(entry)) {
      node.other_body = node.any_body = plain_set(*entry.name, dnswire::kTypeCname, entry.node->at(dnswire::kTypeCname));
      return;
    }
    // Questions for CNAME and ANY do not follow (RFC 1034 3.6.2).
    const BodyRef alone = owned_set(entry, dnswire::kTypeCname, entry.node->at(dnswire::kTypeCname));
    types.push_back({dnswire::kTypeCname, alone});
    node.any_body = alone;
    // What belongs to the name itself beside its CNAME (RFC 4035 2.5) comes before what the chain's ends have.
    if (const auto nsec = entry.node->find(dnswire::kTypeNsec); nsec != entry.node->end()) {
      types.push_back({dnswire::kTypeNsec, one_set(entry.zone, *entry.name, dnswire::kTypeNsec, nsec->second)});
    }
    add_signatures(entry, types);
    node.other_body = chained(*entry.name, kTypeAtNoEnd);
    std::set<uint16_t> at_ends;
    outcomes_left_ = kOutcomesMax;
    std::vector<Link> links;
    gather_types(*entry.name, links, at_ends);
    for (const uint16_t type : at_ends) types.push_back({type, chained(*entry.name, type)});
  }

  // The whole chain is one CNAME to somewhere else: it answers all types alike. Most CNAMEs are such. The name that it holds has next to
  // nothing in common with the question's, so that compressing it is not worth the time.
  bool leads_out(const NameTree::Entry& entry) {
    const auto& cname = entry.node->at(dnswire::kTypeCname);
    if (anything_signed_ || cname.choice != nullptr || cname.rdata.empty()) return false;
    return tree_.match(target_of(cname)).kind == MatchKind::kOutside;
  }

  struct Link {
    Name owner;
    const RecordSet* set;   // one outcome
    NameTree::Match match;  // nowhere: made from the DNAME before it, and not signed
    uint16_t type = dnswire::kTypeCname;
    std::optional<uint32_t> by;  // this CNAME is made from the DNAME of the name with this number in the table
  };
  static constexpr uint16_t kTypeAtNoEnd = 0;

  static bool may_follow(const std::vector<Link>& links, const Name& name) {
    return links.size() < kChainMax && std::ranges::none_of(links, [&](const Link& link) { return link.owner == name; });
  }

  // A DNAME is applied again to what it has made only while that becomes shorter: one that leads below itself would never end.
  static bool may_redirect(const std::vector<Link>& links, const Name& name, const NameTree::Match& match) {
    const auto grows = [&](const Link& link) { return link.by == match.entry->number && name.wire().size() >= link.owner.wire().size(); };
    return may_follow(links, name) && std::ranges::none_of(links, grows);
  }

  static Name target_of(const RecordSet& cname) { return *dnswire::rdata_target(dnswire::kTypeCname, cname.rdata.front()); }

  // A question for DS at a cut is one to us: there is no referral for it (RFC 4035 3.1.4.1).
  NameTree::Match match_for(const Name& name, uint16_t type) {
    auto match = tree_.match(name);
    const bool at_cut = match.kind == MatchKind::kReferral && *match.entry->name == name;
    if (at_cut && type == dnswire::kTypeDs) match.kind = MatchKind::kExact;
    return match;
  }

  // The types that the names at the ends of all chains from `name` on have.
  void gather_types(const Name& name, std::vector<Link>& links, std::set<uint16_t>& types) {
    const auto match = tree_.match(name);
    if (match.kind == MatchKind::kReferral && *match.entry->name == name) types.insert(dnswire::kTypeDs);
    if (redirects(match)) {
      const auto made = redirected(name, match);
      if (!made || !may_redirect(links, name, match)) return;
      links.push_back({.owner = name, .set = nullptr, .match = {}, .by = match.entry->number});
      gather_types(*made, links, types);
      links.pop_back();
      return;
    }
    const bool here = match.kind == MatchKind::kExact || match.kind == MatchKind::kWildcard;
    if (!here || match.entry->node == nullptr) return;
    const auto cname = match.entry->node->find(dnswire::kTypeCname);
    if (cname == match.entry->node->end()) {
      for (const auto& [type, set] : *match.entry->node) types.insert(type);
      return;
    }
    if (!may_follow(links, name)) return;
    outcomes(cname->second, [&](const RecordSet& set) -> BodyRef {
      if (set.rdata.empty()) return 0;
      links.push_back({name, &set, match});
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
    const ChainEnd end{.name = name, .match = match_for(name, type)};
    if (redirects(end.match)) {
      return may_redirect(links, name, end.match) ? chained_through(question, links, end, type)
                                                  : chain_without_end(question, links, {.name = name, .match = {}});
    }
    const bool here = end.match.kind == MatchKind::kExact || end.match.kind == MatchKind::kWildcard;
    if (!here || end.match.entry->node == nullptr) return chain_without_end(question, links, end);
    const auto cname = end.match.entry->node->find(dnswire::kTypeCname);
    if (cname == end.match.entry->node->end()) {
      const auto at_end = end.match.entry->node->find(type);
      if (at_end == end.match.entry->node->end()) return chain_without_end(question, links, end);
      return outcomes(at_end->second, [&](const RecordSet& set) {
        return set.rdata.empty() ? chain_without_end(question, links, end, type) : chain_with_end(question, links, end, type, set);
      });
    }
    // Where it loops or is too long, as if it led out of our zones: the resolver sees the loop.
    if (!may_follow(links, name)) return chain_without_end(question, links, {.name = name, .match = {}});
    return outcomes(cname->second, [&](const RecordSet& set) {
      if (set.rdata.empty()) return chain_without_end(question, links, end, dnswire::kTypeCname);
      links.push_back({name, &set, end.match});
      const BodyRef ref = chained_from(question, links, target_of(set), type);
      links.pop_back();
      return ref;
    });
  }

  static bool redirects(const NameTree::Match& match) {
    return match.kind == MatchKind::kMissing && match.entry->node != nullptr && match.entry->node->contains(dnswire::kTypeDname);
  }

  // RFC 6672 2.2: the name with the DNAME's owner replaced by its target. nullopt: too long.
  static std::optional<Name> redirected(const Name& name, const NameTree::Match& match) {
    const auto kept = name.wire().substr(0, name.wire().size() - match.entry->name->wire().size());
    auto made = Name::from_wire(std::string(kept) + match.entry->node->at(dnswire::kTypeDname).rdata.front());
    return made ? std::optional(*std::move(made)) : std::nullopt;
  }

  struct ChainEnd;
  BodyRef chained_through(const Name& question, std::vector<Link>& links, const ChainEnd& end, uint16_t type) {
    const auto* entry = end.match.entry;
    const auto& dname = entry->node->at(dnswire::kTypeDname);
    const size_t links_before = links.size();
    // The record itself is there once, however often it is applied.
    if (std::ranges::none_of(links, [&](const Link& link) { return link.by == entry->number; })) {
      links.push_back({.owner = *entry->name, .set = &dname, .match = {MatchKind::kExact, entry}, .type = dnswire::kTypeDname});
    }
    BodyRef ref = 0;
    if (const auto made = redirected(end.name, end.match)) {
      const auto& cname = made_cnames_.emplace_back(RecordSet{.ttl = dname.ttl, .rdata = {std::string(made->wire())}});
      links.push_back({.owner = end.name, .set = &cname, .match = {}, .by = entry->number});
      ref = chained_from(question, links, *made, type);
    } else {
      BodyWriter body(question, anything_signed_);
      put_links(body, links);
      prove_links(body, question, links);
      ref = body.finish(*out_, dnswire::Rcode::kYxDomain, true);
    }
    links.erase(links.begin() + static_cast<std::ptrdiff_t>(links_before), links.end());
    return ref;
  }

  struct ChainEnd {
    const Name& name;
    NameTree::Match match;
  };

  void put_links(BodyWriter& body, const std::vector<Link>& links) {
    for (size_t i = 0; i < links.size(); ++i) {
      const auto& link = links[i];
      const auto* entry = link.match.entry;
      body.put(Section::kAnswer, {.owner = link.owner,
                                  .type = link.type,
                                  .set = *link.set,
                                  .rrsigs = entry == nullptr ? nullptr : sign(entry->zone, *entry->name, link.type, *link.set),
                                  .owner_is_question = i == 0});
    }
  }

  // All answers are in place: the proofs that wildcards stood for names that are not there.
  void prove_links(BodyWriter& body, const Name& question, const std::vector<Link>& links) {
    for (const auto& link : links) {
      if (link.match.kind == MatchKind::kWildcard) prove(body, link.match.entry->zone, link.owner);
    }
    if (!links.empty()) prove_asked_name(body, links.front().match.entry->zone, question);
  }

  BodyRef chain_with_end(const Name& question, const std::vector<Link>& links, const ChainEnd& end, uint16_t type, const RecordSet& set) {
    BodyWriter body(question, anything_signed_);
    put_links(body, links);
    const auto& entry = *end.match.entry;
    body.put(Section::kAnswer, {.owner = end.name, .type = type, .set = set, .rrsigs = sign(entry.zone, *entry.name, type, set)});
    prove_links(body, question, links);
    if (end.match.kind == MatchKind::kWildcard) prove(body, entry.zone, end.name);
    return body.finish(*out_, dnswire::Rcode::kNoError, true);
  }

  // `without`: the type that this outcome lacks though the name has it; 0 = none.
  BodyRef chain_without_end(const Name& question, const std::vector<Link>& links, const ChainEnd& end, uint16_t without = 0) {
    if (links.empty()) return no_data_without(*end.match.entry, without);
    BodyWriter body(question, anything_signed_);
    put_links(body, links);
    // RFC 6604 3: the code speaks of the last name in the chain.
    dnswire::Rcode rcode = dnswire::Rcode::kNoError;
    if (end.match.kind == MatchKind::kReferral) {
      prove_links(body, question, links);
      put_referral(body, *end.match.entry);
      return body.finish(*out_, rcode, true);
    }
    if (end.match.kind == MatchKind::kMissing) rcode = dnswire::Rcode::kNxDomain;
    if (end.match.kind != MatchKind::kOutside) put_absence(body, end, without);
    prove_links(body, question, links);
    return body.finish(*out_, rcode, true);
  }

  // That the chain's last name is not there, or has no such data.
  void put_absence(BodyWriter& body, const ChainEnd& end, uint16_t without) {
    const auto& entry = *end.match.entry;
    put_negative_soa(body, entry.zone);
    if (end.match.kind == MatchKind::kMissing) {
      prove_missing(body, entry.zone, *entry.name, end.name);
      return;
    }
    if (without != 0 && signers_[entry.zone] != nullptr) {
      body.prove(nsec_of_outcome(entry, without));
    } else {
      prove(body, entry.zone, *entry.name);
    }
    if (end.match.kind == MatchKind::kWildcard) prove(body, entry.zone, end.name);
  }

  void add_cut(const NameTree::Entry& entry, NodeAnswers& node, std::vector<TypeBody>& types) {
    BodyWriter body(*entry.name, anything_signed_);
    put_referral(body, entry);
    node.other_body = node.any_body = node.below_body = body.finish(*out_, dnswire::Rcode::kNoError, false);
    // DS is the one type at a cut that this side answers itself (RFC 4035 3.1.4.1).
    const auto ds = entry.node->find(dnswire::kTypeDs);
    types.push_back({dnswire::kTypeDs, ds == entry.node->end() ? no_data(entry.zone, *entry.name)
                                                               : one_set(entry.zone, *entry.name, dnswire::kTypeDs, ds->second)});
  }

  void put_referral(BodyWriter& body, const NameTree::Entry& cut) {
    const auto& servers = cut.node->at(dnswire::kTypeNs);
    body.put(Section::kAuthority, {.owner = *cut.name, .type = dnswire::kTypeNs, .set = servers});
    put_delegation_proof(body, cut);
    // RFC 9471: a referral carries all glue that we have, or says that it is truncated.
    for (const auto& rdata : servers.rdata) {
      const auto host = dnswire::rdata_target(dnswire::kTypeNs, rdata);
      const auto* glue = tree_.node_of(cut.zone, *host);
      if (glue == nullptr) continue;
      for (const uint16_t family : {dnswire::kTypeA, dnswire::kTypeAaaa}) {
        const auto set = glue->find(family);
        if (set != glue->end()) body.put(Section::kAdditional, {.owner = *host, .type = family, .set = set->second});
      }
    }
  }

  // RFC 4035 3.1.4: the DS, or the proof that there is none.
  void put_delegation_proof(BodyWriter& body, const NameTree::Entry& cut) {
    if (signers_[cut.zone] == nullptr) return;
    const auto ds = cut.node->find(dnswire::kTypeDs);
    if (ds == cut.node->end()) {
      prove(body, cut.zone, *cut.name);
    } else {
      body.prove({*cut.name, dnswire::kTypeDs, ds->second, sign(cut.zone, *cut.name, dnswire::kTypeDs, ds->second)});
    }
  }

  NameTree& tree_;
  CompiledSnapshot* snapshot_;
  CompiledPart* out_;
  std::deque<RecordSet> made_cnames_;     // by DNAMEs, in chains
  std::vector<TypeBody> types_;           // of the name under way
  size_t outcomes_left_ = 0;              // of the question under way
  std::vector<ZoneSigner*> signers_;      // by zone, as all of these
  std::vector<std::vector<Nsec>> nsecs_;  // in canonical order
  std::vector<size_t> chains_;            // numbers in CompiledSnapshot::chains
  std::deque<RecordSet> changed_nsecs_;
  bool anything_signed_ = false;
};

}  // namespace evershore::dns
