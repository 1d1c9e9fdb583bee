#include "replication_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "replicate/conflict.h"

namespace evershore::sim {

namespace {

using namespace std::chrono_literals;
using replicate::PlantedBug;

const std::array<std::string, kWorldRegionsMax> kRegionNames{"east", "north", "west", "south", "isle"};
const std::string kSite = "s";
const std::string kFiltered = "x";           // keys that begin so are not replicated
constexpr Duration kCrossingTolerance = 2s;  // Last-Modified has whole seconds
constexpr size_t kBrokenMax = 5;

struct Operation {
  std::string value;  // "" = a delete
  size_t region = 0;
  Mono when{};
  std::set<size_t> ancestors;  // operations whose effect this one replaced, and theirs
  bool reported = false;       // its event was accepted while its effect was still there, and nobody was at the key
  bool of_settled = false;     // a delete of what was settled: the same everywhere, known so, and not queued
};

struct KeyHistory {
  std::vector<Operation> operations;
  std::map<std::string, size_t> by_value;
  std::array<std::optional<size_t>, kWorldRegionsMax> last_delete_seen;  // the delete that emptied this region, if one did
  std::array<bool, kWorldRegionsMax> unreported{};                       // changed by a client, not yet accepted
  std::array<std::optional<size_t>, kWorldRegionsMax> last_lost;         // what this region lost by itself, if nothing came since
  bool ever_deleted = false;
  bool ever_retagged = false;
  bool ever_lost = false;                                    // by a region itself
  std::array<bool, kWorldRegionsMax> retagged_unreported{};  // as `unreported`, for tags alone
};

// Not in step with the read-only region, which is by the seed, too: each number of regions comes with and without one.
size_t regions_of(const WorldOptions& options) {
  constexpr size_t kChoices = kWorldRegionsMax - kWorldRegionsMin + 1;
  return options.regions != 0 ? options.regions : kWorldRegionsMin + options.seed / 4 % kChoices;
}

class World {
 public:
  explicit World(const WorldOptions& options)
      : options_(options),
        regions_(regions_of(options)),
        random_(options.seed * 0x9e3779b97f4a7c15ULL + 1),
        last_read_only_(options.seed % 4 == 3) {
    EVERSHORE_ASSERT(regions_ >= kWorldRegionsMin);
    EVERSHORE_ASSERT(regions_ <= kWorldRegionsMax);
    for (size_t i = 0; i < regions_; ++i) {
      stores_.push_back(std::make_unique<store::FakeStore>(scheduler_, kRegionNames[i], options.seed * regions_ + i, calm()));
      stores_.back()->on_change([this, i](const ObjectKey& key) { emit_event(i, key); });
    }
  }

  WorldEnd run() {
    queue_.on_sync([this] { rows_.sync_lazy_writes(); });
    rows_.on_sync([this] { queue_.sync_lazy_writes(); });
    start_node();
    scheduler_.run_for(2s);
    for (int step = 0; step < options_.steps && broken_.empty(); ++step) {
      disturb();
      scheduler_.run_for(Millis(roll(2'000)));
      reap();
      check_queue();
    }
    heal();
    if (broken_.empty()) check_end();
    bury_all();
    return {broken_, trace_, operations_, crashes_};
  }

 private:
  static store::FaultRates calm() { return {.latency_min = 1ms, .latency_max = 20ms}; }
  uint64_t roll(uint64_t below) { return random_() % below; }
  bool chance(uint64_t percent) { return roll(100) < percent; }
  void trace(std::string_view text) {
    for (const char c : text) trace_ = (trace_ ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  }
  void complain(std::string text) {
    if (broken_.size() < kBrokenMax) broken_.push_back(fmt::format("seed {}: {}", options_.seed, std::move(text)));
  }

  void tell(std::string_view text) const {
    if (!options_.tell) return;
    const std::chrono::duration<double> at = scheduler_.now() - FakeScheduler::kStart;
    options_.tell(fmt::format("{:8.3f} {}", at.count(), text));
  }
  std::string all_present(const ObjectKey& key) const {
    std::string text = key + ":";
    for (size_t region = 0; region < regions_; ++region) text += fmt::format(" \"{}\"", present(region, key));
    return text;
  }

  Task<void> tell_row(ObjectKey key) {
    auto read = rows_.get(kSite, {key});
    const auto rows = co_await std::move(read);
    if (!rows || !rows->front()) co_return tell("  no row");
    const auto& row = *rows->front();
    std::string seen;
    for (const auto& [slot, etag] : row.seen) seen += fmt::format(" {}:{:.6}", slot, etag);
    tell(fmt::format("  row: {} {} etag {:.6} synced {:05b} seen{}", row.tombstone ? "tombstone" : "object",
                     replicate::format_version(row.version), row.etag, row.synced.bits, seen));
  }

  // --- the node ---

  void start_node() {
    tell("a node starts");
    replicate::ReplicatorRules rules{.site = kSite,
                                     .scan_interval = 40s,
                                     .tombstone_retention = std::chrono::minutes(30),
                                     .retry_most = 5s,
                                     .seed = random_(),
                                     .planted_bug = options_.bug};
    rules.failback.hold = 5s;
    rules.filter.exclude_prefixes = {kFiltered};
    rules.small_in_flight = 1 + roll(8);
    node_ = std::make_unique<Node>(scheduler_, queue_, rows_, stores_, rules,
                                   last_read_only_ ? std::set<std::string>{kRegionNames[last()]} : std::set<std::string>{},
                                   [this](const std::string& name) { return !away_.contains(name); });
    node_->start();
  }

  void crash_node() {
    if (!node_) return;
    ++crashes_;
    tell("the node crashes");
    node_->crash();
    graves_.push_back(std::move(node_));
    queue_.crash();
    rows_.crash();
  }

  void reap() {
    std::erase_if(graves_, [](const auto& grave) { return grave->finished(); });
  }

  void bury_all() {
    for (auto& store : stores_) store->on_change({});
    if (node_) {
      node_->stop();
      graves_.push_back(std::move(node_));
    }
    for (reap(); !graves_.empty(); reap()) EVERSHORE_ASSERT(scheduler_.run_next());
    while (scheduler_.run_next()) {  // late events
    }
  }

  // --- clients ---

  std::string present(size_t region, const ObjectKey& key) const {
    const auto at = stores_[region]->objects().find(key);
    return at == stores_[region]->objects().end() ? std::string() : at->second.bytes;
  }

  size_t holders(const ObjectKey& key, const std::string& value) const {
    size_t count = 0;
    for (size_t region = 0; region < regions_; ++region) count += present(region, key) == value ? 1 : 0;
    return count;
  }

  // A key that is none of replication's business.
  void operate_filtered() {
    const ObjectKey key = fmt::format("{}{}", kFiltered, roll(2));
    const size_t region = roll(regions_);
    if (!stores_[region]->reachable()) return;
    expected_.insert({region, key});
    if (present(region, key).empty()) {
      stores_[region]->write_behind(key, fmt::format("{}-{}", key, roll(1'000)), {}, {});
    } else {
      stores_[region]->erase_behind(key);
    }
  }

  void operate(bool remove) {
    if (chance(8)) return operate_filtered();
    const ObjectKey key = fmt::format("k{}", roll(4));
    const size_t region = roll(regions_);
    auto& history = keys_[key];
    const std::string before = present(region, key);
    if (!stores_[region]->reachable() || (remove && before.empty())) return;
    const size_t index = history.operations.size();
    Operation operation{.region = region, .when = scheduler_.now()};
    const auto gone = history.last_lost[region] ? history.last_lost[region] : history.last_delete_seen[region];
    const auto replaced = before.empty() ? gone : std::optional(history.by_value.at(before));
    history.last_lost[region].reset();
    if (replaced) {
      operation.ancestors = history.operations[*replaced].ancestors;
      operation.ancestors.insert(*replaced);
    }
    if (!remove) operation.value = fmt::format("{}-{}", key, ++operations_);
    history.unreported[region] = true;
    tell(fmt::format("client: {} in {} becomes \"{}\"", key, kRegionNames[region], operation.value));
    trace(fmt::format("{} {} {} {}", key, region, operation.value, scheduler_.now().time_since_epoch().count()));
    expected_.insert({region, key});
    if (remove) {
      ++operations_;
      operation.of_settled = is_settled(key);
      history.ever_deleted = true;
      history.last_delete_seen[region] = index;
      stores_[region]->erase_behind(key);
    } else {
      history.by_value[operation.value] = index;
      stores_[region]->write_behind(key, operation.value, {}, {});
    }
    history.operations.push_back(std::move(operation));
  }

  // Tags alone: neither bytes nor ETag nor Last-Modified change, so that only the event tells.
  void retag() {
    const ObjectKey key = fmt::format("k{}", roll(4));
    const size_t region = roll(regions_);
    if (!stores_[region]->reachable() || present(region, key).empty()) return;
    const auto tags = chance(20) ? std::string() : fmt::format("n={}", roll(1'000'000));
    if (stores_[region]->tags_behind(key) == tags) return;
    tell(fmt::format("client: {} in {} gets the tags \"{}\"", key, kRegionNames[region], tags));
    trace(fmt::format("{} {} {}", key, region, tags));
    auto& history = keys_[key];
    history.retagged_unreported[region] = true;
    history.ever_retagged = true;
    history.operations.back().of_settled = false;  // a copy that was touched since outlives the delete
    retagged_.insert({region, key});
    expected_.insert({region, key});
    stores_[region]->tag_behind(key, tags);
  }

  bool is_settled(const ObjectKey& key) {
    bool known = false;
    spawn_detached(note_confirmed(key, known));
    const auto& unreported = keys_[key].retagged_unreported;
    const bool tags_settled = std::ranges::none_of(unreported, [](bool open) { return open; });
    return known && tags_settled && all_equal(key) && !newer_where_only_read(key) && !queue_.find(kSite, key);
  }
  // What a client wrote in the region that is only read, and nobody has copied yet, crosses a delete elsewhere.
  bool newer_where_only_read(const ObjectKey& key) const {
    const auto own = last_read_only_ ? present(last(), key) : std::string();
    return !own.empty() && own != present(0, key);
  }
  Task<void> note_confirmed(ObjectKey key, bool& known) {
    auto read = rows_.get(kSite, {key});
    const auto rows = co_await std::move(read);
    known = rows && rows->front() && !rows->front()->tombstone && rows->front()->synced.size() == regions_;
  }

  // A bucket loses an object that the others still have; nobody is told.
  void lose_object() {
    const ObjectKey key = fmt::format("k{}", roll(4));
    const size_t region = roll(regions_);
    if (!all_equal(key) || present(region, key).empty() || present(region, key) != present(0, key)) return;
    if (holders(key, present(region, key)) < 2) return;  // of two regions, one only read, the other may be all there is
    tell(fmt::format("{} loses {}", kRegionNames[region], key));
    silent_.insert({region, key});
    expected_.insert({region, key});
    keys_[key].unreported[region] = true;
    keys_[key].ever_lost = true;
    keys_[key].last_lost[region] = keys_[key].by_value.at(present(region, key));
    stores_[region]->erase_behind(key);
  }

  // --- events: of every change, also of our own copies ---

  void emit_event(size_t region, const ObjectKey& key) {
    if (key.starts_with(".evershore/")) return;
    tell("now " + all_present(key));
    if (options_.tell) spawn_detached(tell_row(key));
    const auto clients = expected_.find({region, key});
    const bool ours = clients == expected_.end();
    if (!ours) expected_.erase(clients);
    if (ours && key.starts_with(kFiltered)) complain(fmt::format("F: {} was changed in {} by replication", key, kRegionNames[region]));
    if (ours && last_read_only_ && region == last())
      complain(fmt::format("F: {} was changed in {}, which is only read", key, kRegionNames[region]));
    if (silent_.erase({region, key}) > 0) return;
    const bool of_tags = retagged_.erase({region, key}) > 0;
    if (chance(15)) return tell("  that event is lost");
    const auto& objects = stores_[region]->objects();
    const auto at = objects.find(key);
    const bool gone = at == objects.end();
    if (of_tags && gone) return;
    const Event event{.region = region,
                      .key = key,
                      .bytes = gone ? std::string() : at->second.bytes,
                      .etag = gone || of_tags ? std::string() : at->second.etag,
                      .of_tags = of_tags,
                      .tags = of_tags ? stores_[region]->tags_behind(key) : std::string()};
    for (int copies = chance(15) ? 2 : 1; copies > 0; --copies) deliver_later(event, Millis(roll(chance(20) ? 8'000 : 200)));
  }

  // What it told when it was sent; it may arrive when that is long over.
  struct Event {
    size_t region = 0;
    ObjectKey key;
    std::string bytes;  // "" = removed
    std::string etag;
    bool of_tags = false;
    std::string tags;
  };

  void deliver_later(Event event, Duration delay) {
    scheduler_.call_at(scheduler_.now() + delay, [this, event] { spawn_detached(deliver(event)); });
  }

  Task<void> deliver(Event event) {
    if (!node_ || !node_->alive()) co_return;  // lost: nobody was there
    const bool gone = event.bytes.empty();
    // A scan that saw the absence first may be restoring the key already.
    const bool in_time = !queue_.find(kSite, event.key);
    auto hint = node_->replicator().hint(event.key, kRegionNames[event.region], event.etag,
                                         gone ? replicate::Removed::kYes : replicate::Removed::kNo);
    const auto accepted = co_await std::move(hint);
    tell(fmt::format("event of {} in {} {}", event.key, kRegionNames[event.region], accepted ? "accepted" : "failed"));
    if (!accepted || event.key.starts_with(kFiltered) || present(event.region, event.key) != event.bytes) co_return;
    auto& history = keys_[event.key];
    if (event.of_tags) {
      if (stores_[event.region]->tags_behind(event.key) == event.tags) history.retagged_unreported[event.region] = false;
      co_return;
    }
    history.unreported[event.region] = false;
    const auto deleted = history.last_delete_seen[event.region];
    if (gone && in_time && deleted) history.operations[*deleted].reported = true;
  }

  // --- what goes wrong ---

  void disturb() {
    const uint64_t what = roll(100);
    if (what < 45) return operate(false);
    if (what < 60) return operate(true);
    if (what < 70) return toggle_region();
    if (what < 78) return change_weather();
    if (what < 83) return node_ ? crash_node() : start_node();
    if (what < 87) return lose_object();
    if (what < 93) return retag();
    if (!node_ && chance(50)) start_node();
  }

  void toggle_region() {
    const size_t region = roll(regions_);
    const bool goes = stores_[region]->reachable();
    const size_t up = static_cast<size_t>(std::ranges::count_if(stores_, [](const auto& store) { return store->reachable(); }));
    if (goes && up == 1) return;
    set_reachable(region, !goes, Millis(roll(1'500)));
  }

  // Health notices a little later.
  void set_reachable(size_t region, bool reachable, Duration notice) {
    tell(fmt::format("{} {}", kRegionNames[region], reachable ? "returns" : "goes away"));
    stores_[region]->set_reachable(reachable);
    scheduler_.call_at(scheduler_.now() + notice, [this, region] {
      if (stores_[region]->reachable()) {
        away_.erase(kRegionNames[region]);
      } else {
        away_.insert(kRegionNames[region]);
      }
    });
  }

  void change_weather() {
    const size_t region = roll(regions_);
    auto faults = calm();
    if (chance(60)) {
      faults.busy = static_cast<double>(roll(30)) / 100;
      faults.lost_request = static_cast<double>(roll(10)) / 100;
      faults.lost_response = static_cast<double>(roll(15)) / 100;
      faults.cut_body = static_cast<double>(roll(20)) / 100;
      faults.stale_list = static_cast<double>(roll(50)) / 100;
      faults.hang_unreachable = 0.3;
      faults.latency_max = Millis(20 + roll(500));
      faults.timeout = 3s;
    }
    stores_[region]->set_faults(faults);
  }

  // --- what must hold ---

  bool all_equal(const ObjectKey& key) const {
    for (size_t region = 1; region < regions_written(); ++region) {
      if (present(region, key) != present(0, key)) return false;
    }
    return true;
  }
  size_t last() const { return regions_ - 1; }
  size_t regions_written() const { return last_read_only_ ? regions_ - 1 : regions_; }

  void check_queue() {
    for (const auto& [key, history] : keys_) {
      const bool reported = std::ranges::none_of(history.unreported, [](bool open) { return open; });
      if (!reported || queue_.find(kSite, key) || all_equal(key)) continue;
      complain("Q: differs, was reported, and is not queued: " + all_present(key));
    }
  }

  void heal() {
    for (size_t i = 0; i < regions_; ++i) {
      stores_[i]->set_faults(calm());
      set_reachable(i, true, 0s);
    }
    if (!node_) start_node();
    scheduler_.run_for(20s);
    for (int round = 0; round < 3; ++round) {
      if (node_->alive()) node_->replicator().request_scan();
      scheduler_.run_for(20s);
    }
    reap();
  }

  void check_end() {
    if (queue_.counts(kSite).pending != 0) complain(fmt::format("C: {} keys are still queued after healing", queue_.counts(kSite).pending));
    for (const auto& [key, history] : keys_) {
      trace(fmt::format("{}={}", key, present(0, key)));
      if (!all_equal(key)) {
        complain("C: differs: " + all_present(key));
        continue;
      }
      check_survivor(key, history);
      check_losers(key, history);
      check_tags(key, history);
    }
  }

  bool is_kept(const ObjectKey& key, const std::string& value) const {
    for (const auto& store : stores_) {
      for (const auto& [name, object] : store->objects()) {
        const auto id = replicate::parse_conflict_key(name);
        if (id && id->key == key && object.bytes == value) return true;
      }
    }
    return false;
  }

  // A removal that is reported late may meet a loss by a region itself, and takes the key everywhere; L says when a key may be gone.
  void check_losers(const ObjectKey& key, const KeyHistory& history) {
    if (present(0, key).empty() || history.ever_lost) return;
    for (size_t i = 0; i < history.operations.size(); ++i) {
      const auto& value = history.operations[i].value;
      const bool replaced = std::ranges::any_of(history.operations, [i](const Operation& other) { return other.ancestors.contains(i); });
      if (value.empty() || replaced || value == present(0, key) || value == present(last(), key) || is_kept(key, value)) continue;
      complain(fmt::format("K: \"{}\" of {} lost against \"{}\" and was not kept", value, key, present(0, key)));
    }
  }

  void check_tags(const ObjectKey& key, const KeyHistory& history) {
    if (std::ranges::any_of(history.retagged_unreported, [](bool open) { return open; })) return;
    for (size_t region = 1; region < regions_written(); ++region) {
      if (stores_[region]->tags_behind(key) == stores_[0]->tags_behind(key)) continue;
      complain(fmt::format("T: {} has the tags \"{}\" in {} and \"{}\" in {}", key, stores_[0]->tags_behind(key), kRegionNames[0],
                           stores_[region]->tags_behind(key), kRegionNames[region]));
    }
  }

  static bool was_deleted(const KeyHistory& history, size_t operation) {
    return std::ranges::any_of(history.operations,
                               [operation](const Operation& other) { return other.value.empty() && other.ancestors.contains(operation); });
  }

  // A later write that somebody deleted before it was copied anywhere leaves only earlier ones: that is no loss.
  static bool has_later_write(const KeyHistory& history, size_t operation) {
    for (size_t i = 0; i < history.operations.size(); ++i) {
      const Operation& other = history.operations[i];
      if (!other.value.empty() && other.ancestors.contains(operation) && !was_deleted(history, i)) return true;
    }
    return false;
  }

  // A delete that nobody reported removes a copy without a trace; what is left may then be an older one.
  static bool has_unreported_delete(const KeyHistory& history) {
    return std::ranges::any_of(history.operations,
                               [](const Operation& operation) { return operation.value.empty() && !operation.reported; });
  }

  void check_survivor(const ObjectKey& key, const KeyHistory& history) {
    const std::string survivor = present(0, key);
    if (survivor.empty()) {
      bool justified = false;
      for (size_t i = 0; i < history.operations.size(); ++i)
        justified |= history.operations[i].value.empty() && !has_later_write(history, i);
      if (!justified && !history.operations.empty()) complain(fmt::format("L: {} is gone, and no delete explains it", key));
      return;
    }
    const Operation& last = history.operations.back();
    if (last.value.empty() && last.of_settled && last.reported)
      complain(fmt::format("D: {} was deleted and came back as \"{}\"", key, survivor));
    const size_t index = history.by_value.at(survivor);
    if (has_unreported_delete(history)) return;
    if (has_later_write(history, index)) complain(fmt::format("L: {} ended as \"{}\", which a later write had replaced", key, survivor));
    if (history.ever_deleted || history.ever_retagged) return;
    for (const auto& other : history.operations) {
      if (other.when <= history.operations[index].when + kCrossingTolerance) continue;
      complain(fmt::format("L: {} ended as \"{}\", though \"{}\" was written later", key, survivor, other.value));
    }
  }

  const WorldOptions options_;
  const size_t regions_;
  std::mt19937_64 random_;
  FakeScheduler scheduler_;
  queue::MemoryQueue queue_{queue::CrashTracking::kOn};
  queue::MemoryRows rows_{queue::CrashTracking::kOn};
  std::vector<std::unique_ptr<store::FakeStore>> stores_;
  std::set<std::string> away_;
  std::set<std::pair<size_t, ObjectKey>> retagged_;  // whose next event tells of tags
  const bool last_read_only_;
  std::multiset<std::pair<size_t, ObjectKey>> expected_;  // changes by clients that no event has told of yet
  std::set<std::pair<size_t, ObjectKey>> silent_;         // losses whose change must not become an event
  std::map<ObjectKey, KeyHistory> keys_;
  std::unique_ptr<Node> node_;
  std::vector<std::unique_ptr<Node>> graves_;
  std::vector<std::string> broken_;
  uint64_t trace_ = 0xcbf29ce484222325ULL;
  uint64_t operations_ = 0;
  uint64_t crashes_ = 0;
};

}  // namespace

WorldEnd run_world(const WorldOptions& options) { return World(options).run(); }

std::optional<PlantedBug> planted_bug_named(std::string_view name) {
  static const std::map<std::string_view, PlantedBug> kNames{{"none", PlantedBug::kNone},
                                                             {"no-tombstones", PlantedBug::kNoTombstones},
                                                             {"unconditional-copier", PlantedBug::kUnconditionalCopier},
                                                             {"ignore-generation", PlantedBug::kIgnoreGeneration},
                                                             {"replay-events", PlantedBug::kReplayEvents},
                                                             {"absence-means-deletion", PlantedBug::kAbsenceMeansDeletion},
                                                             {"drop-when-away", PlantedBug::kDropWhenAway},
                                                             {"leak-filter", PlantedBug::kLeakFilter},
                                                             {"write-read-only", PlantedBug::kWriteReadOnly},
                                                             {"drop-losers", PlantedBug::kDropLosers},
                                                             {"overwrite-first", PlantedBug::kOverwriteFirst},
                                                             {"ignore-tags", PlantedBug::kIgnoreTags}};
  const auto at = kNames.find(name);
  return at == kNames.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace evershore::sim
