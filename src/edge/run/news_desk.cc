#include "edge/run/news_desk.h"

namespace evershore::edge {

uint64_t NewsDesk::join(io::LoopHandle loop, Doubt doubt) {
  const std::scoped_lock lock(mutex_);
  members_[next_member_] = {std::move(loop), std::make_shared<Doubt>(std::move(doubt))};
  return next_member_++;
}

void NewsDesk::leave(uint64_t member) {
  const std::scoped_lock lock(mutex_);
  const auto at = members_.find(member);
  if (at == members_.end()) return;
  *at->second.doubt = nullptr;  // read on this very loop only
  members_.erase(at);
}

void NewsDesk::tell(std::vector<KeyHasNews> keys) {
  const auto shared = std::make_shared<const std::vector<KeyHasNews>>(std::move(keys));
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, member] : members_) {
    (void)member.loop.post([doubt = member.doubt, shared] {
      if (*doubt) (*doubt)(*shared);
    });
  }
}

}  // namespace evershore::edge
