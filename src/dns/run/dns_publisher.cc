#include "dns/run/dns_publisher.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "dns/master_file.h"
#include "dns/transfer_rules.h"
#include "io/files.h"
#include "io/geo_database.h"

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
      published_(compile({}, {.nsid = nsid_})),
      transfers_(std::make_shared<const TransferSnapshot>()),
      why_(std::make_shared<const WhyState>()) {}

std::vector<Problem> DnsPublisher::configure(const DnsSettings& settings, const MasterFiles& files,
                                             std::shared_ptr<const PlaceTable> countries, const ZoneKeys& keys) {
  auto loaded = load_zones(settings, files);
  auto transfer = load_transfer_rules(settings);
  for (auto& [path, message] : transfer.problems) loaded.problems.push_back({Problem::Where::kZone, 0, path, path + ": " + message});
  if (!loaded.problems.empty()) return std::move(loaded.problems);
  zones_ = std::move(loaded.zones);
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

DnsPublisher::Change DnsPublisher::rebuild(Publish publish) {
  const Mono start = clock_.now();
  PlainZones next = plain_zones(zones_, health_, steering_, sites_, places_, current_.usable);
  const bool changed = number_zones(next.zones) || next.zones.size() != current_.zones.size();
  log_changes(next.decisions);
  current_ = std::move(next);
  if (!changed && publish == Publish::kIfChanged) {
    counters_.unchanged.add();
    return Change::kNone;
  }
  CompileOptions options{.nsid = nsid_, .client_subnet = client_subnet_, .places = places_, .rows = counted_rows(), .signers = {}};
  auto zones = signers_.empty() ? std::vector<PlainZone>() : current_.zones;
  if (!signers_.empty()) options.signers = sign(zones);
  const auto signers = options.signers;
  published_.publish(compile(signers_.empty() ? current_.zones : zones, std::move(options)));
  counters_.build.add(clock_.now() - start);
  finish_versions(signers_.empty() ? current_.zones : zones, signers);
  counters_.published.add();
  publish_transfers();
  if (on_published_) on_published_();
  return Change::kPublished;
}

// The answers are out, or stay: what people want to know about them.
DnsPublisher::Change DnsPublisher::told(Change change) {
  decision_log_.note(current_.decisions, clock_.wall());
  if (!why_allowed_.empty() || !why_.read()->allowed.empty()) why_.publish(why_state());
  return change;
}

WhyState DnsPublisher::why_state() const {
  if (why_records_ == nullptr) why_records_ = why_records(zones_);
  return {.allowed = why_allowed_,
          .records = why_records_,
          .decisions = decision_log_.entries(),
          .health = health_,
          .steering = steering_,
          .sites = sites_};
}

ZoneRows DnsPublisher::counted_rows() {
  std::vector<Name> apexes;
  for (const auto& zone : current_.zones) apexes.push_back(zone.apex);
  return zone_register_.rows_of(apexes);
}

// Gives each zone its serial: a higher one where the content is not what it was. True if any is new.
bool DnsPublisher::number_zones(std::vector<PlainZone>& next) {
  bool changed = false;
  for (auto& zone : next) {
    const bool served = std::ranges::any_of(current_.zones, [&](const PlainZone& old) { return old.apex == zone.apex; });
    const bool renewed = number_zone(zone);
    changed = changed || renewed || !served;
  }
  return changed;
}

bool DnsPublisher::number_zone(PlainZone& zone) {
  const uint32_t in_settings = serial_of(zone);
  const auto known = versions_.find(zone.apex);
  std::optional<uint32_t> previous;
  if (known != versions_.end()) {
    previous = known->second.zone.serial;
    set_serial(zone, *previous);
    const auto* signer = signer_of(zone.apex);
    const bool same = in_settings == known->second.serial_in_settings && zone == *known->second.unsigned_content;
    if (same && known->second.is_signed() == (signer != nullptr) && (signer == nullptr || signer->due() > clock_.wall())) return false;
  } else if (const auto before = restored_.find(zone.apex); before != restored_.end()) {
    previous = before->second;
  }
  const uint32_t serial = next_serial(previous, in_settings, clock_seconds(clock_));
  set_serial(zone, serial);
  Version& version = versions_[zone.apex];
  version.serial_in_settings = in_settings;
  version.unsigned_content = std::make_shared<const PlainZone>(zone);
  version.made = clock_.wall();
  version.fresh = true;
  version.zone.serial = serial;
  log_.info("zone {}: serial {}", zone.apex.text(), serial);
  return true;
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

// Completes the signed zones; who signs which.
std::vector<ZoneSigner*> DnsPublisher::sign(std::vector<PlainZone>& zones) {
  std::vector<ZoneSigner*> signers;
  for (auto& zone : zones) {
    auto* signer = signers.emplace_back(signer_of(zone.apex));
    if (signer == nullptr) continue;
    signer->begin(versions_.at(zone.apex).made);
    signer->complete(zone);
  }
  return signers;
}

// The answers are out: the same for secondaries. `zones` as they were compiled.
void DnsPublisher::finish_versions(const std::vector<PlainZone>& zones, const std::vector<ZoneSigner*>& signers) {
  for (size_t i = 0; i < zones.size(); ++i) {
    auto* signer = i < signers.size() ? signers[i] : nullptr;
    Version& version = versions_.at(zones[i].apex);
    if (version.fresh) {
      auto content = version.unsigned_content;
      if (signer != nullptr) {
        PlainZone whole = zones[i];
        whole.signatures = zone_signatures(whole, *signer);
        content = std::make_shared<const PlainZone>(std::move(whole));
      }
      if (version.zone.content != nullptr) {
        version.zone.journal.add(std::make_shared<const Difference>(difference_between(*version.zone.content, *content)));
      }
      version.zone.content = std::move(content);
      version.fresh = false;
    }
    if (signer == nullptr) continue;
    signer->end();
  }
}

void DnsPublisher::publish_transfers() {
  TransferSnapshot next{.rules = rules_, .zones = {}};
  for (const auto& zone : current_.zones) next.zones.emplace(zone.apex, versions_.at(zone.apex).zone);
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

void DnsPublisher::log_changes(const std::vector<RecordDecision>& next) const {
  for (const auto& decision : next) {
    const auto same_record = [&](const RecordDecision& old) { return old.name == decision.name && old.type == decision.type; };
    const auto before = std::ranges::find_if(current_.decisions, same_record);
    if (before == current_.decisions.end() || *before == decision) continue;
    log_.info("{} {}: now {} ({}), was {} ({})", decision.name, decision.type, fmt::join(decision.chosen, ", "),
              routing::why_name(decision.why), fmt::join(before->chosen, ", "), routing::why_name(before->why));
  }
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
