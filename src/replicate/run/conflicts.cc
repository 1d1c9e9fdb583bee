#include "replicate/run/conflicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "replicate/identity.h"
#include "replicate/run/transfer.h"

namespace evershore::replicate {

namespace {
constexpr size_t kListedMax = 100'000;

UserMetadata naming(const ObjectKey& key) {
  if (fits_conflict_name(key)) return {};
  return {{std::string(kConflictName), to_base64(as_bytes(key))}};
}
}  // namespace

// --- keeping ---

Task<Result<void>> Conflicts::copy_to(Region& region, const Copy& from, ConflictId id) {
  CopyRequest request{.source = context_.find(from.slot), .target = &region, .info = from.info};
  request.info.key = id.key;
  request.as = CopyAs{.key = conflict_key(id), .metadata = naming(id.key)};
  auto copy = copy_object(context_, std::move(request));
  CO_TRY(const auto written, co_await std::move(copy));
  if (written.match == CopyMatch::kDifferent) co_return fail(Fault::kBroken, id.key + ": the kept copy's bytes differ from the loser's");
  co_return Result<void>{};
}

Task<Result<void>> Conflicts::keep_one(ObjectKey key, Loser loser) {
  const Copy& copy = *loser.copy;
  Region& home = *context_.find(copy.slot);
  const ConflictId id{
      .key = key, .version = loser.version, .region = home.name, .mark = conflict_mark(copy.info.size_bytes, copy.info.etag)};
  auto keeping = copy_to(home, copy, id);
  CO_TRY_VOID(co_await std::move(keeping));
  for (const auto& other : context_.regions) {
    if (other.get() == &home || !other->usable() || other->read_only) continue;
    auto spreading = copy_to(*other, copy, id);
    const auto spread = co_await std::move(spreading);
    if (!spread)
      context_.log.info("site {}: the conflict of {} is not kept in {}: {}", context_.rules.site, key, other->name, spread.error().text);
  }
  ++context_.conflicts.kept;
  ++context_.conflicts.present;
  context_.log.warn("site {}: {} was written in several regions at the same time; what {} wrote ({}, etag {}) lost and is kept as {}",
                    context_.rules.site, key, home.name, format_size(copy.info.size_bytes), copy.info.etag, conflict_key(id));
  if (context_.on_conflict) context_.on_conflict(key, home.name);
  co_return Result<void>{};
}

Task<Result<void>> Conflicts::keep(ObjectKey key, std::vector<Loser> losers) {
  if (context_.rules.planted_bug == PlantedBug::kDropLosers) co_return Result<void>{};
  if (context_.rules.conflict_retention <= Duration::zero()) {
    context_.conflicts.dropped += losers.size();
    co_return Result<void>{};
  }
  for (const auto& loser : losers) {
    auto keeping = keep_one(key, loser);
    CO_TRY_VOID(co_await std::move(keeping));
  }
  co_return Result<void>{};
}

// --- looking ---

Task<Result<void>> Conflicts::list_region(Region& region, std::string prefix, std::vector<Conflict>& into) {
  ListOptions options{.prefix = std::string(kConflictPrefix) + prefix};
  while (into.size() < kListedMax) {
    auto list = region.store->list(options);
    CO_TRY(auto page, co_await ask(context_, region, std::move(list)));
    for (auto& object : page.objects) {
      auto id = parse_conflict_key(object.key);
      if (!id) continue;
      if (id->key.empty()) {
        auto find = region.store->find(object.key);
        CO_TRY(const auto info, co_await ask(context_, region, std::move(find)));
        const auto at = info ? info->metadata.find(std::string(kConflictName)) : UserMetadata::const_iterator{};
        const auto bytes = info && at != info->metadata.end() ? from_base64(at->second) : std::nullopt;
        if (!bytes) continue;
        id->key = as_text(*bytes);
      }
      if (!id->key.starts_with(context_.rules.prefix)) continue;
      into.push_back({std::move(*id), object.key, object.size_bytes, object.etag, object.last_modified, {region.name}});
    }
    if (!page.more || page.objects.empty()) break;
    options.start_after = page.objects.back().key;
  }
  co_return Result<void>{};
}

Task<Result<std::vector<Conflict>>> Conflicts::list(std::string prefix) {
  std::map<ObjectKey, Conflict> merged;
  std::optional<Error> failed;
  bool any = false;
  for (const auto& region : context_.regions) {
    if (!region->usable()) continue;
    std::vector<Conflict> found;
    auto listing = list_region(*region, prefix, found);
    const auto listed = co_await std::move(listing);
    any |= listed.has_value();
    if (!listed) failed = listed.error();
    for (auto& conflict : found) {
      auto [at, fresh] = merged.try_emplace(conflict.name, conflict);
      if (!fresh) at->second.regions.push_back(region->name);
    }
  }
  if (!any) co_return failed ? std::unexpected(*failed) : fail(Fault::kBusy, "no region can be reached");
  std::vector<Conflict> all;
  for (auto& [name, conflict] : merged) all.push_back(std::move(conflict));
  co_return all;
}

// --- going ---

Task<Result<void>> Conflicts::sweep_region(Region& region, Wall before, uint64_t& left) {
  std::vector<Conflict> found;
  auto listing = list_region(region, "", found);
  CO_TRY_VOID(co_await std::move(listing));
  for (const auto& conflict : found) {
    if (conflict.kept >= before) {
      ++left;
      continue;
    }
    auto remove = region.store->remove(conflict.name, "");
    CO_TRY_VOID(co_await ask(context_, region, std::move(remove)));
    context_.log.info("site {}: the conflict {} in {} is past its retention and was removed", context_.rules.site, conflict.name,
                      region.name);
  }
  co_return Result<void>{};
}

Task<void> Conflicts::sweep() {
  const Wall before = context_.scheduler.wall() - std::chrono::floor<std::chrono::microseconds>(context_.rules.conflict_retention);
  uint64_t most = 0;
  for (const auto& region : context_.regions) {
    if (!region->usable()) continue;
    uint64_t left = 0;
    auto sweeping = sweep_region(*region, before, left);
    const auto swept = co_await std::move(sweeping);
    if (!swept)
      context_.log.info("site {}: the conflicts in {} could not be looked through: {}", context_.rules.site, region->name,
                        swept.error().text);
    most = std::max(most, left);
  }
  context_.conflicts.present = most;
}

// The content is written where the key is now, over exactly what is there now; the rest is the road of any client's write.
Task<Result<void>> Conflicts::restore(const Conflict& conflict, const Told& told) {
  Region* source = nullptr;
  for (const auto& name : conflict.regions) {
    Region* region = context_.find(name);
    if (region != nullptr && region->usable() && !region->read_only && source == nullptr) source = region;
  }
  if (source == nullptr) co_return fail(Fault::kBusy, "no region that has the kept copy can be reached");
  auto find_kept = source->store->find(conflict.name);
  CO_TRY(auto kept, co_await ask(context_, *source, std::move(find_kept)));
  if (!kept) co_return fail(Fault::kNotFound, conflict.name + " is gone");
  auto find_present = source->store->find(conflict.id.key);
  CO_TRY(const auto present, co_await ask(context_, *source, std::move(find_present)));
  if (source->store->capabilities().tags) {
    auto tags = source->store->tags(conflict.name);
    CO_TRY(auto text, co_await ask(context_, *source, std::move(tags)));
    if (!text.empty()) kept->headers[std::string(kTagsHeader)] = std::move(text);
  }
  CopyRequest request{.source = source, .target = source, .info = std::move(*kept)};
  request.condition = PutCondition{.if_match = present ? present->etag : "", .if_none_match = !present};
  request.as = CopyAs{.key = conflict.id.key, .metadata = {}};
  auto copy = copy_object(context_, std::move(request));
  CO_TRY(const auto written, co_await std::move(copy));
  if (written.match == CopyMatch::kDifferent)
    co_return fail(Fault::kBroken, conflict.id.key + ": what was written differs from the kept copy");
  auto telling = told(source->name, written.etag);
  co_return co_await std::move(telling);
}

Task<Result<void>> Conflicts::settle(Conflict conflict, Settle how, Told told) {
  if (how == Settle::kKeepLoser) {
    auto restoring = restore(conflict, told);
    CO_TRY_VOID(co_await std::move(restoring));
  }
  for (const auto& name : conflict.regions) {
    Region* region = context_.find(name);
    if (region == nullptr || !region->usable()) continue;
    auto remove = region->store->remove(conflict.name, "");
    CO_TRY_VOID(co_await ask(context_, *region, std::move(remove)));
  }
  if (context_.conflicts.present > 0) --context_.conflicts.present;
  co_return Result<void>{};
}

}  // namespace evershore::replicate
