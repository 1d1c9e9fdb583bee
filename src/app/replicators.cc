#include "app/replicators.h"

#include <algorithm>

#include "base/digest.h"
#include "io/files.h"

namespace evershore::app {

namespace {

// Sixteen bits of the node's name: enough to tell the few nodes that may write versions at the same millisecond apart.
uint16_t node_number(const std::string& node) {
  const auto digest = sha256(node);
  return static_cast<uint16_t>(digest[0] << 8 | digest[1]);
}

replicate::ReplicatorRules rules_of(const SiteSettings& site, const std::string& node) {
  replicate::ReplicatorRules rules;
  rules.site = site.name;
  rules.prefix = site.prefix;
  rules.deletes = site.replication.deletes;
  rules.scan_interval = site.replication.scan_interval;
  rules.tags = site.replication.tags;
  rules.filter = site.replication.filter;
  rules.conflict_retention = site.replication.conflict_retention;
  rules.failback.hold = site.failback.hold;
  rules.node = node_number(node);
  rules.seed = io::random_u64();
  return rules;
}

}  // namespace

Replicators::Replicators(ReplicatorsDeps deps)
    : deps_(std::move(deps)),
      client_(deps_.loop, io::HttpClient::Options{.idle_per_origin_max = 512, .tls = deps_.tls, .faults = deps_.faults}) {}
Replicators::~Replicators() = default;

void Replicators::build(const std::map<std::string, RegionSettings>& regions, const std::map<std::string, SiteSettings>& sites) {
  EVERSHORE_ASSERT(sites_.empty());
  stores_.clear();
  for (const auto& [name, region] : regions) {
    // A bare region is some HTTP server: it can be read by the edge, but nothing can be listed or written there.
    if (region.addressing != Addressing::kBare) stores_[name] = std::make_unique<store::S3Store>(region, client_, deps_.loop);
  }
  for (const auto& [name, site] : sites) {
    std::vector<replicate::SiteRegion> members;
    std::vector<std::string> names;
    for (const auto& region : site.regions) {
      if (!stores_.contains(region)) continue;
      const auto& settings = regions.at(region);
      members.push_back({.name = region,
                         .store = stores_.at(region).get(),
                         .storage_class = settings.storage_class,
                         .budget = {.bytes_per_second = settings.replication_bytes_per_second,
                                    .requests_per_second = settings.replication_requests_per_second},
                         .read_only = std::ranges::find(site.replication.read_only, region) != site.replication.read_only.end()});
      names.push_back(region);
    }
    if (site.replication.mode == ReplicationMode::kOff || members.size() < 2) continue;
    replicate::ReplicatorDeps deps{deps_.loop,         deps_.queue,     deps_.rows,
                                   std::move(members), deps_.reachable, deps_.log.named("replicate"),
                                   deps_.news,         deps_.tell_news};
    if (deps_.on_conflict)
      deps.on_conflict = [tell = deps_.on_conflict, its_site = name](const ObjectKey& key, const std::string& region) {
        tell(its_site, key, region);
      };
    sites_[name] = Site{std::move(names), std::make_unique<replicate::SiteReplicator>(rules_of(site, deps_.node), std::move(deps))};
  }
}

Task<Result<void>> Replicators::start(replicate::SiteReplicator::Scans scans) {
  for (auto& [name, site] : sites_) {
    auto started = co_await site.replicator->start(scans);
    if (!started) co_return wrap(std::move(started).error(), "site " + name);
  }
  co_return Result<void>();
}

Task<void> Replicators::stop() {
  for (auto& [name, site] : sites_) co_await site.replicator->stop();
  sites_.clear();
  stores_.clear();
  if (deps_.news != nullptr) deps_.news->forget_all();
}

replicate::SiteReplicator* Replicators::find(const std::string& site) const {
  const auto at = sites_.find(site);
  return at == sites_.end() ? nullptr : at->second.replicator.get();
}

std::vector<Replicators::Member> Replicators::all() const {
  std::vector<Member> list;
  for (const auto& [name, site] : sites_) list.push_back({name, site.regions, site.replicator.get()});
  return list;
}

}  // namespace evershore::app
