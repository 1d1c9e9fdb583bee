#include "dns/compile.h"

#include <algorithm>
#include <bit>

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
static_assert(dnswire::kHeaderBytes + dnswire::kNameBytesMax + 4 + dnswire::kOptBytes + 4 + kNsidBytesMax <= dnswire::kUdpBytesWithoutEdns);

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

  uint32_t finish(CompiledSnapshot& out, Rcode rcode, bool authoritative) {
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
  Compiler(const std::vector<PlainZone>& zones, std::string nsid) : tree_(zones), out_(std::make_shared<CompiledSnapshot>()) {
    if (nsid.size() > kNsidBytesMax) nsid.resize(kNsidBytesMax);
    out_->nsid = std::move(nsid);
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
  uint32_t negative(const PlainZone& zone, Rcode rcode) {
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

  uint32_t one_set(const Name& owner, uint16_t type, const RecordSet& set) {
    BodyWriter body(owner);
    body.put(Section::kAnswer, owner, type, set, true);
    return body.finish(*out_, Rcode::kNoError, true);
  }

  void add_data(const NameTree::Entry& entry, CompiledNode& node, std::vector<TypeBody>& types) {
    for (const auto& [type, set] : *entry.node) types.push_back({type, one_set(*entry.name, type, set)});
    if (!types.empty()) node.any_body = types.front().body;
    if (entry.parent_zone == SIZE_MAX) return;
    std::erase_if(types, [](const TypeBody& listed) { return listed.type == kTypeDs; });
    types.push_back({kTypeDs, entry.parent_ds != nullptr ? one_set(*entry.name, kTypeDs, *entry.parent_ds) : no_data_[entry.parent_zone]});
  }

  // A CNAME answers every type: one body for each type at the end of the chain, one for all the others.
  void add_cname(const NameTree::Entry& entry, CompiledNode& node, std::vector<TypeBody>& types) {
    const Chain chain = follow(tree_, *entry.name);
    const uint32_t alone = one_set(*entry.name, kTypeCname, entry.node->at(kTypeCname));
    // Questions for CNAME and ANY do not follow (RFC 1034 3.6.2).
    types.push_back({kTypeCname, alone});
    node.any_body = alone;
    node.other_body = chained(*entry.name, chain, kTypeCname, nullptr);
    if (chain.end == nullptr) return;
    for (const auto& [type, set] : *chain.end) types.push_back({type, chained(*entry.name, chain, type, &set)});
  }

  uint32_t chained(const Name& question, const Chain& chain, uint16_t type, const RecordSet* end) {
    BodyWriter body(question);
    for (size_t i = 0; i < chain.links.size(); ++i) {
      body.put(Section::kAnswer, chain.links[i].owner, kTypeCname, *chain.links[i].set, i == 0);
    }
    // RFC 6604 3: the code speaks of the last name in the chain.
    Rcode rcode = Rcode::kNoError;
    if (end != nullptr) {
      body.put(Section::kAnswer, chain.last, type, *end, false);
    } else if (chain.match.kind == MatchKind::kReferral) {
      put_referral(body, *chain.match.entry);
    } else if (chain.match.kind == MatchKind::kMissing) {
      rcode = Rcode::kNxDomain;
      body.put_negative_soa(tree_.zones()[chain.match.entry->zone]);
    } else if (chain.match.kind != MatchKind::kOutside) {
      body.put_negative_soa(tree_.zones()[chain.match.entry->zone]);
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
};

}  // namespace

std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, std::string nsid) {
  return Compiler(zones, std::move(nsid)).compile();
}

}  // namespace evershore::dns
