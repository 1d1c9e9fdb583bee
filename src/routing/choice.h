// Which region goes first for one key: the site's choice among the regions that are equally good otherwise. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/region_preference.h"
#include "routing/decide.h"

namespace evershore::routing {

// The same on every node and in every version: shares of keys must not move because a node was replaced.
uint64_t key_hash(std::string_view key);

// The share of the keys, in thousandths, that this key lies in: it belongs to every share that is larger.
Permille place_of(uint64_t key_hash);

// `order` (of region_order()) for one key. What is not usable stays where it is, behind.
//   choice    the usable ones, but for a pinned one
//   order     as they are
//   weights   weighted rendezvous of key and region: of W = sum of the weights, a region is first for weight/W of the keys; those
//             without a weight come last, as they are. A region that goes, or gets another weight, moves only keys that were or become its
//             own
//   nearest   by RegionPreference::nearest; those not in it last, as they are
// A pinned region goes before them. At last, a region with a share that the key does not lie in goes behind the other usable ones.
std::vector<RegionChoice> order_for_key(const SiteSettings& site, std::vector<RegionChoice> order, uint64_t key_hash,
                                        const RegionPreference& preference);

// "1%", "0.5%", "100%"; nullopt for anything else, and for shares that are not between 0.1% and 100%.
std::optional<Permille> parse_share(std::string_view text);

}  // namespace evershore::routing
