#include "dns/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "dns/master_file.h"
#include "dns/policy.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeA;
using dnswire::kTypeAaaa;
using dnswire::kTypeCname;
using dnswire::kTypeNs;
using dnswire::kTypeSoa;
using dnswire::type_name;
using Where = Problem::Where;

std::string plain(const Name& name) {
  std::string text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

std::string type_text(uint16_t type) { return type == kTypeAlias ? "ALIAS" : type_name(type); }

std::optional<uint16_t> record_type(std::string_view text) {
  if (equal_ignoring_case(text, "ALIAS")) return kTypeAlias;
  return dnswire::parse_type(text);
}

// Where a name's data comes from, to say what clashes with what.
struct Source {
  Where where;
  size_t index;
  size_t line = 0;                    // of the master file; 0 = a record of the settings
  const std::string* file = nullptr;  // which one: the zone's own or one that it includes
};

class Loader {
 public:
  Loader(const DnsSettings& settings, const MasterFiles& files) : settings_(settings), files_(files) {}

  LoadedZones load() {
    for (size_t i = 0; i < settings_.zones.size(); ++i) load_zone(i);
    for (size_t i = 0; i < settings_.zones.size(); ++i) load_file(i);
    for (size_t i = 0; i < settings_.records.size(); ++i) load_record(i);
    for (size_t i = 0; i < out_.zones.size(); ++i) finish_zone(i);
    check_places(settings_,
                 [&](std::string field, std::string message) { problem({Where::kDns, 0}, std::move(field), std::move(message)); });
    check_targets(out_.zones, [&](const DecidedRecord& record, std::string message) {
      problem(origins_[zone_of(out_.zones, record.owner)].at(record.owner).at(record.type), "answers", std::move(message));
    });
    out_.networks = network_table(settings_);
    return std::move(out_);
  }

 private:
  using Origins = std::map<Name, std::map<uint16_t, Source>>;

  void problem(Source source, std::string field, std::string message) {
    if (source.line > 0) message = fmt::format("{}:{}: {}", *source.file, source.line, message);
    out_.problems.push_back({source.where, source.index, std::move(field), std::move(message)});
  }

  void load_zone(size_t index) {
    const auto& settings = settings_.zones[index];
    const Source source{Where::kZone, index};
    Zone zone;
    if (auto apex = Name::parse(settings.name); !apex) {
      problem(source, "name", apex.error().text);
    } else {
      zone.apex = *apex;
      const auto same = [&](const Zone& other) { return other.apex == zone.apex; };
      if (std::ranges::any_of(out_.zones, same)) problem(source, "name", fmt::format("zone \"{}\" is there twice", settings.name));
    }
    origins_.emplace_back();
    for (size_t i = 0; i < settings.nameservers.size(); ++i) {
      const auto host = dnswire::rdata_from_text(kTypeNs, settings.nameservers[i]);
      if (!host) {
        problem(source, fmt::format("nameservers[{}]", i), host.error().text);
        continue;
      }
      add(zone, origins_.back(), zone.apex, kTypeNs, kApexTtl, *host, source);
    }
    out_.zones.push_back(std::move(zone));
  }

  void load_file(size_t index) {
    const auto& settings = settings_.zones[index];
    if (settings.file.empty() || !files_.contains(settings.file)) return;
    Zone& zone = out_.zones[index];
    auto read = read_master_file(settings.file, files_, zone.apex);
    for (auto& bad : read.problems) problem({Where::kZone, index, bad.line, &bad.file}, "file", std::move(bad.message));
    std::vector<const std::string*> names;
    for (auto& name : read.files) names.push_back(&*file_names_.insert(std::move(name)).first);
    for (auto& record : read.records) {
      const Source source{Where::kZone, index, record.line, names[record.file]};
      if (!record.owner.under(zone.apex)) {
        problem(source, "file", fmt::format("{} lies outside the zone {}", plain(record.owner), plain(zone.apex)));
      } else if (check_type(record.type, source, "file") && check_ttl(record.ttl, source, "file")) {
        add(zone, origins_[index], record.owner, record.type, record.ttl, std::move(record.rdata), source);
      }
    }
  }

  // Types that only exist in queries.
  bool check_type(uint16_t type, Source source, std::string_view field) {
    const bool query_only = type == dnswire::kTypeOpt || (type >= 128 && type <= 255);
    if (!query_only) return true;
    problem(source, std::string(field), fmt::format("records of type {} cannot be served", type_name(type)));
    return false;
  }

  bool check_ttl(uint64_t seconds, Source source, std::string_view field) {
    if (seconds >= 1 && seconds <= kTtlMax) return true;
    problem(source, std::string(field), fmt::format("the TTL must be from 1 s to {} s", kTtlMax));
    return false;
  }

  void add(Zone& zone, Origins& origins, const Name& owner, uint16_t type, uint32_t ttl, std::string rdata, Source source) {
    auto& set = zone.fixed[owner][type];
    if (set.rdata.empty()) {
      set.ttl = ttl;
    } else if (set.ttl != ttl && type != kTypeNs) {
      // RFC 2181 5.2: one TTL for the whole set.
      problem(source, source.line > 0 ? "file" : "ttl",
              fmt::format("the {} records of {} have different TTLs ({} s and {} s)", type_text(type), plain(owner), set.ttl, ttl));
    }
    set.ttl = std::min(set.ttl, ttl);
    if (std::ranges::find(set.rdata, rdata) == set.rdata.end()) set.rdata.push_back(std::move(rdata));
    origins[owner].try_emplace(type, source);
  }

  void load_record(size_t index) {
    const auto& settings = settings_.records[index];
    const Source source{Where::kRecord, index};
    const auto owner = Name::parse(settings.name);
    const auto type = record_type(settings.type);
    size_t zone = out_.zones.size();
    if (!owner) {
      problem(source, "name", owner.error().text);
    } else if (zone = zone_of(out_.zones, *owner); zone == out_.zones.size()) {
      problem(source, "name", fmt::format("\"{}\" lies in none of the zones", settings.name));
    }
    if (!type)
      problem(source, "type", fmt::format("\"{}\" is not a record type (A, AAAA, CNAME, TXT, ..., TYPEnnn, or ALIAS)", settings.type));
    if (type && !check_type(*type, source, "type")) return;
    const auto ttl = record_ttl(settings.ttl, source);
    if (!type) return;
    DecidedRecord record{
        .owner = owner ? *owner : Name(), .type = *type, .ttl = ttl, .policy = settings.policy, .answers = {}, .site = settings.site};
    const size_t before = out_.problems.size();
    read_answers(settings, source, record);
    if (record.answers.size() == settings.answers.size() + settings.values.size()) {
      read_policy(settings_, settings, record,
                  [&](std::string field, std::string message) { problem(source, std::move(field), std::move(message)); });
    }
    if (!owner || zone == out_.zones.size() || out_.problems.size() > before) return;
    place(out_.zones[zone], origins_[zone], std::move(record), source);
  }

  uint32_t record_ttl(Duration ttl, Source source) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ttl);
    if (ttl < Duration::zero() || !check_ttl(static_cast<uint64_t>(seconds.count()), source, "ttl")) return 1;
    if (seconds != ttl) problem(source, "ttl", "a TTL is a whole number of seconds");
    return static_cast<uint32_t>(seconds.count());
  }

  void read_answers(const RecordSettings& settings, Source source, DecidedRecord& record) {
    if (!settings.site.empty()) {
      if (record.type != kTypeA && record.type != kTypeAaaa && record.type != kTypeAlias) {
        problem(source, "type", "a record made from a site has type A, AAAA or ALIAS");
      }
      if (!settings.answers.empty() || !settings.values.empty()) problem(source, "site", "give either `site` or answers, not both");
      return;
    }
    if (settings.answers.empty() && settings.values.empty())
      problem(source, "answers", "there is no answer: give `answers`, `values` or `site`");
    if (!settings.answers.empty() && !settings.values.empty()) problem(source, "values", "give either `values` or `answers`, not both");
    for (size_t i = 0; i < settings.values.size(); ++i)
      read_value(settings.values[i], fmt::format("values[{}]", i), "", "", source, record);
    for (size_t i = 0; i < settings.answers.size(); ++i) {
      const auto& answer = settings.answers[i];
      read_value(answer.value, fmt::format("answers[{}].value", i), answer.id, answer.health_check, source, record);
    }
  }

  void read_value(const std::string& value, std::string field, std::string_view id, std::string_view check, Source source,
                  DecidedRecord& record) {
    DecidedAnswer answer{.id = std::string(id), .health_check = std::string(check), .rdata = std::string(trim(value))};
    if (record.type == kTypeAlias) {
      if (auto why = alias_problem(answer.rdata); !why.empty()) problem(source, std::move(field), std::move(why));
    } else {
      auto rdata = dnswire::rdata_from_text(record.type, value);
      if (!rdata) {
        problem(source, std::move(field), rdata.error().text);
      } else {
        answer.rdata = *std::move(rdata);
      }
    }
    record.answers.push_back(std::move(answer));
  }

  std::string alias_problem(const std::string& target) {
    if (dnswire::rdata_from_text(kTypeA, target) || dnswire::rdata_from_text(kTypeAaaa, target)) return {};
    const auto name = Name::parse(target);
    if (!name) return fmt::format("\"{}\" is neither an address nor a name", target);
    if (zone_of(out_.zones, *name) != out_.zones.size()) return {};
    return fmt::format("an ALIAS points at an address or at a name in one of the zones here; \"{}\" is neither", target);
  }

  void place(Zone& zone, Origins& origins, DecidedRecord record, Source source) {
    const bool fixed = record.policy == RecordPolicy::kSimple && record.type != kTypeAlias && record.site.empty();
    if (fixed) {
      for (auto& answer : record.answers) add(zone, origins, record.owner, record.type, record.ttl, std::move(answer.rdata), source);
      return;
    }
    const auto owner = record.owner;
    const bool taken = !origins[owner].try_emplace(record.type, source).second;
    if (taken) {
      problem(source, "name",
              fmt::format("{} {} is there twice; one name and type has one record with one policy", plain(owner), type_text(record.type)));
      return;
    }
    zone.decided.push_back(std::move(record));
  }

  void finish_zone(size_t index) {
    Zone& zone = out_.zones[index];
    const Source source{Where::kZone, index};
    if (!origins_[index][zone.apex].contains(kTypeNs)) {
      problem(source, "nameservers", "a zone needs at least one name server, here or as NS records in its file");
    } else if (zone.fixed[zone.apex].contains(kTypeNs) && !zone.fixed[zone.apex].contains(kTypeSoa)) {
      add_soa(zone);
    }
    for (const auto& record : zone.decided) check_one_policy(zone, record, origins_[index]);
    for (const auto& [owner, types] : origins_[index]) check_node(zone, owner, types);
    for (const auto& [owner, node] : zone.fixed) check_sizes(owner, node, origins_[index]);
    check_below_cuts(zone, origins_[index]);
    if (settings_.zones[index].dnssec) check_made_types(origins_[index]);
  }

  // What signing makes by itself.
  void check_made_types(const Origins& origins) {
    constexpr uint16_t kNsec3 = 50;
    constexpr uint16_t kNsec3Param = 51;
    for (const auto& [owner, types] : origins) {
      for (const uint16_t type :
           {dnswire::kTypeRrsig, dnswire::kTypeNsec, dnswire::kTypeDnskey, dnswire::kTypeCds, dnswire::kTypeCdnskey, kNsec3, kNsec3Param}) {
        const auto at = types.find(type);
        if (at == types.end()) continue;
        problem(at->second, at->second.line > 0 ? "file" : "type",
                fmt::format("{} has a {} record; in a zone with `dnssec = true` these are made here", plain(owner), type_name(type)));
      }
    }
  }

  // A plain record that came after a decided one of the same name and type.
  void check_one_policy(const Zone& zone, const DecidedRecord& record, const Origins& origins) {
    const auto node = zone.fixed.find(record.owner);
    if (node == zone.fixed.end() || !node->second.contains(record.type)) return;
    problem(
        origins.at(record.owner).at(record.type), "name",
        fmt::format("{} {} is there twice; one name and type has one record with one policy", plain(record.owner), type_text(record.type)));
  }

  void add_soa(Zone& zone) {
    const auto primary = dnswire::rdata_target(kTypeNs, zone.fixed[zone.apex][kTypeNs].rdata.front());
    const auto text =
        fmt::format("{} hostmaster.{} 0 3600 600 604800 {}", primary->text(), zone.apex.is_root() ? "" : zone.apex.text(), kNegativeTtl);
    if (auto rdata = dnswire::rdata_from_text(kTypeSoa, text)) {
      zone.fixed[zone.apex][kTypeSoa] = {.ttl = kApexTtl, .rdata = {*std::move(rdata)}};
    } else {
      // The apex is so long that "hostmaster" does not fit before it.
      const auto name = std::string(primary->wire()) + std::string(zone.apex.wire());
      zone.fixed[zone.apex][kTypeSoa] = {.ttl = kApexTtl, .rdata = {name + std::string(16, '\0') + std::string("\0\0\0\74", 4)}};
    }
  }

  void check_node(const Zone& zone, const Name& owner, const std::map<uint16_t, Source>& types) {
    const bool apex = owner == zone.apex;
    const auto cname = types.find(kTypeCname);
    const auto field = [](Source source) { return source.line > 0 ? "file" : "type"; };
    if (cname != types.end() && apex) {
      problem(cname->second, field(cname->second), fmt::format("a CNAME cannot stand at the apex of a zone ({}); use ALIAS", plain(owner)));
    } else if (cname != types.end() && types.size() > 1) {
      // RFC 2181 10.1
      problem(cname->second, field(cname->second),
              fmt::format("{} has a CNAME beside other records; a CNAME must stand alone", plain(owner)));
    }
    if (const auto soa = types.find(kTypeSoa); soa != types.end() && !apex) {
      problem(soa->second, field(soa->second), fmt::format("{} is not the apex of a zone; a SOA stands only there", plain(owner)));
    }
    if (const auto dname = types.find(dnswire::kTypeDname); dname != types.end()) {
      // RFC 6672 2.3, 3.3
      if (owner.is_wildcard()) problem(dname->second, field(dname->second), "a wildcard cannot have a DNAME");
      if (types.contains(kTypeNs) && !apex) {
        problem(dname->second, field(dname->second), fmt::format("{} has a DNAME beside a delegation", plain(owner)));
      }
    }
    if (const auto alias = types.find(kTypeAlias); alias != types.end() && (types.contains(kTypeA) || types.contains(kTypeAaaa))) {
      problem(alias->second, "type", fmt::format("{} has an ALIAS beside A or AAAA records", plain(owner)));
    }
  }

  void check_sizes(const Name& owner, const Node& node, const Origins& origins) {
    for (const auto& [type, set] : node) {
      size_t bytes = 0;
      for (const auto& rdata : set.rdata) bytes += rdata.size() + owner.wire().size() + 10;
      const auto types = origins.find(owner);
      const auto source = types == origins.end() ? std::map<uint16_t, Source>::const_iterator{} : types->second.find(type);
      if (types == origins.end() || source == types->second.end()) continue;
      const auto field = source->second.line > 0 ? "file" : "values";
      if (bytes > kRecordSetBytesMax)
        problem(source->second, field, fmt::format("the {} records of {} do not fit into one message", type_text(type), plain(owner)));
      if ((type == kTypeCname || type == kTypeSoa || type == dnswire::kTypeDname) && set.rdata.size() > 1) {
        problem(source->second, field,
                fmt::format("{} has {} {} records; there can be one", plain(owner), set.rdata.size(), type_text(type)));
      }
    }
  }

  // RFC 6672 2.3: a DNAME stands for all names below it.
  void check_below_dname(const Zone& zone, const Name& owner, const std::map<uint16_t, Source>& types, const Name& above) {
    const auto at = zone.fixed.find(above);
    if (at == zone.fixed.end() || !at->second.contains(dnswire::kTypeDname)) return;
    const auto& [type, source] = *types.begin();
    problem(
        source, source.line > 0 ? "file" : "name",
        fmt::format("{} lies below the DNAME of {}; its {} record would never be answered", plain(owner), plain(above), type_text(type)));
  }

  // RFC 1034 4.2.1: below a delegation only addresses (glue) have a use.
  void check_below_cuts(const Zone& zone, const Origins& origins) {
    for (const auto& [owner, types] : origins) {
      if (owner != zone.apex) check_below_dname(zone, owner, types, zone.apex);
      for (Name above = owner.parent(); above.labels() > zone.apex.labels(); above = above.parent()) {
        check_below_dname(zone, owner, types, above);
        const auto cut = zone.fixed.find(above);
        if (cut == zone.fixed.end() || !cut->second.contains(kTypeNs)) continue;
        for (const auto& [type, source] : types) {
          if (type == kTypeA || type == kTypeAaaa) continue;
          problem(source, source.line > 0 ? "file" : "name",
                  fmt::format("{} lies below the delegation of {}; its {} record would never be answered", plain(owner), plain(above),
                              type_text(type)));
        }
      }
    }
  }

  const DnsSettings& settings_;
  const MasterFiles& files_;
  std::vector<Origins> origins_;  // like out_.zones
  std::set<std::string> file_names_;
  LoadedZones out_;
};

}  // namespace

LoadedZones load_zones(const DnsSettings& settings, const MasterFiles& files) { return Loader(settings, files).load(); }

size_t zone_of(const std::vector<Zone>& zones, const Name& name) {
  size_t best = zones.size();
  for (size_t i = 0; i < zones.size(); ++i) {
    if (!name.under(zones[i].apex)) continue;
    if (best == zones.size() || zones[i].apex.labels() > zones[best].apex.labels()) best = i;
  }
  return best;
}

}  // namespace evershore::dns
