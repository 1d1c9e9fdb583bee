#include "edge/run/purge_desk.h"

#include "io/files.h"

namespace evershore::edge {

namespace {
constexpr size_t kListBytesMax = 64 << 20;

// The time is higher than all marks before it: each purge adds one, and takes longer than a microsecond.
PurgeList read_list(const std::string& path, Wall now) {
  if (path.empty()) return {};
  const auto bytes = io::read_whole_file(path, kListBytesMax);
  auto list = bytes ? PurgeList::decode(*bytes) : std::nullopt;
  if (list) return *list;
  // At the very first start there is nothing to purge, and this does no harm.
  list = PurgeList::everything_before(static_cast<uint64_t>(now.time_since_epoch().count()));
  (void)io::write_file_durably(path, list->encode(), 0600);
  return *list;
}
}  // namespace

PurgeDesk::PurgeDesk(std::string path, Wall now)
    : path_(std::move(path)), list_(std::make_shared<const PurgeList>(read_list(path_, now))) {}

Result<void> PurgeDesk::purge(const PurgeOrder& order) {
  const std::scoped_lock lock(purging_);
  const auto next = list_.read()->with(order);
  list_.publish(next);
  if (path_.empty()) return {};
  return io::write_file_durably(path_, next.encode(), 0600);
}

uint64_t PurgeDesk::join(io::LoopHandle loop, Forget forget) {
  const std::scoped_lock lock(mutex_);
  members_[next_member_] = {std::move(loop), std::make_shared<Forget>(std::move(forget))};
  return next_member_++;
}

void PurgeDesk::leave(uint64_t member) {
  const std::scoped_lock lock(mutex_);
  const auto at = members_.find(member);
  if (at == members_.end()) return;
  *at->second.forget = nullptr;  // read on this very loop only
  members_.erase(at);
}

void PurgeDesk::tell_others(uint64_t from, const std::string& cache_key) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, member] : members_) {
    if (number == from) continue;
    (void)member.loop.post([forget = member.forget, cache_key] {
      if (*forget) (*forget)(cache_key);
    });
  }
}

}  // namespace evershore::edge
