// What no single setting can tell: references between sections, and settings that exclude or need each other.
#pragma once

#include "app/settings/problems.h"
#include "app/settings/settings.h"

namespace evershore::app {

void cross_check(const Loaded& loaded, Problems& problems);

// Its parts.
void check_regions(const Settings& settings, Problems& problems);
void check_sites(const Settings& settings, Problems& problems);
void check_health_checks(const Settings& settings, Problems& problems);
void check_node(const Settings& settings, Problems& problems);
void check_front(const EdgeSettings& edge, Problems& problems);
void check_listeners(const Settings& settings, Problems& problems);
void check_acme(const Settings& settings, Problems& problems);
void check_alerts(const Settings& settings, Problems& problems);
void check_dns(const Settings& settings, Problems& problems);
void check_aws(const Loaded& loaded, Problems& problems);

// Every name that a `health_check` or a calculated check's `children` may give.
std::vector<std::string> known_checks(const Settings& settings);

// Of one site: redirects, error pages, fields, cross-origin rules, access.
void check_behaviour(const SiteSettings& site, const std::string& path, Problems& problems);
// Of one site: weights and ramps.
void check_reads(const SiteSettings& site, const std::string& path, Problems& problems);

}  // namespace evershore::app
