// The addresses of names outside our zones that ALIAS records lead to: when to ask for each, and what is kept of what was heard.
// Decides only; dns/run/outside_resolver.h asks.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "dns/lookup.h"
#include "dns/record_set.h"
#include "dns/zone.h"

namespace evershore::dns {

inline constexpr uint32_t kOutsideTtlMax = 60;  // s; our copy of somebody else's addresses is never given out for longer
inline constexpr size_t kOutsideNamesMax = 2'000;
inline constexpr Duration kAskAgainSoonest = std::chrono::seconds(1);
inline constexpr Duration kAskAgainLatest = std::chrono::minutes(15);  // whatever the TTL
inline constexpr Duration kRetryLatest = std::chrono::seconds(10);     // after 1, 2, 4, ... seconds

// What is known, as it is answered. A question that is missing or has no rdata: no data.
using OutsideAddresses = std::map<LookupQuestion, RecordSet>;

// The names outside `zones` (which outlive it) that ALIAS records can lead to, whatever health says: directly, and by the zones' CNAMEs.
class OutsideFinder {
 public:
  explicit OutsideFinder(const std::vector<Zone>& zones);
  std::set<Name> of(const DecidedRecord& record);
  std::set<Name> of_all();

 private:
  void visit(const Name& name, size_t depth);
  void visit_targets(const DecidedRecord& record, size_t depth);
  void look_at(const Zone& zone, const Name& name, size_t depth);

  const std::vector<Zone>& zones_;
  std::map<Name, std::vector<const DecidedRecord*>> by_owner_;
  std::set<Name> seen_;
  std::set<Name> found_;
};
// Those that the settings name themselves: known before any zone is loaded.
std::set<Name> direct_outside_names(const DnsSettings& settings);

// How one question stands.
struct OutsideState {
  bool known = false;                // the rest up to `ttl_seconds` has been heard once
  std::vector<std::string> rdata{};  // sorted; empty: its servers say that there is none
  uint32_t ttl_seconds = 0;          // the greatest heard for these addresses: resolvers count down what they have cached
  Mono due{};
  bool under_way = false;
  uint32_t failures = 0;  // in a row
  std::string why{};      // of the last failure; "" = it did not fail
};

class OutsideBook {
 public:
  //   heard       before        change       then asked again
  //   addresses   the same      kNone        after 9/10 of their TTL
  //   addresses   others, none  kAddresses   after 9/10 of their TTL
  //   nothing     addresses     kAddresses   after the SOA's TTL, at most a minute
  //   failed      anything      kNone        after 1, 2, 4, 8, 10 s; what is known stays, however long it lasts
  enum class Change : uint8_t { kNone, kAddresses };
  enum class Trouble : uint8_t { kNone, kBegins, kEnds };  // of a name: one of its questions, or none any more, fails
  struct Step {
    Change change = Change::kNone;
    Trouble trouble = Trouble::kNone;
  };

  // Questions for both families of these names; those that are new are due at once. Beyond kOutsideNamesMax names: not asked.
  void add(const std::set<Name>& names, Mono now);
  // Forgets all others.
  void retain(const std::set<Name>& names);
  // Those that fail are due now: there is another resolver to ask.
  void hurry(Mono now);

  // Up to `max` questions that are due, from now on under way.
  std::vector<LookupQuestion> take_due(Mono now, size_t max);
  // When the next one is due that is not under way; kNever: none.
  Mono next_due() const;
  // What came of a question under way. One that was forgotten meanwhile changes nothing.
  Step take(const LookupQuestion& question, const Heard& heard, Mono now);

  OutsideAddresses addresses() const;
  // Has each of them been answered or failed once?
  bool all_tried() const;
  const std::map<LookupQuestion, OutsideState>& states() const { return states_; }
  size_t failing() const;  // questions

  // What is known, to survive a restart, a line each: "NAME TYPE TTL ADDRESS...". Restored questions are due at once.
  std::string saved() const;
  void restore(std::string_view saved);

 private:
  bool name_fails(const Name& name) const;

  std::map<LookupQuestion, OutsideState> states_;
};

}  // namespace evershore::dns
