// What the admin listener can ask of a running node. Implemented by app/ over the parts it built; all calls come on the
// admin listener's loop and may cross to others inside.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "io/fault_board.h"

namespace evershore::console {

struct Event {
  uint64_t id = 0;  // rises by one
  Wall time{};
  std::string kind;     // "region" "check" "steering" "replication" "settings" "node" "drill" "purge" "dns" "certificate" "admin" "alerts"
  std::string subject;  // the region's, check's, site's name
  std::string text;     // one sentence with cause and numbers
};

struct DrainRequest {
  std::string region;
  std::string reason;
  std::optional<Duration> for_span;
};

// Alerts that nobody is to be told for a while (health/silences.h).
struct SilenceRequest {
  std::string kind;
  std::string name;
  std::string reason;
  std::string by;
  Duration for_span{};
};

struct PurgeRequest {
  enum class What : uint8_t { kKey, kPrefix, kTag, kSite };
  std::string site;
  What what = What::kKey;
  std::string value;
};

struct PrefetchReport {
  uint64_t fetched = 0;
  uint64_t were_there = 0;
  uint64_t missing = 0;             // no region has them
  std::vector<std::string> failed;  // keys
};

// "What would a client there get?"
struct DnsQuestion {
  std::string name;
  std::string type = "A";
  std::string client;  // an address; "" = nowhere in particular
};

enum class ZoneForm : uint8_t {
  kPlain,   // what the settings and health give it; no keys, no signatures
  kSigned,  // as secondaries get it
};

class NodeApi {
 public:
  virtual ~NodeApi() = default;

  // JSON documents (docs/operating/status.md).
  virtual Task<std::string> status_json() = 0;
  virtual Task<std::string> regions_json() = 0;
  virtual Task<std::string> checks_json() = 0;
  virtual Task<std::string> metrics_text() = 0;

  // Every setting with its value, where it comes from, and what a reload would change now. Secrets are told as set or not.
  virtual Task<Result<std::string>> settings_json() = 0;
  // The answer as this node would give it now, and why. A name, type or address that is none: kInvalid.
  virtual Task<Result<std::string>> dns_query_json(DnsQuestion question) = 0;
  // Into the event log: somebody asked for a change.
  virtual void note_action(std::string subject, std::string text) = 0;

  // Unknown site, region or key: kNotFound with the names there are.
  virtual Task<Result<std::string>> explain_json(std::string subject) = 0;
  // A zone as a master file, with the present answers. Unknown: kNotFound with the names there are. kSigned of one that is not: kInvalid.
  virtual Task<Result<std::string>> zone_text(std::string zone, ZoneForm form) = 0;
  virtual Task<Result<std::string>> differences_json(std::string site) = 0;
  // Losers of crossing writes that are kept, of keys that begin so.
  virtual Task<Result<std::string>> conflicts_json(std::string site, std::string prefix) = 0;
  // For each site of a region: keys and bytes it lacks, and those that only it has.
  virtual Task<Result<std::string>> gaps_json(std::string region, size_t keys_max) = 0;
  // The winner stays and the kept copy `name` goes, or what was kept becomes the key's content.
  enum class KeptBecomes : uint8_t { kNothing, kTheKey };
  virtual Task<Result<void>> settle_conflict(std::string site, std::string name, KeptBecomes becomes) = 0;
  virtual Task<Result<void>> drain(DrainRequest request) = 0;
  virtual Task<Result<void>> undrain(std::string region) = 0;
  virtual Task<Result<void>> failover(std::string site, std::optional<std::string> region) = 0;  // nullopt = release the pin
  // The silence as JSON, with its number. kInvalid: too long; kBusy: too many.
  virtual Result<std::string> silence(SilenceRequest request) = 0;
  virtual Result<void> end_silence(uint64_t id) = 0;  // kNotFound
  virtual std::string silences_json() = 0;
  // Reports of drills, as evershore drill makes them: keeps one and gives {"id"}; all; one. kInvalid, kNotFound.
  virtual Result<std::string> keep_drill(const std::string& report) = 0;
  virtual std::string drills_json() = 0;
  virtual Result<std::string> drill_json(uint64_t id) = 0;
  // What the edge has cached is outdated, on all loops and on disk, when it returns.
  virtual Task<Result<void>> purge(PurgeRequest request) = 0;
  // Objects into the edge's cache, on all loops; returns when they are there. At most kPrefetchKeysMax.
  virtual Task<Result<PrefetchReport>> prefetch(std::string site, std::vector<std::string> keys) = 0;
  static constexpr size_t kPrefetchKeysMax = 1'000;
  // A drill: this node sees the region as broken for so long (at most an hour); kNone ends it.
  virtual Task<Result<void>> fault(std::string region, io::FaultMode mode, Duration for_span) = 0;
  // S3 event JSON; events are hints, so what cannot be used is skipped. The number of keys noted.
  virtual Task<Result<size_t>> webhook(std::string body) = 0;
  // One reconciling pass; `on_progress` gets JSON lines on this loop. The last line is the result.
  virtual Task<Result<std::string>> sync(std::string site, std::function<void(std::string)> on_progress) = 0;

  // Oldest first, those with id > `after`; at most 1,000.
  virtual std::vector<Event> events_after(uint64_t after) = 0;
  // Resumes when there is an event with id > `after`, or at `deadline`.
  virtual Task<void> wait_for_event(uint64_t after, Mono deadline) = 0;
  virtual bool ready() const = 0;  // every role listens and the first health verdicts are in
};

}  // namespace evershore::console
