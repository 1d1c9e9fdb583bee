#include "dns/denial.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "dns/canonical.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

constexpr size_t kWindowTypes = 256;

void set_bit(std::map<uint8_t, std::string>& windows, uint16_t type) {
  auto& window = windows[static_cast<uint8_t>(type / kWindowTypes)];
  const size_t bit = type % kWindowTypes;
  if (window.size() <= bit / 8) window.resize(bit / 8 + 1, '\0');
  window[bit / 8] = static_cast<char>(static_cast<uint8_t>(window[bit / 8]) | 0x80U >> bit % 8);
}

}  // namespace

uint32_t soa_minimum(const RecordSet& soa) {
  const auto& rdata = soa.rdata.front();
  return dnswire::load32(as_bytes(rdata).data() + rdata.size() - 4);
}

bool below_cut(const PlainZone& zone, const Name& name) {
  for (Name above = name.parent(); above.labels() > zone.apex.labels(); above = above.parent()) {
    const auto at = zone.contents.find(above);
    if (at != zone.contents.end() && at->second.contains(dnswire::kTypeNs)) return true;
  }
  return false;
}

bool signed_here(const PlainZone& zone, const Name& owner, uint16_t type) {
  if (!owner.under(zone.apex) || below_cut(zone, owner)) return false;
  if (owner == zone.apex || type == dnswire::kTypeDs || type == dnswire::kTypeNsec) return true;
  const auto at = zone.contents.find(owner);
  return at == zone.contents.end() || !at->second.contains(dnswire::kTypeNs);
}

std::string type_bitmap(const Node& node, bool at_cut) {
  std::map<uint8_t, std::string> windows;
  set_bit(windows, dnswire::kTypeRrsig);
  set_bit(windows, dnswire::kTypeNsec);
  for (const auto& [type, set] : node) {
    // RFC 4035 2.3: glue at the name of the delegation itself is not the parent's to vouch for.
    if (set.rdata.empty()) continue;  // nobody without our policies sees it
    if (!at_cut || type == dnswire::kTypeNs || type == dnswire::kTypeDs) set_bit(windows, type);
  }
  std::string out;
  for (const auto& [number, bits] : windows) {
    out += static_cast<char>(number);
    out += static_cast<char>(bits.size());
    out += bits;
  }
  return out;
}

RecordSet nsec_without(const RecordSet& nsec, const Node& node, uint16_t type) {
  const std::string_view rdata = nsec.rdata.front();
  size_t next_bytes = 1;
  for (size_t at = 0; rdata[at] != 0; at = next_bytes - 1) next_bytes += 1 + size_t{static_cast<uint8_t>(rdata[at])};
  Node rest = node;
  rest.erase(type);
  return {.ttl = nsec.ttl, .rdata = {std::string(rdata.substr(0, next_bytes)) + type_bitmap(rest, false)}};
}

void add_nsec_chain(PlainZone& zone) {
  struct Link {
    std::string key;
    const Name* name;
    Node* node;
  };
  std::vector<Link> chain;
  for (auto& [name, node] : zone.contents) {
    if (!below_cut(zone, name)) chain.push_back({canonical_key(name), &name, &node});
  }
  std::ranges::sort(chain, {}, &Link::key);
  const auto& soa = zone.contents.at(zone.apex).at(dnswire::kTypeSoa);
  const uint32_t ttl = std::min(soa.ttl, soa_minimum(soa));
  for (size_t i = 0; i < chain.size(); ++i) {
    const auto& next = *chain[(i + 1) % chain.size()].name;
    const bool at_cut = chain[i].node->contains(dnswire::kTypeNs) && *chain[i].name != zone.apex;
    const std::string rdata = std::string(next.lower().wire()) + type_bitmap(*chain[i].node, at_cut);
    (*chain[i].node)[dnswire::kTypeNsec] = {.ttl = ttl, .rdata = {rdata}};
  }
}

}  // namespace evershore::dns
