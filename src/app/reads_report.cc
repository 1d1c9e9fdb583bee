#include "app/reads_report.h"

#include <array>
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

}  // namespace evershore::app
