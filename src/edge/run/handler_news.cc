// What the handler makes of news that keys have changed (model/key_news.h): whom it asks, and which stored copies it doubts.
#include "edge/run/fill.h"
#include "routing/copies.h"

namespace evershore::edge {

// There has been news of the key since something was asked for at this mark.
bool Handler::has_news(std::string_view cache_key, uint64_t mark) {
  return news_ && mark < news_->mark() && news_->about(cache_key).mark > mark;
}

// As its freshness says, but for what the key's news speaks against: that has to be asked for again.
Use Handler::use_now(std::string_view cache_key, const StoredObject& object) {
  const Use use = use_of(object.freshness, scheduler_.now());
  const bool asks = use == Use::kRevalidate || use == Use::kRevalidateStrictly;
  if (asks || !has_news(cache_key, object.news_mark)) return use;
  return object.freshness.never_stale ? Use::kRevalidateStrictly : Use::kRevalidate;
}

// Leaves regions out that are known to hold an older copy, where the site wants the newest.
void Handler::heed_copies(const SiteSettings& site, FetchOrder& order) {
  if (!news_ || site.reads.mode == ReadsMode::kAny || site.forward != ForwardMode::kKeys) return;
  const auto news = news_->about(news_name(site.name, order.request.key));
  if (news.behind.empty() && news.perhaps_behind.empty()) return;
  std::vector<routing::CopyAge> ages;
  for (const auto& choice : order.regions) {
    const auto number = news_desk_->news().number_of(choice.region);
    const auto age = !number || !news.behind.with(news.perhaps_behind).has(*number) ? routing::CopyAge::kNewest
                     : news.behind.has(*number)                                     ? routing::CopyAge::kOlder
                                                                                    : routing::CopyAge::kPerhapsOlder;
    ages.push_back(age);
  }
  auto choice = routing::heed_copies(std::move(order.regions), ages);
  if (choice.heeded == routing::Heeded::kLeftOut) counters_.reads_redirected.add();
  if (choice.heeded == routing::Heeded::kUndecided) counters_.reads_undecided.add();
  order.regions = std::move(choice.ask);
  order.older = std::move(choice.older);
}

void Handler::doubt(const std::vector<KeyHasNews>& keys) {
  for (const auto& key : keys) doubt_one(key);
  refresh_gauges();
}

// Copies that were asked for before the news: in memory they are doubted, on disk they go. What is being fetched will not be kept.
void Handler::doubt_one(const KeyHasNews& key) {
  const auto stored = cache_.find(key.name);
  if (stored && stored->news_mark >= key.mark) return;
  ++forgotten_;
  for (const auto& [_, fill] : fills_)
    if (fill->cache_key == key.name && fill->news_mark < key.mark) fill->outdated = true;
  const bool on_disk = disk_ != nullptr && disk_->may_have(key.name);
  if (stored || on_disk) counters_.copies_doubted.add();
  if (on_disk) disk_->remove(key.name);
  if (!stored) return;
  if (stored->is_marker() || stored->status != 200) {
    forget(key.name);
  } else {
    cache_.put(key.name, std::make_shared<const StoredObject>(doubted(*stored)));
  }
}

}  // namespace evershore::edge
