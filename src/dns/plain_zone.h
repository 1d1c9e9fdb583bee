// What a zone says in one state of health: every decision taken, every alias flattened. Plain records only, as a zone
// transfer would show them; the compiled answers are made from this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dns/packed_records.h"
#include "dns/zone.h"
#include "routing/decide.h"

namespace evershore::dns {

struct PlainZone {
  Name apex;
  Contents contents;
  // Names that are not in `contents`: they are the same in every state. nullptr in a zone that is signed.
  std::shared_ptr<const PackedRecords> packed{};
  Contents signatures{};                          // of a signed zone as secondaries get it: RRSIGs by owner and covered type
  bool operator==(const PlainZone& other) const;  // by value
};

// What a decided record answers now, and why; for logs, status and explain.
struct RecordDecision {
  std::string name;  // without the final dot
  std::string type;
  std::vector<std::string> chosen;  // answer ids, or the value where there is no id
  routing::Why why = routing::Why::kPreferred;
  bool operator==(const RecordDecision&) const = default;
};

// Walks a zone's names in the order of Name, wherever they stand. The zone outlives it and does not change.
class ZoneCursor {
 public:
  explicit ZoneCursor(const PlainZone& zone);
  ZoneCursor(const ZoneCursor&) = delete;
  ZoneCursor& operator=(const ZoneCursor&) = delete;
  bool done() const { return name_ == nullptr; }
  // Not done(). Valid until next().
  const Name& name() const { return *name_; }
  const Node& node() const { return *node_; }
  void next();

 private:
  void settle();

  const PlainZone& zone_;
  Contents::const_iterator at_;
  size_t packed_ = 0;
  bool from_packed_ = false;  // where the present name stands
  const Name* name_ = nullptr;
  const Node* node_ = nullptr;
  std::optional<std::pair<Name, Node>> unpacked_;
};

// The serial in the SOA at the apex, read and replaced.
uint32_t serial_of(const PlainZone& zone);
uint32_t serial_of(const Zone& zone);
void set_serial(PlainZone& zone, uint32_t serial);

// RFC 1982: does `a` come after `b`?
bool serial_after(uint32_t a, uint32_t b);
// The serial for changed content: after `previous` in any case, and otherwise the later of the clock's seconds and the file's own.
uint32_t next_serial(std::optional<uint32_t> previous, uint32_t in_file, uint32_t clock_seconds);

}  // namespace evershore::dns
