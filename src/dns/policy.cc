#include "dns/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "dns/compile.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeCname;

bool about_servers(uint16_t type) {
  return type == dnswire::kTypeNs || type == dnswire::kTypeSoa || type == dnswire::kTypeDs || type == dnswire::kTypeDnskey ||
         type == dnswire::kTypeDname;
}

// Reads one record's policy.
class PolicyReader {
 public:
  PolicyReader(const DnsSettings& dns, const RecordSettings& settings, DecidedRecord& record, const TellProblem& tell)
      : dns_(dns), settings_(settings), record_(record), tell_(tell) {}

  void read() {
    if (settings_.policy == RecordPolicy::kSimple) check_simple();
    if (settings_.policy != RecordPolicy::kSimple && about_servers(record_.type)) {
      tell_("policy", fmt::format("a record of type {} says how the zone is served; only policy \"simple\" is for it",
                                  dnswire::type_name(record_.type)));
    }
    if (!settings_.site.empty()) return check_site();
    switch (settings_.policy) {
      case RecordPolicy::kSimple: break;
      case RecordPolicy::kFailover: read_failover(); break;
      case RecordPolicy::kWeighted: break;
      case RecordPolicy::kMultivalue: check_multivalue(); break;
      case RecordPolicy::kLatency: read_latency(); break;
      case RecordPolicy::kGeo: read_geo(); break;
    }
    for (size_t i = 0; i < settings_.answers.size(); ++i) read_answer(i);
    read_fallback();
  }

 private:
  static std::string field(size_t index, std::string_view key) { return fmt::format("answers[{}].{}", index, key); }

  void check_simple() {
    if (record_.type == kTypeCname && record_.answers.size() > 1) tell_("answers", "a CNAME has exactly one value");
    for (size_t i = 0; i < settings_.answers.size(); ++i) {
      const auto& answer = settings_.answers[i];
      if (answer.health_check.empty() && !answer.evaluate_target_health) continue;
      tell_(field(i, answer.health_check.empty() ? "evaluate_target_health" : "health_check"),
            "policy \"simple\" always answers with everything; use another policy with a health check");
    }
    if (settings_.when_all_down != WhenAllDown::kAll) tell_("when_all_down", "policy \"simple\" does not ask about health; leave it out");
  }

  void check_site() {
    if (settings_.policy != RecordPolicy::kSimple && settings_.policy != RecordPolicy::kMultivalue) {
      tell_("policy", "a record made from a site chooses among its edges by itself; leave `policy` out");
    }
    if (settings_.when_all_down == WhenAllDown::kLastKnown || settings_.when_all_down == WhenAllDown::kFallback) {
      tell_("when_all_down", "a record made from a site has no answers of its own; use \"all\" or \"none\"");
    }
  }

  void check_multivalue() {
    if (record_.type == kTypeCname) tell_("policy", "a CNAME has one value: policy \"multivalue\" is for other types");
  }

  void read_failover() {
    const auto with_role = [&](std::string_view role) { return std::ranges::count(settings_.answers, role, &AnswerSettings::role); };
    const auto primaries = with_role("primary");
    const auto secondaries = with_role("secondary");
    if (primaries == 0 && secondaries == 0) {
      if (record_.answers.size() < 2) tell_("answers", "policy \"failover\" needs two answers or more, in the order of preference");
      return;
    }
    if (settings_.answers.size() != 2 || primaries != 1 || secondaries != 1) {
      tell_("answers",
            "policy \"failover\" needs exactly one answer with role \"primary\" and one with role \"secondary\"; for more tiers, leave the "
            "roles out and put the answers in order");
      return;
    }
    if (settings_.answers[0].role != "primary") std::swap(record_.answers[0], record_.answers[1]);
  }

  void read_latency() {
    for (size_t i = 0; i < settings_.answers.size(); ++i) {
      const auto& answer = settings_.answers[i];
      if (answer.region.empty()) tell_(field(i, "region"), "is missing: policy \"latency\" needs to know where each answer is");
      for (const auto& [area, regions] : dns_.latency) {
        const auto known = regions.find(answer.region);
        if (known != regions.end()) record_.answers[i].latency[area] = known->second;
      }
    }
    if (settings_.answers.empty()) tell_("answers", "policy \"latency\" needs `answers`, each with its region");
  }

  void read_geo() {
    if (settings_.answers.empty()) tell_("answers", "policy \"geo\" needs `answers`, each with its area");
    std::set<std::string> taken;
    for (size_t i = 0; i < settings_.answers.size(); ++i) {
      const auto& answer = settings_.answers[i];
      auto& areas = record_.answers[i].areas;
      for (size_t k = 0; k < answer.networks.size(); ++k) {
        if (!dns_.networks.contains(answer.networks[k])) {
          tell_(fmt::format("answers[{}].networks[{}]", i, k),
                fmt::format("there is no network \"{}\" in dns.networks", answer.networks[k]));
        }
        areas.push_back(answer.networks[k]);
      }
      if (!answer.country.empty()) areas.push_back("country/" + answer.country);
      if (!answer.continent.empty()) areas.push_back("continent/" + answer.continent);
      if ((!answer.country.empty() || !answer.continent.empty()) && dns_.geo_database.empty()) {
        tell_(field(i, answer.country.empty() ? "continent" : "country"), "needs dns.geo_database, or use `networks`");
      }
      record_.answers[i].for_others = answer.for_others;
      if (answer.for_others) check_once(taken, "default", field(i, "default"));
      for (const auto& area : areas) check_once(taken, area, fmt::format("answers[{}]", i));
      const bool reserved = settings_.when_all_down == WhenAllDown::kFallback && !answer.id.empty() && answer.id == settings_.fallback;
      if (areas.empty() && !answer.for_others && !reserved) {
        tell_(fmt::format("answers[{}]", i), "has no area: give `networks`, `country`, `continent` or `default = true`");
      }
    }
  }

  void check_once(std::set<std::string>& taken, const std::string& area, std::string where) {
    if (!taken.insert(area).second) tell_(std::move(where), fmt::format("another answer is for {} already", area));
  }

  void read_answer(size_t index) {
    const auto& answer = settings_.answers[index];
    // read_failover() may have swapped the two.
    const bool swapped =
        settings_.policy == RecordPolicy::kFailover && settings_.answers.size() == 2 && settings_.answers[0].role == "secondary";
    auto& into = record_.answers[swapped ? 1 - index : index];
    into.weight = answer.weight;
    const bool has_area = !answer.networks.empty() || !answer.country.empty() || !answer.continent.empty() || answer.for_others;
    if (has_area && settings_.policy != RecordPolicy::kGeo) {
      tell_(fmt::format("answers[{}]", index), "has an area, but `networks`, `country`, `continent` and `default` are for policy \"geo\"");
    }
    if (!answer.region.empty() && settings_.policy != RecordPolicy::kLatency) tell_(field(index, "region"), "is for policy \"latency\"");
    if (!answer.evaluate_target_health) return;
    into.target_group = target_of(record_, into);
    if (!into.target_group) {
      tell_(field(index, "evaluate_target_health"), "is for records of type CNAME or ALIAS whose value is the name of another record here");
    }
  }

  void read_fallback() {
    record_.when_all_down = settings_.when_all_down;
    if (settings_.when_all_down != WhenAllDown::kFallback) {
      if (!settings_.fallback.empty()) tell_("fallback", "is for when_all_down = \"fallback\"");
      return;
    }
    if (settings_.fallback.empty()) return tell_("fallback", "is missing: name the answer to give when all others are down");
    const auto named = std::ranges::find(record_.answers, settings_.fallback, &DecidedAnswer::id);
    if (named == record_.answers.end()) return tell_("fallback", fmt::format("there is no answer with the id \"{}\"", settings_.fallback));
    record_.fallback = std::move(*named);
    record_.answers.erase(named);
    if (record_.answers.empty()) tell_("answers", "there is no answer besides the fallback");
  }

  const DnsSettings& dns_;
  const RecordSettings& settings_;
  DecidedRecord& record_;
  const TellProblem& tell_;
};

std::string plain(const Name& name) {
  std::string text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

// Records with a policy by their name, and what leads where.
class Graph {
 public:
  explicit Graph(const std::vector<Zone>& zones) {
    for (const auto& zone : zones) {
      for (const auto& record : zone.decided) by_owner_[record.owner].push_back(&record);
    }
  }

  bool has(const Name& name) const { return by_owner_.contains(name); }

  // The names on a way from `name` back to it; empty if there is none.
  std::vector<Name> circle(const Name& name) const {
    std::vector<Name> way{name};
    std::set<Name> seen;
    return walk_back(name, way, seen) ? way : std::vector<Name>{};
  }

  // How many different answers a question for the name can have, at most. Only where there is no circle.
  size_t outcomes(const Name& name) {
    const auto known = outcomes_.find(name);
    if (known != outcomes_.end()) return known->second;
    size_t most = 1;
    if (const auto records = by_owner_.find(name); records != by_owner_.end()) {
      for (const auto* record : records->second) most = std::max(most, outcomes_of(*record));
    }
    outcomes_[name] = most;
    return most;
  }

 private:
  template <class Visit>
  void each_target(const DecidedRecord& record, const Visit& visit) const {
    for (const auto& answer : record.answers) {
      if (const auto target = target_of(record, answer); target && has(*target)) visit(*target);
    }
    if (!record.fallback) return;
    if (const auto target = target_of(record, *record.fallback); target && has(*target)) visit(*target);
  }

  bool walk_back(const Name& from, std::vector<Name>& way, std::set<Name>& seen) const {
    bool found = false;
    for (const auto* record : by_owner_.at(from)) {
      each_target(*record, [&](const Name& target) {
        if (found) return;
        way.push_back(target);
        found = target == way.front() || (seen.insert(target).second && walk_back(target, way, seen));
        if (!found) way.pop_back();
      });
    }
    return found;
  }

  size_t outcomes_of(const DecidedRecord& record) {
    size_t all = 0;
    size_t most = 1;
    for (const auto& answer : record.answers) {
      const auto target = target_of(record, answer);
      const size_t behind = target && has(*target) ? outcomes(*target) : 1;
      all = std::min(all + behind, 1'000'000UL);
      most = std::max(most, behind);
    }
    if (record.policy == RecordPolicy::kFailover) return most;
    if (record.policy == RecordPolicy::kMultivalue) return record.answers.size() > kMultivalueAnswersMax ? record.answers.size() : 1;
    return std::max<size_t>(all, 1);
  }

  std::map<Name, std::vector<const DecidedRecord*>> by_owner_;
  std::map<Name, size_t> outcomes_;
};

std::string way_text(const std::vector<Name>& way) {
  std::string text;
  for (const auto& name : way) text += (text.empty() ? "" : " -> ") + plain(name);
  return text;
}

}  // namespace

void read_policy(const DnsSettings& dns, const RecordSettings& settings, DecidedRecord& record, const TellProblem& tell) {
  PolicyReader(dns, settings, record, tell).read();
}

std::optional<Name> target_of(const DecidedRecord& record, const DecidedAnswer& answer) {
  if (record.type == kTypeCname) {
    auto name = dnswire::rdata_target(kTypeCname, answer.rdata);
    return name ? std::optional(*std::move(name)) : std::nullopt;
  }
  if (record.type != kTypeAlias) return std::nullopt;
  for (const uint16_t family : {dnswire::kTypeA, dnswire::kTypeAaaa}) {
    if (dnswire::rdata_from_text(family, answer.rdata)) return std::nullopt;
  }
  auto name = Name::parse(answer.rdata);
  return name ? std::optional(*std::move(name)) : std::nullopt;
}

void check_targets(const std::vector<Zone>& zones, const std::function<void(const DecidedRecord&, std::string message)>& tell) {
  Graph graph(zones);
  bool circles = false;
  for (const auto& zone : zones) {
    for (const auto& record : zone.decided) {
      for (const auto& answer : record.answers) {
        if (!answer.target_group || graph.has(*answer.target_group)) continue;
        tell(record, fmt::format("evaluate_target_health: {} is no record with a policy here", plain(*answer.target_group)));
      }
      const auto way = graph.circle(record.owner);
      if (way.empty()) continue;
      circles = true;
      tell(record, fmt::format("its answers lead back to it: {}", way_text(way)));
    }
  }
  if (circles) return;
  for (const auto& zone : zones) {
    for (const auto& record : zone.decided) {
      const size_t outcomes = graph.outcomes(record.owner);
      if (outcomes <= kOutcomesMax) continue;
      tell(record, fmt::format("with the records that its answers lead to, it has {} outcomes; there may be {}", outcomes, kOutcomesMax));
    }
  }
}

std::shared_ptr<const PlaceTable> network_table(const DnsSettings& dns) {
  std::vector<PlaceTable::Area> areas;
  for (const auto& [name, prefixes] : dns.networks) {
    for (const auto& text : prefixes) {
      if (const auto prefix = parse_prefix(text)) areas.push_back({*prefix, {name}});
    }
  }
  return PlaceTable::build(areas);
}

void check_places(const DnsSettings& dns, const TellProblem& tell) {
  std::map<std::string, std::string> owners;
  for (const auto& [name, prefixes] : dns.networks) {
    for (size_t i = 0; i < prefixes.size(); ++i) {
      const auto prefix = parse_prefix(prefixes[i]);
      if (!prefix) continue;
      const std::string key = fmt::format("{}/{}/{}", prefix->v6, fmt::join(prefix->address, "."), prefix->bits);
      const auto [owner, fresh] = owners.emplace(key, name);
      if (!fresh) tell(fmt::format("networks.{}[{}]", name, i), fmt::format("{} belongs to \"{}\" already", prefixes[i], owner->second));
    }
  }
  for (const auto& [area, regions] : dns.latency) {
    const bool of_database = area.starts_with("country/") || area.starts_with("continent/");
    if (of_database && dns.geo_database.empty()) {
      tell("latency." + area, "needs dns.geo_database; without it, name a network of dns.networks");
    } else if (!of_database && !dns.networks.contains(area)) {
      tell("latency." + area, fmt::format("there is no network \"{}\" in dns.networks", area));
    }
  }
}

}  // namespace evershore::dns
