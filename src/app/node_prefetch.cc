// Objects fetched into the edge's caches before anybody asks for them.
#include "app/node.h"

namespace evershore::app {

namespace {

using Ends = std::vector<edge::Warmed>;

Task<Ends> warm_there(edge::EdgeWorker& edge, std::string site, std::vector<std::string> keys) {
  return edge.warm_all(std::move(site), std::move(keys));
}

// On one loop; `worst` has what each key is where it is worst.
Task<void> warm_on(ServingThread& serving, io::Loop& home, std::string site, std::vector<std::string> keys, Ends& worst) {
  const auto ends =
      co_await io::call_on<Ends>(serving.loop(), home, [&serving, site, keys] { return warm_there(serving.edge(), site, keys); });
  for (size_t i = 0; i < ends.size(); ++i) worst[i] = std::max(worst[i], ends[i]);
}

void add_to_report(console::PrefetchReport& report, const std::string& key, edge::Warmed end) {
  switch (end) {
    case edge::Warmed::kWasThere: ++report.were_there; break;
    case edge::Warmed::kFetched: ++report.fetched; break;
    case edge::Warmed::kMissing: ++report.missing; break;
    case edge::Warmed::kFailed: report.failed.push_back(key); break;
  }
}

}  // namespace

// All loops at the same time and in the same order: what they miss together is fetched once.
Task<Result<console::PrefetchReport>> Node::prefetch(std::string site, std::vector<std::string> keys) {
  CO_TRY_VOID(known_site(site));
  if (!purges_) co_return fail(Fault::kInvalid, "this node has no edge, so nothing is cached");
  if (settings_.sites.at(site).forward == ForwardMode::kRequests)
    co_return fail(Fault::kInvalid, "a site with forward = \"requests\" has no keys that could be fetched before somebody asks");
  Ends worst(keys.size(), edge::Warmed::kWasThere);
  TaskScope loops;
  for (auto& thread : serving_) loops.spawn(warm_on(*thread, loop_, site, keys, worst));
  co_await loops.join();
  console::PrefetchReport report;
  for (size_t i = 0; i < keys.size(); ++i) add_to_report(report, keys[i], worst[i]);
  co_return report;
}

}  // namespace evershore::app
