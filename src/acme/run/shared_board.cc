#include "acme/run/shared_board.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sync.h"
#include "base/text.h"
#include "io/files.h"
#include "store/body.h"

namespace evershore::acme {

namespace {

constexpr size_t kDocumentBytesMax = 256 << 10;
constexpr const char* kLeaseName = "lease";
// For a store without conditional writes: after so long, whoever wrote last is seen by all.
constexpr Duration kSettle = std::chrono::seconds(2);
constexpr size_t kListedMax = 10'000;

}  // namespace

Task<Result<std::map<std::string, std::string>>> SharedBoard::list() {
  Error last{Fault::kBroken, "no region to share by"};
  for (auto* store : stores_) {
    std::map<std::string, std::string> marks;
    ListOptions options{.prefix = prefix_, .start_after = ""};
    bool more = true;
    while (more && marks.size() < kListedMax) {
      auto page = co_await store->list(options);
      if (!page) {
        last = std::move(page).error();
        break;
      }
      for (const auto& object : page->objects) marks[object.key.substr(prefix_.size())] = object.etag;
      more = page->more && !page->objects.empty();
      if (!page->objects.empty()) options.start_after = page->objects.back().key;
    }
    if (!more) co_return marks;
  }
  co_return std::unexpected(last);
}

Task<Result<std::optional<SharedBoard::Found>>> SharedBoard::get_from(ObjectStore& store, std::string name) {
  CO_TRY(auto got, co_await store.get(prefix_ + name, GetOptions{}));
  if (!got) co_return std::optional<Found>();
  CO_TRY(const auto sealed, co_await store::read_whole(*got->body, kDocumentBytesMax));
  auto text = unseal(key_, prefix_ + name, sealed);
  if (!text) co_return wrap(std::move(text).error(), prefix_ + name);
  co_return std::optional(Found{*std::move(text), got->info.etag});
}

Task<Result<std::optional<std::string>>> SharedBoard::get(std::string name) {
  Error last{Fault::kBroken, "no region to share by"};
  for (auto* store : stores_) {
    auto found = co_await get_from(*store, name);
    if (found && *found) co_return std::optional((*found)->text);
    if (found) co_return std::optional<std::string>();
    last = std::move(found).error();
  }
  co_return std::unexpected(last);
}

Task<Result<void>> SharedBoard::put_to(ObjectStore& store, std::string name, std::string text, PutCondition condition) {
  SealNonce nonce;
  io::fill_random(nonce);
  auto sealed = seal(key_, prefix_ + name, text, nonce);
  const PutOptions options{.size_bytes = sealed.size(), .headers = {}, .metadata = {}, .condition = std::move(condition)};
  store::MemoryBody body(std::move(sealed));
  auto put = co_await store.put(prefix_ + name, options, body);
  if (!put) co_return std::unexpected(std::move(put).error());
  co_return Result<void>{};
}

Task<Result<void>> SharedBoard::put(std::string name, std::string text) {
  Error last{Fault::kBroken, "no region to share by"};
  size_t done = 0;
  for (auto* store : stores_) {
    auto put = co_await put_to(*store, name, text, PutCondition{});
    if (put) {
      ++done;
    } else {
      last = std::move(put).error();
    }
  }
  if (done == 0) co_return std::unexpected(last);
  co_return Result<void>{};
}

Task<Result<void>> SharedBoard::remove(std::string name) {
  Result<void> result;
  for (auto* store : stores_) {
    auto removed = co_await store->remove(prefix_ + name, "");
    if (!removed) result = std::move(removed);
  }
  co_return result;
}

Task<Result<SharedBoard::Claim>> SharedBoard::claim(std::string node, Duration span) {
  Error last{Fault::kBroken, "no region to share by"};
  for (auto* store : stores_) {
    if (std::ranges::find(probed_, store) == probed_.end()) {
      auto probed = co_await store->probe_capabilities();
      if (!probed) {
        last = std::move(probed).error();
        continue;
      }
      probed_.push_back(store);
    }
    auto claimed = co_await claim_in(*store, node, span);
    if (claimed) co_return claimed;
    if (claimed.error().fault == Fault::kPrecondition) co_return Claim::kHeld;
    last = std::move(claimed).error();
  }
  co_return std::unexpected(last);
}

Task<Result<SharedBoard::Claim>> SharedBoard::claim_in(ObjectStore& store, std::string node, Duration span) {
  const std::string name = kLeaseName;
  CO_TRY(const auto found, co_await get_from(store, name));
  std::optional<Lease> present;
  if (found) {
    // One that cannot be read is no lease.
    if (auto lease = read_lease(found->text)) present = *std::move(lease);
  }
  if (judge_lease(present, node, scheduler_.wall()) == LeaseVerdict::kHeld) co_return Claim::kHeld;
  PutCondition condition;
  const auto& can = store.capabilities();
  if (!found && can.put_if_none_match) condition.if_none_match = true;
  if (found && can.put_if_match) condition.if_match = found->etag;
  const bool guarded = condition.if_none_match || !condition.if_match.empty();
  const auto until = scheduler_.wall() + std::chrono::duration_cast<Wall::duration>(span);
  const auto text = to_text(Lease{.node = node, .until = until});
  CO_TRY_VOID(co_await put_to(store, name, text, condition));
  if (guarded) co_return Claim::kGot;
  co_await sleep_for(scheduler_, kSettle);
  CO_TRY(const auto after, co_await get_from(store, name));
  co_return after && after->text == text ? Claim::kGot : Claim::kHeld;
}

Task<void> SharedBoard::release(std::string node) {
  for (auto* store : stores_) {
    auto found = co_await get_from(*store, kLeaseName);
    if (!found || !*found) continue;
    const auto lease = read_lease((*found)->text);
    if (!lease || lease->node != node) continue;
    auto removed = co_await store->remove(prefix_ + kLeaseName, "");
    (void)removed;  // it ends by itself
  }
}

}  // namespace evershore::acme
