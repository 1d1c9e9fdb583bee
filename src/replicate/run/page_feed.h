// Reads one region's listing ahead of the one who merges it: at most two pages wait. One thread.
#pragma once

#include <deque>
#include <optional>

#include "base/sync.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

class PageFeed {
 public:
  // Of keys behind `after`.
  PageFeed(SiteContext& context, Region& region, ObjectKey after)
      : context_(context), region_(region), changed_(context.scheduler), after_(std::move(after)) {}
  uint64_t lists() const { return lists_; }  // requests made

  // Lists until the end, a failure that stays, or close(). Spawn it beside the reader and join it afterwards.
  Task<void> run();
  // The next page, in order. Fails when the listing failed.
  Task<Result<ListPage>> next();
  void close();

 private:
  Task<Result<ListPage>> fetch(ObjectKey after);

  SiteContext& context_;
  Region& region_;
  Signal changed_;
  std::deque<Result<ListPage>> ready_;
  bool closed_ = false;
  ObjectKey after_;
  uint64_t lists_ = 0;
};

}  // namespace evershore::replicate
