// Why a name answers what it does: for the DNS itself (dns/why_answer.h), for `explain` and for the API. One model for all of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/networks.h"
#include "dns/choose.h"
#include "dns/decision_log.h"
#include "dns/snapshot.h"
#include "dns/zone.h"

namespace evershore::dns {

// The decided records of the settings, without what is fixed.
struct WhyRecords {
  struct Place {
    const DecidedRecord* record;
    size_t decision;  // its number in the order of the settings, as in PlainZones::decisions
  };
  std::vector<Zone> zones;
  std::map<Name, std::vector<Place>> by_owner;  // into `zones`
};
std::shared_ptr<const WhyRecords> why_records(const std::vector<Zone>& zones);

// One state, as it was published. Immutable; shared by any number of threads.
struct WhyState {
  Networks allowed{};  // who may ask by DNS
  std::shared_ptr<const WhyRecords> records = std::make_shared<const WhyRecords>();
  std::vector<DecisionLog::Entry> decisions{};
  HealthSnapshot health{};
  Steering steering{};
  SiteAnswers sites{};
};

// One answer that a record can give.
struct WhyAnswer {
  std::string id;     // "" = none
  std::string value;  // presentation form
  bool given = false;
  routing::Standing standing = routing::Standing::kUsable;
  bool drained = false;
  std::string check;  // "" = none
  Health health = Health::kUnknown;
  std::string check_why;  // of the check's last change
  Wall check_since{};     // of the check's state; not set: not known
  std::string behind;     // the record whose members' health counts too; "" = none
};

// One decided record.
struct WhyRecord {
  std::string type;
  std::string_view policy;
  uint32_t ttl = 0;
  DecisionLog::Entry decision;
  std::vector<WhyAnswer> answers;
};

struct WhyName {
  enum class Kind : uint8_t {
    kDecided,  // by `records`
    kFixed,    // there, but nothing there has a policy
    kMissing,  // no such name
  } kind = Kind::kMissing;
  std::string name;      // as asked, without the final dot
  std::string wildcard;  // the name that stands for it; "" = it is there itself
  std::vector<WhyRecord> records{};
};

// nullopt: the name is in none of our zones. `snapshot` is of the same state.
std::optional<WhyName> why_of(const WhyState& state, const CompiledSnapshot& snapshot, const Name& name);

std::string_view policy_name(RecordPolicy policy);  // as in the settings
// A clause for people: "nothing is usable: this is the least bad".
std::string_view why_clause(routing::Why why);

// A few short sentences for each record, in the order of the settings. At most kWhySentencesMax; the last then says that there is more.
inline constexpr size_t kWhySentencesMax = 200;
std::vector<std::string> why_sentences(const WhyName& name);

}  // namespace evershore::dns
