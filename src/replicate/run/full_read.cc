#include "replicate/run/full_read.h"

#include <fmt/format.h>

#include <map>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::replicate {

namespace {
struct Digests {
  RegionSlot slot = kNoRegionSlot;
  std::string sha256;
  bool etag_holds = true;  // false: a plain MD5 that the bytes do not have
  uint64_t bytes = 0;
};

bool is_md5(const std::string& etag) { return etag.size() == 32 && from_hex(etag).has_value(); }

Task<Result<Digests>> digest(SiteContext& context, Copy copy) {
  Region& region = *context.find(copy.slot);
  auto call = region.store->get(copy.info.key, GetOptions{.if_match = copy.info.etag});
  CO_TRY(auto found, co_await ask(context, region, std::move(call)));
  if (!found) co_return fail(Fault::kPrecondition, region.name + ": the key went while it was read");
  Hasher whole(HashKind::kSha256);
  Hasher md5(HashKind::kMd5);
  Digests digests{.slot = copy.slot};
  while (true) {
    auto next = found->body->next();
    CO_TRY(const auto piece, co_await std::move(next));
    if (piece.empty()) break;
    if (region.byte_budget.limited()) {
      auto waiting = wait_for_budget(context, region.byte_budget, static_cast<double>(piece.size()));
      co_await std::move(waiting);
    }
    whole.update(piece);
    md5.update(piece);
    digests.bytes += piece.size();
  }
  digests.sha256 = to_hex(whole.finish_as<Sha256>());
  digests.etag_holds = !is_md5(copy.info.etag) || to_hex(md5.finish_as<Md5>()) == copy.info.etag;
  co_return digests;
}

void tell(FullRead& result, const SiteContext& context, RegionSlot slot, std::string_view what) {
  result.bad.add(slot);
  result.why += fmt::format("{}{}: {}", result.why.empty() ? "" : "; ", context.find(slot)->name, what);
}

// A copy whose bytes its own ETag denies is bad. Of the others the fewer are, if there are fewer; of two that differ both are doubtful.
FullRead judge(const SiteContext& context, const std::vector<Digests>& all) {
  FullRead result;
  std::map<std::string, size_t> count;
  for (const auto& one : all) {
    result.bytes += one.bytes;
    if (one.etag_holds) ++count[one.sha256];
  }
  size_t most = 0;
  for (const auto& [hash, times] : count) most = std::max(most, times);
  for (const auto& one : all) {
    if (!one.etag_holds) tell(result, context, one.slot, "the bytes are not what its ETag says");
    const bool outvoted = one.etag_holds && count.size() > 1 && (count[one.sha256] < most || count.size() * most == all.size());
    if (outvoted) tell(result, context, one.slot, "other bytes under the same size and ETag");
  }
  return result;
}
}  // namespace

Task<Result<FullRead>> read_fully(SiteContext& context, ObjectKey key, const std::vector<Copy>& copies) {
  std::vector<Task<Result<Digests>>> reads;
  for (const auto& copy : copies) {
    if (copy.presence != Presence::kFound) continue;
    Copy one = copy;
    one.info.key = key;
    reads.push_back(digest(context, std::move(one)));
  }
  auto all = when_all(std::move(reads));
  const auto results = co_await std::move(all);
  std::vector<Digests> digests;
  for (const auto& result : results) {
    if (!result) co_return std::unexpected(result.error());
    digests.push_back(*result);
  }
  co_return judge(context, digests);
}

}  // namespace evershore::replicate
