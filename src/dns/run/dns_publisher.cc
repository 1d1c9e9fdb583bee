#include "dns/run/dns_publisher.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "io/files.h"

namespace evershore::dns {

namespace {

uint32_t clock_seconds(const Clock& clock) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count());
}

}  // namespace

DnsPublisher::DnsPublisher(const Clock& clock, Log log, std::string nsid)
    : clock_(clock), log_(log), nsid_(std::move(nsid)), published_(compile({}, {.nsid = nsid_})) {}

std::vector<Problem> DnsPublisher::configure(const DnsSettings& settings, const MasterFiles& files) {
  auto loaded = load_zones(settings, files);
  if (!loaded.problems.empty()) return std::move(loaded.problems);
  zones_ = std::move(loaded.zones);
  rebuild();
  return {};
}

DnsPublisher::Change DnsPublisher::update(const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites) {
  health_ = health;
  steering_ = steering;
  sites_ = sites;
  return rebuild();
}

DnsPublisher::Change DnsPublisher::rebuild() {
  const Mono start = clock_.now();
  PlainZones next = plain_zones(zones_, health_, steering_, sites_);
  const bool changed = number_zones(next.zones) || next.zones.size() != current_.zones.size();
  log_changes(next.decisions);
  current_ = std::move(next);
  if (!changed) {
    counters_.unchanged.add();
    return Change::kNone;
  }
  published_.publish(compile(current_.zones, {.nsid = nsid_}));
  counters_.published.add();
  counters_.build.add(clock_.now() - start);
  return Change::kPublished;
}

// Gives each zone its serial: a higher one where the content is not what it was. True if any is new.
bool DnsPublisher::number_zones(std::vector<PlainZone>& next) {
  bool changed = false;
  for (auto& zone : next) {
    const auto known = numbered_.find(zone.apex);
    const bool same = known != numbered_.end() && known->second.content == zone;
    const bool served = std::ranges::any_of(current_.zones, [&](const PlainZone& old) { return old.apex == zone.apex; });
    changed = changed || !same || !served;
    if (!same) {
      const auto previous = known == numbered_.end() ? std::nullopt : std::optional(known->second.serial);
      const uint32_t serial = next_serial(previous, serial_of(zone), clock_seconds(clock_));
      numbered_.insert_or_assign(zone.apex, Numbered{zone, serial});
      log_.info("zone {}: serial {}", zone.apex.text(), serial);
    }
    set_serial(zone, numbered_.at(zone.apex).serial);
  }
  return changed;
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

MasterFiles read_master_files(const DnsSettings& settings, std::vector<Problem>& problems) {
  constexpr size_t kFileBytesMax = 256UL << 20;
  MasterFiles files;
  for (size_t i = 0; i < settings.zones.size(); ++i) {
    const auto& path = settings.zones[i].file;
    if (path.empty() || files.contains(path)) continue;
    if (auto text = io::read_whole_file(path, kFileBytesMax)) {
      files.emplace(path, *std::move(text));
    } else {
      problems.push_back({Problem::Where::kZone, i, "file", text.error().text});
    }
  }
  return files;
}

}  // namespace evershore::dns
