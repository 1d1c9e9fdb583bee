#include "dns/run/dns_publisher.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "dns/master_file.h"
#include "dns/transfer_rules.h"
#include "io/files.h"
#include "io/geo_database.h"
#include "io/stopwatch.h"

namespace evershore::dns {

namespace {

uint32_t clock_seconds(const Clock& clock) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count());
}

}  // namespace

DnsPublisher::DnsPublisher(const Clock& clock, Log log, std::string nsid)
    : clock_(clock),
      log_(log),
      nsid_(std::move(nsid)),
      live_(std::make_unique<LiveZones>(std::vector<Zone>())),
      published_(compile({}, {.nsid = nsid_})),
      transfers_(std::make_shared<const TransferSnapshot>()),
      why_(std::make_shared<const WhyState>()) {}

std::vector<Problem> DnsPublisher::configure(const DnsSettings& settings, const MasterFiles& files,
                                             std::shared_ptr<const PlaceTable> countries, const ZoneKeys& keys) {
  auto loaded = load_zones(settings, files);
  auto transfer = load_transfer_rules(settings);
  for (auto& [path, message] : transfer.problems) loaded.problems.push_back({Problem::Where::kZone, 0, path, path + ": " + message});
  if (!loaded.problems.empty()) return std::move(loaded.problems);
  decisions_before_ = live_->decisions();
  auto usable = restored_usable_ ? *std::exchange(restored_usable_, std::nullopt) : live_->usable();
  live_ = std::make_unique<LiveZones>(std::move(loaded.zones), std::move(usable));
  compiler_.reset();
  settings_are_new_ = true;
  rules_ = std::move(transfer.rules);
  std::erase_if(signers_, [&](const auto& entry) { return !keys.contains(entry.first); });
  take_keys(keys);
  // Where clients are may have changed though no record has.
  const bool moved = networks_ != settings.networks || places_.countries != countries || client_subnet_ != settings.client_subnet;
  networks_ = settings.networks;
  places_ = {.networks = std::move(loaded.networks), .countries = std::move(countries)};
  client_subnet_ = settings.client_subnet;
  why_allowed_ = {};
  for (const auto& network : settings.why) {
    if (const auto added = why_allowed_.add(network); !added) log_.warn("dns.why: {}", added.error().text);
  }
  why_records_.reset();
  if (told(rebuild(moved ? Publish::kAnyway : Publish::kIfChanged)) == Change::kNone) publish_transfers();
  return {};
}

DnsPublisher::Change DnsPublisher::update(const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites) {
  health_ = health;
  steering_ = steering;
  sites_ = sites;
  return told(rebuild(Publish::kIfChanged));
}

DnsPublisher::Change DnsPublisher::update_outside(OutsideAddresses outside) {
  outside_ = std::move(outside);
  return told(rebuild(Publish::kIfChanged));
}

// The answers go out as soon as they are compiled; what secondaries and people are told comes after.
DnsPublisher::Change DnsPublisher::rebuild(Publish publish) {
  const io::Stopwatch watch;
  live_->update(health_, steering_, sites_, places_, outside_);
  std::vector<Name> apexes;
  for (const auto& zone : live_->zones()) apexes.push_back(zone.apex);
  const bool changed = number_zones() || apexes != served_;
  settings_are_new_ = false;
  if (!changed && !live_->reasons_changed() && publish == Publish::kIfChanged) {
    log_changes();
    counters_.unchanged.add();
    return Change::kNone;
  }
  served_ = std::move(apexes);
  prepare_compiler();
  CompileOptions options{.nsid = nsid_,
                         .client_subnet = client_subnet_,
                         .places = places_,
                         .outcomes = outcomes(),
                         .counter_rows = counter_rows(),
                         .signers = sign()};
  published_.publish(compiler_->compile(std::move(options)));
  counters_.build.add(watch.elapsed());
  log_changes();
  finish_versions();
  counters_.published.add();
  publish_transfers();
  if (on_published_) on_published_();
  return Change::kPublished;
}

// The answers are out, or stay: what people want to know about them.
DnsPublisher::Change DnsPublisher::told(Change change) {
  if (usable_told_ != live_->usable()) {
    usable_told_ = live_->usable();
    if (on_usable_) on_usable_(usable_text(usable_told_));
  }
  decision_log_.note(live_->decisions(), clock_.wall());
  if (!why_allowed_.empty() || !why_.read()->allowed.empty()) why_.publish(why_state());
  return change;
}

WhyState DnsPublisher::why_state() const {
  if (why_records_ == nullptr) why_records_ = why_records(live_->settings());
  return {.allowed = why_allowed_,
          .records = why_records_,
          .decisions = decision_log_.entries(),
          .health = health_,
          .steering = steering_,
          .sites = sites_};
}

// Where several records of a name are decided, the reason that is furthest from the usual one counts.
std::vector<uint8_t> DnsPublisher::outcomes() const {
  std::vector<uint8_t> out(compiler_->varying());
  for (size_t record = 0; record < decided_numbers_.size(); ++record) {
    if (!decided_numbers_[record]) continue;
    auto& outcome = out[*decided_numbers_[record]];
    outcome = std::max(outcome, outcome_column(live_->why(record)));
  }
  return out;
}

std::vector<uint16_t> DnsPublisher::counter_rows() {
  std::vector<Name> apexes;
  for (const auto& zone : live_->zones()) apexes.push_back(zone.apex);
  return zone_register_.rows_of(apexes);
}

// Gives each zone its serial: a higher one where the content is not what it was. True if any is new.
bool DnsPublisher::number_zones() {
  bool changed = false;
  for (size_t zone = 0; zone < live_->zones().size(); ++zone) {
    const bool renewed = number_zone(zone);
    changed = changed || renewed;
  }
  return changed;
}

bool DnsPublisher::number_zone(size_t number) {
  const PlainZone& zone = live_->zones()[number];
  const uint32_t in_settings = serial_of(live_->settings()[number]);
  const auto known = versions_.find(zone.apex);
  std::optional<uint32_t> previous;
  if (known != versions_.end()) {
    Version& version = known->second;
    previous = version.zone.serial;
    live_->set_serial(number, *previous);
    const auto* signer = signer_of(zone.apex);
    const bool same_content = settings_are_new_ ? zone == *version.unsigned_content : !live_->changed()[number];
    const bool same = in_settings == version.serial_in_settings && same_content;
    if (same && version.is_signed() == (signer != nullptr) && (signer == nullptr || signer->due() > clock_.wall())) return false;
  } else if (const auto before = restored_.find(zone.apex); before != restored_.end()) {
    previous = before->second;
  }
  Version& version = versions_[zone.apex];
  version.serial_in_settings = in_settings;
  version.made = clock_.wall();
  version.fresh = true;
  version.zone.serial = next_serial(previous, in_settings, clock_seconds(clock_));
  live_->set_serial(number, version.zone.serial);
  log_.info("zone {}: serial {}", zone.apex.text(), version.zone.serial);
  return true;
}

// The compiler sees the live zones, but for those that are signed: of these it sees a copy, to which signing adds.
void DnsPublisher::prepare_compiler() {
  if (compiler_ != nullptr && signed_.size() == signers_in_use()) return;
  compiler_.reset();
  signed_.clear();
  std::vector<const PlainZone*> zones;
  for (const auto& zone : live_->zones()) {
    zones.push_back(signer_of(zone.apex) == nullptr ? &zone : &signed_.emplace(zone.apex, zone).first->second);
  }
  tree_ = std::make_unique<NameTree>(std::move(zones));
  compiler_ = std::make_unique<ZoneCompiler>(*tree_);
  decided_numbers_.clear();
  for (size_t record = 0; record < live_->records(); ++record) decided_numbers_.push_back(compiler_->number_of(live_->owner(record)));
}

size_t DnsPublisher::signers_in_use() const {
  return static_cast<size_t>(std::ranges::count_if(live_->zones(), [&](const PlainZone& zone) { return signers_.contains(zone.apex); }));
}

DnsPublisher::Change DnsPublisher::refresh_keys(const ZoneKeys& keys) {
  take_keys(keys);
  const bool due = std::ranges::any_of(signers_, [&](const auto& entry) { return entry.second.due() <= clock_.wall(); });
  return due ? told(rebuild(Publish::kIfChanged)) : Change::kNone;
}

void DnsPublisher::take_keys(const ZoneKeys& keys) {
  for (const auto& [apex, of_zone] : keys) {
    const auto facts = [](const ZoneKey& key) { return key.facts; };
    const auto known = signers_.find(apex);
    if (known == signers_.end()) {
      signers_.emplace(apex, ZoneSigner(apex, of_zone));
    } else if (!std::ranges::equal(known->second.keys(), of_zone, {}, facts, facts)) {
      known->second.set_keys(of_zone);
    }
  }
}

ZoneSigner* DnsPublisher::signer_of(const Name& apex) {
  const auto at = signers_.find(apex);
  return at == signers_.end() ? nullptr : &at->second;
}

// Brings the signed copies up to date and completes them; who signs which.
std::vector<ZoneSigner*> DnsPublisher::sign() {
  std::vector<ZoneSigner*> signers;
  for (const auto& zone : live_->zones()) {
    auto* signer = signers.emplace_back(signer_of(zone.apex));
    if (signer == nullptr) continue;
    PlainZone& copy = signed_.at(zone.apex);
    for (const auto& [name, node] : zone.contents) copy.contents[name] = node;
    signer->begin(versions_.at(zone.apex).made);
    signer->complete(copy);
  }
  return signers;
}

// The answers are out: the same for secondaries.
void DnsPublisher::finish_versions() {
  for (const auto& zone : live_->zones()) {
    auto* signer = signer_of(zone.apex);
    Version& version = versions_.at(zone.apex);
    if (version.fresh) {
      version.unsigned_content = std::make_shared<const PlainZone>(zone);
      auto content = version.unsigned_content;
      if (signer != nullptr) {
        PlainZone whole = signed_.at(zone.apex);
        whole.signatures = zone_signatures(whole, *signer);
        content = std::make_shared<const PlainZone>(std::move(whole));
      }
      if (version.zone.content != nullptr) {
        version.zone.journal.add(std::make_shared<const Difference>(difference_between(*version.zone.content, *content)));
      }
      version.zone.content = std::move(content);
      version.fresh = false;
    }
    if (signer != nullptr) signer->end();
  }
}

void DnsPublisher::publish_transfers() {
  TransferSnapshot next{.rules = rules_, .zones = {}};
  for (const auto& zone : live_->zones()) next.zones.emplace(zone.apex, versions_.at(zone.apex).zone);
  transfers_.publish(std::move(next));
}

void DnsPublisher::restore_serials(std::string_view saved) {
  // Changes of the last moment may not have been saved. They matter only where there was more than one a second, so that the serials
  // ran ahead of the clock; next_serial() takes the clock's seconds otherwise.
  constexpr uint32_t kUnsavedMax = 64;
  for (const auto line : split(saved, '\n')) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto apex = Name::parse(line.substr(0, blank));
    const auto serial = parse_u64(line.substr(blank + 1));
    if (apex && serial && *serial <= UINT32_MAX) restored_.insert_or_assign(*apex, static_cast<uint32_t>(*serial) + kUnsavedMax);
  }
}

std::string DnsPublisher::saved_serials() const {
  std::string out;
  for (const auto& [apex, serial] : restored_) {
    if (!versions_.contains(apex)) out += fmt::format("{} {}\n", apex.text(), serial);
  }
  for (const auto& [apex, version] : versions_) out += fmt::format("{} {}\n", apex.text(), version.zone.serial);
  return out;
}

// Says what was decided otherwise than before. After new settings, records are found again by their names.
void DnsPublisher::log_changes() {
  constexpr size_t kLinesMax = 100;
  std::map<std::pair<std::string_view, std::string_view>, const RecordDecision*> before;
  for (const auto& old : decisions_before_) before.emplace(std::pair<std::string_view, std::string_view>(old.name, old.type), &old);
  size_t lines = 0;
  for (const auto& [number, was] : live_->describe()) {
    const auto& now = live_->decisions()[number];
    const auto known = before.find({now.name, now.type});
    const RecordDecision* old = was.name.empty() ? (known == before.end() ? nullptr : known->second) : &was;
    if (old == nullptr || *old == now || ++lines > kLinesMax) continue;
    log_.info("{} {}: now {} ({}), was {} ({})", now.name, now.type, fmt::join(now.chosen, ", "), routing::why_name(now.why),
              fmt::join(old->chosen, ", "), routing::why_name(old->why));
  }
  if (lines > kLinesMax) log_.info("{} more records answer otherwise now", lines - kLinesMax);
  decisions_before_.clear();
}

Result<std::shared_ptr<const PlaceTable>> read_countries(const DnsSettings& settings) {
  if (settings.geo_database.empty()) return nullptr;
  TRY(const auto networks, io::read_geo_database(settings.geo_database));
  std::vector<PlaceTable::Area> areas;
  areas.reserve(networks.size());
  for (const auto& network : networks) {
    auto& area = areas.emplace_back(PlaceTable::Area{.prefix = {network.address, network.bits, network.v6}, .names = {}});
    if (!network.country.empty()) area.names.push_back("country/" + network.country);
    if (!network.continent.empty()) area.names.push_back("continent/" + network.continent);
  }
  return PlaceTable::build(areas);
}

MasterFiles read_master_files(const DnsSettings& settings, std::vector<Problem>& problems) {
  const auto read = [](const std::string& path) { return io::read_whole_file(path, kIncludedBytesMax); };
  MasterFiles files;
  for (size_t i = 0; i < settings.zones.size(); ++i) {
    const auto& path = settings.zones[i].file;
    if (path.empty() || files.contains(path)) continue;
    if (auto text = read(path)) {
      files.emplace(path, *std::move(text));
    } else {
      problems.push_back({Problem::Where::kZone, i, "file", text.error().text});
    }
  }
  add_included_files(files, read);
  return files;
}

}  // namespace evershore::dns
