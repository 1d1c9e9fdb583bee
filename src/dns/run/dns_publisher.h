// Turns settings, health and people's wishes into published answers. One thread's (the health loop's); the snapshots
// are for everybody.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/published.h"
#include "base/time.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/query_counters.h"
#include "dns/run/key_store.h"
#include "dns/sign.h"
#include "dns/transfer.h"
#include "dns/usable_text.h"
#include "dns/why.h"
#include "dns/zone.h"

namespace evershore::dns {

// One thread writes.
struct PublisherCounters {
  Counter published;       // snapshots that went out
  Counter unchanged;       // states of health that changed no answer
  LatencyHistogram build;  // from the news to the published answer
};

// Reads the zones' master files and what they include. One that cannot be read is a problem and not in the map.
MasterFiles read_master_files(const DnsSettings& settings, std::vector<Problem>& problems);

// The places of the settings' geo database; nullptr if they name none. Reads the whole file.
Result<std::shared_ptr<const PlaceTable>> read_countries(const DnsSettings& settings);

class DnsPublisher {
 public:
  enum class Change : uint8_t { kNone, kPublished };

  // `clock` outlives the publisher. `nsid` is told to clients that ask which node answers (RFC 5001); "" = not told.
  DnsPublisher(const Clock& clock, Log log, std::string nsid);

  // Takes new settings and publishes them with the last known health. Any problem: nothing changes, the old zones go on.
  // `countries`: of the geo database, nullptr if there is none. `keys`: of every zone with `dnssec`; it is signed with them.
  std::vector<Problem> configure(const DnsSettings& settings, const MasterFiles& files,
                                 std::shared_ptr<const PlaceTable> countries = nullptr, const ZoneKeys& keys = {});
  // Takes news of any of the three. Publishes, under a higher serial, only if some answer changes by it.
  Change update(const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites);

  // What the names outside the zones have that ALIAS records lead to. Publishes, under a higher serial, only if some answer changes by it.
  Change update_outside(OutsideAddresses outside);
  // Those names, of the present settings.
  std::set<Name> outside_names() const { return OutsideFinder(live_->settings()).of_all(); }

  // Takes the present keys of the signed zones; those that are not there stay as they are. Signs anew what is due: to be called every
  // minute or so. Publishes, under a higher serial, only if something changes by it.
  Change refresh_keys(const ZoneKeys& keys);

  // For DnsServer: outlives all of them. Before the first configure() there are no zones: everything is refused.
  const Published<CompiledSnapshot>& snapshots() const { return published_; }
  // The same state for secondaries, and who may take it. Published just after the answers.
  const Published<TransferSnapshot>& transfers() const { return transfers_; }

  // Serials survive a restart: what saved_serials() gave goes in before the first configure(). No serial that was ever published
  // comes again for other content, also if the last few changes were not saved any more.
  void restore_serials(std::string_view saved);
  std::string saved_serials() const;
  // Which answers were usable when last any was (WhenAllDown::kLastKnown) survives a restart likewise. The callback is called with what
  // is to be saved, at once when it changes.
  void restore_usable(std::string_view saved) { restored_usable_ = usable_from_text(saved); }
  void on_usable(std::function<void(std::string saved)> callback) { on_usable_ = std::move(callback); }
  // Called after each publishing, when the answers are out. Does not come back into the publisher.
  void on_published(std::function<void()> callback) { on_published_ = std::move(callback); }

  // The same state for people who ask why, from networks that the settings allow; while they allow none, nothing. After the answers.
  const Published<WhyState>& why() const { return why_; }
  // The present state, for whoever may see it all.
  WhyState why_state() const;
  // Since when each record answers as it does.
  const DecisionLog& decision_log() const { return decision_log_; }
  // The zones by their rows in the query counters (ZoneRegister).
  const std::vector<Name>& counted_zones() const { return zone_register_.zones(); }

  // What each failover, multivalue or site record answers now, and why.
  const std::vector<RecordDecision>& decisions() const { return live_->decisions(); }
  // The present records and serials.
  const std::vector<PlainZone>& zones() const { return live_->zones(); }
  const PublisherCounters& counters() const { return counters_; }

 private:
  enum class Publish : uint8_t { kIfChanged, kAnyway };
  Change rebuild(Publish publish);
  Change told(Change change);
  std::vector<uint16_t> counter_rows();
  std::vector<uint8_t> outcomes() const;
  bool number_zones();
  bool number_zone(size_t number);
  void prepare_compiler();
  size_t signers_in_use() const;
  void take_keys(const ZoneKeys& keys);
  ZoneSigner* signer_of(const Name& apex);
  std::vector<ZoneSigner*> sign();
  void finish_versions();
  void publish_transfers();
  void log_changes();

  const Clock& clock_;
  Log log_;
  std::string nsid_;
  Places places_;
  std::map<std::string, std::vector<std::string>> networks_;  // as in the settings
  bool client_subnet_ = false;
  HealthSnapshot health_;
  Steering steering_;
  SiteAnswers sites_;
  OutsideAddresses outside_;
  Networks why_allowed_;
  std::unique_ptr<LiveZones> live_;
  std::vector<RecordDecision> decisions_before_;        // of the settings before, until they are compared
  std::vector<Name> served_;                            // zones in the published answers
  std::map<Name, PlainZone> signed_;                    // by apex: copies of the live zones that are signed, with what signing adds
  std::unique_ptr<NameTree> tree_;                      // of the live zones and those copies
  std::unique_ptr<ZoneCompiler> compiler_;              // nullptr: to be made for new settings
  std::vector<std::optional<size_t>> decided_numbers_;  // of the decided records' names in the compiler
  bool settings_are_new_ = false;
  DecisionLog decision_log_;
  ZoneRegister zone_register_;
  mutable std::shared_ptr<const WhyRecords> why_records_;  // nullptr: not asked for since the settings came
  struct Version {
    uint32_t serial_in_settings = 0;  // of the file, or 0
    std::shared_ptr<const PlainZone> unsigned_content;
    Wall made;          // a state's signatures are those of its time, however often it is compiled
    bool fresh = true;  // `zone` has not this content yet
    TransferZone zone;
    bool is_signed() const { return zone.content != nullptr && !zone.content->signatures.empty(); }
  };
  std::map<Name, Version> versions_;    // by apex; kept over reloads, so that serials never go back
  std::map<Name, uint32_t> restored_;   // serials of the time before
  std::map<Name, ZoneSigner> signers_;  // by apex
  TransferRules rules_;
  std::function<void()> on_published_;
  std::function<void(std::string)> on_usable_;
  LastUsable usable_told_;
  std::optional<LastUsable> restored_usable_{};  // of the time before, until there are zones
  Published<CompiledSnapshot> published_;
  Published<TransferSnapshot> transfers_;
  Published<WhyState> why_;
  PublisherCounters counters_;
};

}  // namespace evershore::dns
