// What the edge's loops share: the settings as one immutable value, replaced as a whole at a reload.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/networks.h"
#include "edge/site_match.h"
#include "model/settings.h"

namespace evershore::edge {

struct EdgeConfig {
  EdgeSettings edge;
  std::map<std::string, RegionSettings> regions;
  SiteTable sites;
  uint32_t loops = 1;           // the cache's memory is divided by it
  Networks trusted_proxies;     // those of `edge`
  std::string acme_thumbprint;  // what questions of an ACME authority are answered with; "" = they are not
};

inline EdgeConfig make_edge_config(const EdgeSettings& edge, const std::map<std::string, RegionSettings>& regions,
                                   const std::map<std::string, SiteSettings>& sites, uint32_t loops) {
  EdgeConfig config{.edge = edge, .regions = regions, .sites = SiteTable(sites), .loops = loops == 0 ? 1 : loops};
  for (const auto& network : edge.proxies.trusted) (void)config.trusted_proxies.add(network);  // they have been checked
  return config;
}

}  // namespace evershore::edge
