// What the edge's loops share: the settings as one immutable value, replaced as a whole at a reload.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "edge/site_match.h"
#include "model/settings.h"

namespace evershore::edge {

struct EdgeConfig {
  EdgeSettings edge;
  std::map<std::string, RegionSettings> regions;
  SiteTable sites;
  uint32_t loops = 1;           // the cache's memory is divided by it
  std::string acme_thumbprint;  // what questions of an ACME authority are answered with; "" = they are not
};

inline EdgeConfig make_edge_config(const EdgeSettings& edge, const std::map<std::string, RegionSettings>& regions,
                                   const std::map<std::string, SiteSettings>& sites, uint32_t loops) {
  return {.edge = edge, .regions = regions, .sites = SiteTable(sites), .loops = loops == 0 ? 1 : loops};
}

}  // namespace evershore::edge
