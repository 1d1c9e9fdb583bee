#include "dns/journal.h"

#include <algorithm>

#include "wire/dns/types.h"

namespace evershore::dns {

namespace {

constexpr size_t kRecordOverheadBytes = 10;

size_t bytes_of(const ZoneRecord& record) { return record.owner.wire().size() + kRecordOverheadBytes + record.rdata.size(); }

struct Comparer {
  const Name& apex;
  Difference& out;
  bool signatures;  // sets are RRSIGs by covered type

  void put(std::vector<ZoneRecord>& into, const Name& owner, uint16_t type, const RecordSet& set, const std::string& rdata) const {
    if (type == dnswire::kTypeSoa && owner == apex && !signatures) return;
    into.push_back({owner, signatures ? dnswire::kTypeRrsig : type, set.ttl, rdata});
    out.bytes += bytes_of(into.back());
  }
  void put_set(std::vector<ZoneRecord>& into, const Name& owner, uint16_t type, const RecordSet& set) const {
    for (const auto& rdata : set.rdata) put(into, owner, type, set, rdata);
  }
  void put_node(std::vector<ZoneRecord>& into, const Name& owner, const Node& node) const {
    for (const auto& [type, set] : node) put_set(into, owner, type, set);
  }
  // Records of `set` that `other` lacks.
  void put_missing(std::vector<ZoneRecord>& into, const Name& owner, uint16_t type, const RecordSet& set, const RecordSet& other) const {
    for (const auto& rdata : set.rdata) {
      if (std::ranges::find(other.rdata, rdata) == other.rdata.end()) put(into, owner, type, set, rdata);
    }
  }
  void compare_sets(const Name& owner, uint16_t type, const RecordSet& from, const RecordSet& to) const {
    if (from == to) return;
    if (from.ttl != to.ttl) {
      put_set(out.removed, owner, type, from);
      put_set(out.added, owner, type, to);
      return;
    }
    put_missing(out.removed, owner, type, from, to);
    put_missing(out.added, owner, type, to, from);
  }
  void compare_nodes(const Name& owner, const Node& from, const Node& to) const {
    for (const auto& [type, set] : from) {
      const auto same = to.find(type);
      if (same == to.end()) {
        put_set(out.removed, owner, type, set);
      } else {
        compare_sets(owner, type, set, same->second);
      }
    }
    for (const auto& [type, set] : to) {
      if (!from.contains(type)) put_set(out.added, owner, type, set);
    }
  }
};

ZoneRecord soa_of(const PlainZone& zone) {
  const auto& set = zone.contents.at(zone.apex).at(dnswire::kTypeSoa);
  return {zone.apex, dnswire::kTypeSoa, set.ttl, set.rdata.front()};
}

}  // namespace

namespace {

template <class Cursor>
void compare_names(Cursor old, Cursor now, const Comparer& compare) {
  while (!old.done() || !now.done()) {
    if (now.done() || (!old.done() && old.name() < now.name())) {
      compare.put_node(compare.out.removed, old.name(), old.node());
      old.next();
    } else if (old.done() || now.name() < old.name()) {
      compare.put_node(compare.out.added, now.name(), now.node());
      now.next();
    } else {
      compare.compare_nodes(now.name(), old.node(), now.node());
      old.next();
      now.next();
    }
  }
}

class ContentsCursor {
 public:
  explicit ContentsCursor(const Contents& contents) : at_(contents.begin()), end_(contents.end()) {}
  bool done() const { return at_ == end_; }
  const Name& name() const { return at_->first; }
  const Node& node() const { return at_->second; }
  void next() { ++at_; }

 private:
  Contents::const_iterator at_;
  Contents::const_iterator end_;
};

}  // namespace

Difference difference_between(const PlainZone& from, const PlainZone& to) {
  Difference out{.from = serial_of(from), .to = serial_of(to), .from_soa = soa_of(from), .to_soa = soa_of(to)};
  out.bytes = bytes_of(out.from_soa) + bytes_of(out.to_soa);
  const Comparer records{.apex = to.apex, .out = out, .signatures = false};
  if (from.packed == to.packed) {  // and so its names are the same
    compare_names(ContentsCursor(from.contents), ContentsCursor(to.contents), records);
  } else {
    compare_names(ZoneCursor(from), ZoneCursor(to), records);
  }
  compare_names(ContentsCursor(from.signatures), ContentsCursor(to.signatures), {.apex = to.apex, .out = out, .signatures = true});
  return out;
}

void Journal::add(std::shared_ptr<const Difference> next) {
  if (!differences_.empty() && differences_.back()->to != next->from) {
    differences_.clear();
    bytes_ = 0;
  }
  bytes_ += next->bytes;
  differences_.push_back(std::move(next));
  size_t gone = 0;
  while (gone < differences_.size() && (differences_.size() - gone > kJournalDifferencesMax || bytes_ > kJournalBytesMax)) {
    bytes_ -= differences_[gone++]->bytes;
  }
  differences_.erase(differences_.begin(), differences_.begin() + static_cast<ptrdiff_t>(gone));
}

std::optional<std::vector<std::shared_ptr<const Difference>>> Journal::since(uint32_t serial) const {
  const auto first = std::ranges::find_if(differences_, [&](const auto& difference) { return difference->from == serial; });
  if (first == differences_.end()) return std::nullopt;
  return std::vector(first, differences_.end());
}

}  // namespace evershore::dns
