// What the admin listener asks of replication beyond status: handed to the replication loop.
#include <fmt/format.h>

#include <algorithm>

#include "app/node.h"
#include "app/replication_reports.h"

namespace evershore::app {

namespace {

Result<replicate::SiteReplicator*> replicator_of(Replicators& replicators, const std::string& site) {
  auto* replicator = replicators.find(site);
  if (replicator == nullptr) return fail(Fault::kNotFound, fmt::format("site {} is not replicated", site));
  return replicator;
}

Task<Result<std::string>> conflicts_there(Replicators& replicators, std::string site, std::string prefix) {
  CO_TRY(auto* replicator, replicator_of(replicators, site));
  auto listing = replicator->conflicts(std::move(prefix));
  CO_TRY(const auto conflicts, co_await std::move(listing));
  co_return conflicts_json(site, conflicts);
}

Task<Result<std::string>> gaps_there(Replicators& replicators, std::string region, size_t keys_max) {
  std::string sites;
  for (const auto& member : replicators.all()) {
    if (std::ranges::find(member.regions, region) == member.regions.end()) continue;
    auto looking = member.replicator->gaps(region);
    CO_TRY(const auto gaps, co_await std::move(looking));
    sites += (sites.empty() ? "" : ",\n") + gaps_json(member.site, gaps, keys_max);
  }
  co_return "[" + sites + "]\n";
}

Task<Result<void>> settle_there(Replicators& replicators, std::string site, std::string name, replicate::Settle how) {
  CO_TRY(auto* replicator, replicator_of(replicators, site));
  auto settling = replicator->settle_conflict(std::move(name), how);
  co_return co_await std::move(settling);
}

}  // namespace

void Node::on_conflict(const std::string& site, const std::string& key, const std::string& region) {
  const auto text = fmt::format(
      "{}/{} was written in several regions at the same time; what {} wrote lost and is kept: evershore conflicts list", site, key, region);
  events_.add("replication", site, text);
}

Task<Result<std::string>> Node::conflicts_json(std::string site, std::string prefix) {
  CO_TRY_VOID(known_site(site));
  auto* replicators = &replication_->replicators();
  co_return co_await io::call_on<Result<std::string>>(replication_->loop(), loop_,
                                                      [replicators, site, prefix] { return conflicts_there(*replicators, site, prefix); });
}

Task<Result<std::string>> Node::gaps_json(std::string region, size_t keys_max) {
  if (!settings_.regions.contains(region)) co_return fail(Fault::kNotFound, fmt::format("there is no region \"{}\"", region));
  auto* replicators = &replication_->replicators();
  co_return co_await io::call_on<Result<std::string>>(
      replication_->loop(), loop_, [replicators, region, keys_max] { return gaps_there(*replicators, region, keys_max); });
}

Task<Result<void>> Node::settle_conflict(std::string site, std::string name, KeptBecomes becomes) {
  CO_TRY_VOID(known_site(site));
  auto* replicators = &replication_->replicators();
  const auto how = becomes == KeptBecomes::kTheKey ? replicate::Settle::kKeepLoser : replicate::Settle::kKeepWinner;
  auto settled = co_await io::call_on<Result<void>>(replication_->loop(), loop_,
                                                    [replicators, site, name, how] { return settle_there(*replicators, site, name, how); });
  if (settled)
    events_.add("replication", site,
                fmt::format("conflict settled: {} ({})", name,
                            becomes == KeptBecomes::kTheKey ? "its content is the key's now" : "the winner stays"));
  co_return settled;
}

}  // namespace evershore::app
