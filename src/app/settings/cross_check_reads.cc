// What the settings of a site's reads must be to each other.
#include <fmt/format.h>

#include <algorithm>

#include "app/settings/cross_check.h"
#include "routing/choice.h"

namespace evershore::app {

namespace {

void check_weights(const SiteSettings& site, const std::string& path, Problems& problems) {
  const auto& weights = site.reads.weights;
  for (const auto& [region, weight] : weights)
    if (std::ranges::find(site.regions, region) == site.regions.end())
      problems.add(fmt::format("{}.weights.{}", path, region),
                   fmt::format("\"{}\" is no region of this site{}", region, did_you_mean(region, site.regions)));
  if (site.reads.choice != ChoiceMode::kWeights) {
    if (!weights.empty()) problems.add(path + ".weights", "have no effect without choice = \"weights\"");
    return;
  }
  if (std::ranges::none_of(weights, [](const auto& entry) { return entry.second > 0; }) && !problems.any_below(path + ".weights"))
    problems.add(path + ".choice", "needs weights, one of them above 0: weights = { REGION = 1 }");
}

void check_ramp(const SiteSettings& site, const std::string& path, Problems& problems) {
  Permille before = 0;
  const auto& shares = site.failback.ramp.shares;
  for (size_t i = 0; i < shares.size(); ++i) {
    const std::string at = fmt::format("{}.failback.ramp[{}]", path, i);
    const auto share = routing::parse_share(shares[i]);
    if (!share) {
      problems.add(at, fmt::format("\"{}\" is no share; write \"1%\", \"0.5%\" or \"100%\"", shares[i]));
      return;
    }
    if (*share <= before) problems.add(at, "is not larger than the share before it");
    before = *share;
  }
}

}  // namespace

void check_reads(const SiteSettings& site, const std::string& path, Problems& problems) {
  check_weights(site, path, problems);
  check_ramp(site, path, problems);
}

}  // namespace evershore::app
