#include "app/reads_report.h"

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "routing/choice.h"

namespace evershore::app {

using Json = nlohmann::ordered_json;

Json reads_json(const std::vector<std::unique_ptr<ServingThread>>& serving, const KeyNews& news) {
  uint64_t redirected = 0, undecided = 0, older = 0, doubted = 0;
  for (const auto& thread : serving) {
    const auto& counters = thread->edge().counters();
    redirected += counters.reads_redirected.get();
    undecided += counters.reads_undecided.get();
    older += counters.reads_older.get();
    doubted += counters.copies_doubted.get();
  }
  return {{"redirected", redirected},
          {"undecided", undecided},
          {"older", older},
          {"copies_doubted", doubted},
          {"keys_behind", news.counters().behind.get()},
          {"keys_behind_unlisted", news.counters().no_place.get()}};
}

void reads_metrics(console::MetricsText& out, const Json& reads) {
  using console::MetricType;
  const auto add = [&](MetricType type, std::string_view name, std::string_view help, const char* field) {
    out.add(type, name, help, {}, reads[field].get<double>());
  };
  add(MetricType::kCounter, "evershore_edge_reads_redirected_total", "Fetches that left out a region whose copy is older.", "redirected");
  add(MetricType::kCounter, "evershore_edge_reads_undecided_total", "Fetches where no region was known to hold the newest copy.",
      "undecided");
  add(MetricType::kCounter, "evershore_edge_reads_older_total", "Answers with an older copy: nobody else could be reached.", "older");
  add(MetricType::kCounter, "evershore_edge_copies_doubted_total", "Cached copies that a change of their key made doubtful.",
      "copies_doubted");
  add(MetricType::kGauge, "evershore_edge_keys_behind", "Keys that some region is known to be behind for.", "keys_behind");
  add(MetricType::kGauge, "evershore_edge_keys_behind_unlisted", "Such keys beyond the list: their regions count as behind for all.",
      "keys_behind_unlisted");
}

Json reads_of_key(const SiteSettings& site, const std::string& key, KeyNews& news) {
  const auto about = KeyNews::Reader(news).about(news_name(site.name, key));
  Json asked = Json::array(), older = Json::array(), perhaps = Json::array();
  for (const auto& region : site.regions) {
    const auto number = news.number_of(region);
    const bool is_older = number && about.behind.has(*number);
    const bool may_be = number && about.perhaps_behind.has(*number);
    (is_older ? older : may_be ? perhaps : asked).push_back(region);
  }
  const bool latest = site.reads.mode == ReadsMode::kLatest;
  Json json{{"mode", latest ? "latest" : "any"}, {"newest", asked}, {"older", older}, {"perhaps_older", perhaps}};
  json["changed_here"] = about.mark != 0;  // lately
  return json;
}

Json order_of_key(const SiteSettings& site, const std::string& key, const HealthSnapshot& health, const Steering& steering,
                  const RegionPreference& preference) {
  Json order = Json::array();
  const auto regions = routing::region_order(site, health, steering);
  for (const auto& choice : routing::order_for_key(site, regions, routing::key_hash(key), preference)) order.push_back(choice.region);
  return order;
}

namespace {
double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

Json ramps_json(const SiteSettings& site, const RegionPreferences& preferences) {
  Json ramps = Json::array();
  for (const auto& region : site.regions) {
    const auto* ramp = preferences.ramp(site.name, region);
    if (ramp == nullptr) continue;
    ramps.push_back({{"region", region}, {"percent", ramp->rules.shares[ramp->state.stage] / 10.0}, {"setbacks", ramp->state.setbacks}});
  }
  return ramps;
}
}  // namespace

Json choice_json(const SiteSettings& site, const RegionPreferences& preferences) {
  constexpr std::array<const char*, 3> kModes = {"order", "weights", "nearest"};
  Json json{{"mode", kModes[static_cast<size_t>(site.reads.choice)]}, {"weights", site.reads.weights}};
  const auto nearest = preferences.nearest(site.name);
  json["nearest"] = nearest.empty() ? Json() : Json(nearest);
  json["distance_seconds"] = Json::object();
  for (const auto& region : site.regions) {
    const auto distance = preferences.distance(region);
    json["distance_seconds"][region] = distance ? Json(seconds(*distance)) : Json();
  }
  json["ramps"] = ramps_json(site, preferences);
  return json;
}

namespace {
struct RegionSums {
  uint64_t attempts = 0, failures = 0, open = 0, waiting = 0, limit = 0, waited = 0, turned_away = 0;
};
}  // namespace

Json edge_regions_json(const std::vector<std::unique_ptr<ServingThread>>& serving) {
  std::map<std::string, RegionSums> sums;
  for (const auto& thread : serving) {
    thread->edge().each_region([&sums](std::string_view name, const edge::RegionCounters& counters) {
      auto& sum = sums[std::string(name)];
      sum.attempts += counters.attempts.get();
      sum.failures += counters.failures.get();
      sum.open += counters.breaker_open.get();
      sum.waiting += counters.waiting_first_byte.get();
      sum.limit += counters.first_byte_limit.get();
      sum.waited += counters.waited.get();
      sum.turned_away += counters.turned_away.get();
    });
  }
  Json list = Json::array();
  for (const auto& [name, sum] : sums) {
    list.push_back({{"region", name},
                    {"attempts", sum.attempts},
                    {"failures", sum.failures},
                    {"loops_that_avoid_it", sum.open},
                    {"waiting", sum.waiting},
                    {"limit", sum.limit},
                    {"waited", sum.waited},
                    {"turned_away", sum.turned_away}});
  }
  return list;
}

void edge_regions_metrics(console::MetricsText& out, const Json& regions) {
  using console::MetricType;
  const auto each = [&](MetricType type, std::string_view name, std::string_view help, const char* field) {
    for (const auto& region : regions) {
      const auto label = region["region"].get<std::string>();
      const std::array<std::pair<std::string_view, std::string_view>, 1> labels{{{"region", label}}};
      out.add(type, name, help, labels, region[field].get<double>());
    }
  };
  each(MetricType::kCounter, "evershore_edge_region_attempts_total", "Requests sent to the region.", "attempts");
  each(MetricType::kCounter, "evershore_edge_region_failures_total", "Requests that the region failed.", "failures");
  each(MetricType::kGauge, "evershore_edge_region_waiting_requests", "Requests that wait for the region's first byte.", "waiting");
  each(MetricType::kGauge, "evershore_edge_region_limit_requests", "So many may, over all loops; it adapts.", "limit");
  each(MetricType::kCounter, "evershore_edge_region_waited_total", "Requests that had to wait for their turn at the region.", "waited");
  each(MetricType::kCounter, "evershore_edge_region_turned_away_total", "Requests that did not get their turn.", "turned_away");
}

}  // namespace evershore::app
