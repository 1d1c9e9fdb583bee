#include "replicate/run/membership.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/body.h"

namespace evershore::replicate {

namespace {
constexpr size_t kMarkerBytesMax = 4096;
constexpr std::string_view kMarkerHead = "evershore region ";
constexpr size_t kMarkerIdDigits = 32;

// "evershore region ID\n..." ; anything else is nobody's marker and counts by its whole text, so it never matches.
std::string id_in(const std::string& text) {
  if (!text.starts_with(kMarkerHead)) return "unreadable";
  return text.substr(kMarkerHead.size(), kMarkerIdDigits);
}
}  // namespace

queue::RegionFacts* Membership::facts_of(const Region& region) {
  const auto at =
      std::ranges::find_if(facts_.regions, [&region](const auto& facts) { return facts.name == region.name && !facts.retired; });
  return at == facts_.regions.end() ? nullptr : &*at;
}

Result<RegionSlot> Membership::free_slot() const {
  for (RegionSlot slot = 0; slot < kRegionSlotsMax; ++slot) {
    if (std::ranges::none_of(facts_.regions, [slot](const auto& facts) { return facts.slot == slot; })) return slot;
  }
  return fail(Fault::kInvalid, fmt::format("site {}: more than {} buckets over its life; remove the site's state and scan anew",
                                           context_.rules.site, kRegionSlotsMax));
}

Task<Result<void>> Membership::save() {
  auto put = context_.rows.put_facts(context_.rules.site, facts_);
  co_return co_await std::move(put);
}

Task<Result<void>> Membership::load() {
  auto read = context_.rows.facts(context_.rules.site);
  CO_TRY(facts_, co_await std::move(read));
  const bool first_start = facts_.regions.empty();
  for (auto& region : context_.regions) {
    queue::RegionFacts* facts = facts_of(*region);
    if (facts == nullptr) {
      CO_TRY(const auto slot, free_slot());
      // On a site's first start nothing is known better of any region; one that joins later must catch up before it serves.
      facts_.regions.push_back({.name = region->name, .slot = slot, .needs_full_scan = true, .catching_up = !first_start});
      facts = &facts_.regions.back();
    }
    region->slot = facts->slot;
    region->needs_full_scan = facts->needs_full_scan;
    region->failback.phase = facts->catching_up ? FailbackPhase::kCatchingUp : FailbackPhase::kReady;
  }
  for (auto& facts : facts_.regions) {
    if (context_.find(facts.name) == nullptr) facts.retired = true;  // the region left the site
  }
  auto saving = save();
  co_return co_await std::move(saving);
}

Task<Result<std::string>> Membership::read_marker(Region& region) {
  auto get = region.store->get(std::string(kMarkerKey), GetOptions{});
  CO_TRY(auto found, co_await ask(context_, region, std::move(get)));
  if (!found) co_return std::string();
  auto read = store::read_whole(*found->body, kMarkerBytesMax);
  CO_TRY(const auto text, co_await std::move(read));
  co_return id_in(text);
}

Task<Result<std::string>> Membership::write_marker(Region& region) {
  const auto id = fmt::format("{:016x}{:016x}", context_.random(), context_.random());
  const auto text = fmt::format("{}{}\nThis object tells Evershore which bucket this is. Please leave it here.\n", kMarkerHead, id);
  PutOptions options{.size_bytes = text.size(), .headers = {{"content-type", "text/plain"}}};
  options.condition.if_none_match = region.store->capabilities().put_if_none_match;
  store::MemoryBody body(text);
  auto put = region.store->put(std::string(kMarkerKey), std::move(options), body);
  const auto written = co_await ask(context_, region, std::move(put));
  if (written) co_return id;
  if (written.error().fault != Fault::kPrecondition) co_return std::unexpected(written.error());
  auto read = read_marker(region);  // another node was quicker
  co_return co_await std::move(read);
}

Task<Result<void>> Membership::start_anew(Region& region, std::string marker_id) {
  CO_TRY(const auto slot, free_slot());
  facts_of(region)->retired = true;
  auto unpark = context_.queue.unpark(context_.rules.site, region.slot);
  CO_TRY_VOID(co_await std::move(unpark));
  facts_.regions.push_back(
      {.name = region.name, .slot = slot, .marker_id = std::move(marker_id), .needs_full_scan = true, .catching_up = true});
  region.slot = slot;
  region.needs_full_scan = true;
  region.failback = {.phase = FailbackPhase::kCatchingUp, .holding_since = {}};
  auto saving = save();
  co_return co_await std::move(saving);
}

Task<Result<void>> Membership::check(Region& region) {
  if (std::ranges::find(probed_, &region) == probed_.end()) {
    auto probe = region.store->probe_capabilities();
    CO_TRY(const auto can, co_await ask(context_, region, std::move(probe)));
    if (!can.put_if_none_match || !can.put_if_match || !can.delete_if_match) {
      context_.log.info(
          "site {}: region {} cannot make every write conditional (create {}, overwrite {}, delete {}); a write by others in that "
          "very moment may be overwritten, which is counted",
          context_.rules.site, region.name, can.put_if_none_match, can.put_if_match, can.delete_if_match);
    }
    probed_.push_back(&region);
  }
  auto read = read_marker(region);
  CO_TRY(auto id, co_await std::move(read));
  queue::RegionFacts* facts = facts_of(region);
  const bool missing = id.empty();
  if (missing) {
    auto write = write_marker(region);
    auto written = co_await std::move(write);
    if (!written && region.read_only && written.error().fault == Fault::kRefused) {
      // Keys that may only read: such a bucket cannot be told from another, but nothing is written there either.
      region.held.clear();
      region.checked = true;
      co_return Result<void>{};
    }
    CO_TRY(id, std::move(written));
    facts = facts_of(region);
  }
  if (facts->marker_id.empty()) {
    facts->marker_id = id;
    auto saving = save();
    CO_TRY_VOID(co_await std::move(saving));
  } else if (missing) {
    context_.log.warn("site {}: region {} had lost its marker: its bucket was emptied or replaced; it is filled again from the others",
                      context_.rules.site, region.name);
    auto anew = start_anew(region, id);
    CO_TRY_VOID(co_await std::move(anew));
  } else if (facts->marker_id != id) {
    region.held = fmt::format("its bucket carries another marker ({}, not {}): not touched until it is accepted", id, facts->marker_id);
    context_.log.error("site {}: region {}: {}", context_.rules.site, region.name, region.held);
    co_return Result<void>{};
  }
  region.held.clear();
  region.checked = true;
  co_return Result<void>{};
}

Task<Result<void>> Membership::accept(Region& region) {
  auto read = read_marker(region);
  CO_TRY(auto id, co_await std::move(read));
  if (id.empty()) co_return fail(Fault::kInvalid, region.name + " has no marker to accept; it is given one by itself");
  auto anew = start_anew(region, std::move(id));
  CO_TRY_VOID(co_await std::move(anew));
  region.held.clear();
  region.checked = true;
  co_return Result<void>{};
}

Task<Result<void>> Membership::note_catching_up(Region& region, bool catching_up) {
  queue::RegionFacts* facts = facts_of(region);
  if (facts == nullptr || facts->catching_up == catching_up) co_return Result<void>{};
  facts->catching_up = catching_up;
  auto saving = save();
  co_return co_await std::move(saving);
}

Task<Result<void>> Membership::note_full_scan_needed(Region& region) {
  region.needs_full_scan = true;
  queue::RegionFacts* facts = facts_of(region);
  if (facts == nullptr || facts->needs_full_scan) co_return Result<void>{};
  facts->needs_full_scan = true;
  auto saving = save();
  co_return co_await std::move(saving);
}

Task<Result<void>> Membership::note_scan(RegionSet regions, Wall started, Wall ended) {
  for (auto& region : context_.regions) {
    if (!regions.has(region->slot)) continue;
    queue::RegionFacts* facts = facts_of(*region);
    facts->last_scan_started = started;
    facts->last_scan_ended = ended;
    facts->needs_full_scan = false;
    region->needs_full_scan = false;
  }
  auto saving = save();
  co_return co_await std::move(saving);
}

std::optional<Wall> Membership::last_scan(const Region& region) const {
  for (const auto& facts : facts_.regions) {
    if (facts.name == region.name && !facts.retired && facts.last_scan_ended != Wall{}) return facts.last_scan_ended;
  }
  return std::nullopt;
}

}  // namespace evershore::replicate
