#include "dns/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/text.h"
#include "dns/master_file.h"
#include "dns/outside.h"
#include "dns/policy.h"
#include "dns/record_pool.h"
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

constexpr size_t kRecordHeadBytes = 10;  // type, class, TTL, length of the data

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
      problem(decided_[zone_of(out_.zones, record.owner)].at(record.owner).at(record.type), "answers", std::move(message));
    });
    if (settings_.resolvers.empty()) check_aliases();
    out_.networks = network_table(settings_);
    return std::move(out_);
  }

 private:
  using Sources = std::map<uint16_t, Source>;  // by type

  // What one name of a zone has.
  struct Owner {
    Name name;
    Node sets;        // fixed ones
    Sources sources;  // of the first record of each type, fixed or decided
    bool at_apex = false;
  };

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
    pools_.emplace_back();
    decided_.emplace_back();
    for (size_t i = 0; i < settings.nameservers.size(); ++i) {
      const auto host = dnswire::rdata_from_text(kTypeNs, settings.nameservers[i]);
      if (!host) {
        problem(source, fmt::format("nameservers[{}]", i), host.error().text);
        continue;
      }
      add(index, zone.apex, kTypeNs, kApexTtl, *host, source);
    }
    out_.zones.push_back(std::move(zone));
  }

  void load_file(size_t index) {
    const auto& settings = settings_.zones[index];
    if (settings.file.empty() || !files_.contains(settings.file)) return;
    Zone& zone = out_.zones[index];
    const auto take = [&](const MasterRecord& record) {
      const Source source{Where::kZone, index, record.line, record.file};
      if (!record.owner.under(zone.apex)) {
        problem(source, "file", fmt::format("{} lies outside the zone {}", plain(record.owner), plain(zone.apex)));
      } else if (check_type(record.type, source, "file") && check_ttl(record.ttl, source, "file")) {
        add(index, record.owner, record.type, record.ttl, record.rdata, source);
      }
    };
    auto read = read_master_file(settings.file, files_, zone.apex, take);
    for (auto& bad : read.problems) problem({Where::kZone, index, bad.line, &bad.file}, "file", std::move(bad.message));
    file_names_.push_back(std::move(read.files));
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

  void add(size_t zone, const Name& owner, uint16_t type, uint32_t ttl, std::string_view rdata, const Source& source) {
    pools_[zone].add(
        owner,
        {.owner = {}, .type = type, .ttl = ttl, .rdata = rdata, .source = number_of(source), .line = static_cast<uint32_t>(source.line)});
  }

  // Records of one file share a source but for the line.
  uint32_t number_of(const Source& source) {
    const auto same = [&](const Source& known) {
      return known.where == source.where && known.index == source.index && known.file == source.file;
    };
    if (sources_.empty() || !same(sources_.back())) sources_.push_back({source.where, source.index, 0, source.file});
    return static_cast<uint32_t>(sources_.size() - 1);
  }

  Source source_of(const RecordPool::Record& record) const {
    Source source = sources_[record.source];
    source.line = record.line;
    return source;
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
    place(zone, std::move(record), source);
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
    if (zone_of(out_.zones, *name) != out_.zones.size() || !settings_.resolvers.empty()) return {};
    return fmt::format("\"{}\" is in none of the zones here; an ALIAS that leads out of them needs dns.resolvers", target);
  }

  // An ALIAS to a name of ours, but its CNAME leads out.
  void check_aliases() {
    OutsideFinder finder(out_.zones);
    for (const auto& zone : out_.zones) {
      for (const auto& record : zone.decided) {
        const auto names = finder.of(record);
        const auto leads_out = [&](const DecidedAnswer& answer) {
          const auto target = target_of(record, answer);
          return target && names.contains(*target);
        };
        const bool told = std::ranges::any_of(record.answers, leads_out) || (record.fallback && leads_out(*record.fallback));
        if (names.empty() || told) continue;
        problem(decided_[zone_of(out_.zones, record.owner)].at(record.owner).at(record.type), "answers",
                fmt::format("it leads to \"{}\" in the end, which is in none of the zones here; an ALIAS that leads out of them needs "
                            "dns.resolvers",
                            plain(*names.begin())));
      }
    }
  }

  void place(size_t zone, DecidedRecord record, Source source) {
    const bool fixed = record.policy == RecordPolicy::kSimple && record.type != kTypeAlias && record.site.empty();
    if (fixed) {
      for (const auto& answer : record.answers) add(zone, record.owner, record.type, record.ttl, answer.rdata, source);
      return;
    }
    if (!decided_[zone][record.owner].try_emplace(record.type, source).second) return tell_twice(record.owner, record.type, source);
    out_.zones[zone].decided.push_back(std::move(record));
  }

  void tell_twice(const Name& owner, uint16_t type, const Source& source) {
    problem(source, "name",
            fmt::format("{} {} is there twice; one name and type has one record with one policy", plain(owner), type_text(type)));
  }

  // Name by name: what each has is checked, and put where it belongs.
  void finish_zone(size_t index) {
    Zone& zone = out_.zones[index];
    auto& pool = pools_[index];
    pool.sort();
    find_rulers(pool, zone.apex);
    RecordPacker packer;
    const bool is_signed = settings_.zones[index].dnssec;
    auto decided = decided_[index].begin();
    const auto last = decided_[index].end();
    for (size_t first = 0; first < pool.size();) {
      const size_t end = pool.end_of_owner(first);
      Owner owner = gather(pool, first, end, zone.apex);
      for (; decided != last && decided->first < owner.name; ++decided) check_decided_alone(zone, *decided);
      const bool is_decided = decided != last && decided->first == owner.name;
      if (is_decided) add_decided(owner, (decided++)->second);
      check_owner(zone, owner, is_signed);
      if (is_signed || is_decided || owner.at_apex) {
        zone.fixed[owner.name] = std::move(owner.sets);
      } else if (out_.problems.empty()) {
        pack(owner, packer);
      }
      first = end;
    }
    for (; decided != last; ++decided) check_decided_alone(zone, *decided);
    finish_apex(zone, {Where::kZone, index});
    pools_[index] = {};
    if (packer.bytes() > 0) zone.packed = std::make_shared<const PackedRecords>(std::move(packer).finish());
    if (!is_signed && zone.packed == nullptr) zone.packed = std::make_shared<const PackedRecords>();
  }

  void finish_apex(Zone& zone, const Source& source) {
    auto& apex = zone.fixed[zone.apex];
    if (!apex.contains(kTypeNs)) {
      problem(source, "nameservers", "a zone needs at least one name server, here or as NS records in its file");
    } else if (!apex.contains(kTypeSoa)) {
      add_soa(zone);
    }
  }

  // The names that rule over those below them.
  void find_rulers(const RecordPool& pool, const Name& apex) {
    cuts_.clear();
    dnames_.clear();
    for (size_t i = 0; i < pool.size(); ++i) {
      const auto record = pool[i];
      if (record.type == dnswire::kTypeDname) dnames_.insert(*Name::from_wire(record.owner));
      if (record.type == kTypeNs && !equal_ignoring_case(record.owner, apex.wire())) cuts_.insert(*Name::from_wire(record.owner));
    }
  }

  Owner gather(const RecordPool& pool, size_t first, size_t end, const Name& apex) {
    Owner owner{.name = *Name::from_wire(pool[first].owner), .sets = {}, .sources = {}};
    owner.at_apex = owner.name == apex;
    size_t bytes = 0;  // of the set
    for (size_t i = first; i < end; ++i) {
      const auto record = pool[i];
      auto& set = owner.sets[record.type];
      if (set.rdata.empty()) {
        bytes = 0;
        set.ttl = record.ttl;
        owner.sources.emplace(record.type, source_of(record));
      } else if (set.ttl != record.ttl && record.type != kTypeNs) {
        tell_ttls(owner.name, set.ttl, record);
      }
      set.ttl = std::min(set.ttl, record.ttl);
      if (bytes > kRecordSetBytesMax) continue;  // it is too large already
      if (std::ranges::find(set.rdata, record.rdata) != set.rdata.end()) continue;
      bytes += record.rdata.size() + record.owner.size() + kRecordHeadBytes;
      set.rdata.emplace_back(record.rdata);
    }
    return owner;
  }

  // RFC 2181 5.2: one TTL for the whole set.
  void tell_ttls(const Name& owner, uint32_t ttl, const RecordPool::Record& record) {
    problem(source_of(record), record.line > 0 ? "file" : "ttl",
            fmt::format("the {} records of {} have different TTLs ({} s and {} s)", type_text(record.type), plain(owner), ttl, record.ttl));
  }

  void add_decided(Owner& owner, const Sources& sources) {
    for (const auto& [type, source] : sources) {
      if (!owner.sources.try_emplace(type, source).second) tell_twice(owner.name, type, source);
    }
  }

  // A name that has nothing fixed.
  void check_decided_alone(const Zone& zone, const std::pair<const Name, Sources>& decided) {
    check_owner(zone, {.name = decided.first, .sets = {}, .sources = decided.second, .at_apex = decided.first == zone.apex}, false);
  }

  void check_owner(const Zone& zone, const Owner& owner, bool is_signed) {
    check_node(owner);
    check_sizes(owner);
    check_below(zone, owner);
    if (is_signed) check_made_types(owner);
  }

  static void pack(const Owner& owner, RecordPacker& packer) {
    packer.begin_name(owner.name.wire());
    for (const auto& [type, set] : owner.sets) {
      packer.begin_set(type, set.ttl);
      for (const auto& rdata : set.rdata) packer.add_rdata(rdata);
    }
  }

  // What signing makes by itself.
  void check_made_types(const Owner& owner) {
    constexpr uint16_t kNsec3 = 50;
    constexpr uint16_t kNsec3Param = 51;
    for (const uint16_t type :
         {dnswire::kTypeRrsig, dnswire::kTypeNsec, dnswire::kTypeDnskey, dnswire::kTypeCds, dnswire::kTypeCdnskey, kNsec3, kNsec3Param}) {
      const auto at = owner.sources.find(type);
      if (at == owner.sources.end()) continue;
      problem(at->second, at->second.line > 0 ? "file" : "type",
              fmt::format("{} has a {} record; in a zone with `dnssec = true` these are made here", plain(owner.name), type_name(type)));
    }
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

  void check_node(const Owner& checked) {
    const auto& [owner, sets, types, apex] = checked;
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

  void check_sizes(const Owner& owner) {
    for (const auto& [type, set] : owner.sets) {
      const auto& source = owner.sources.at(type);
      const auto field = source.line > 0 ? "file" : "values";
      size_t bytes = 0;
      for (const auto& rdata : set.rdata) bytes += rdata.size() + owner.name.wire().size() + kRecordHeadBytes;
      if (bytes > kRecordSetBytesMax)
        problem(source, field, fmt::format("the {} records of {} do not fit into one message", type_text(type), plain(owner.name)));
      if ((type == kTypeCname || type == kTypeSoa || type == dnswire::kTypeDname) && set.rdata.size() > 1) {
        problem(source, field, fmt::format("{} has {} {} records; there can be one", plain(owner.name), set.rdata.size(), type_text(type)));
      }
    }
  }

  void check_below(const Zone& zone, const Owner& owner) {
    if ((cuts_.empty() && dnames_.empty()) || owner.at_apex) return;
    for (Name above = owner.name.parent(); above.labels() >= zone.apex.labels(); above = above.parent()) {
      if (dnames_.contains(above)) tell_below_dname(owner, above);
      if (above == zone.apex) return;
      if (cuts_.contains(above)) check_below_cut(owner, above);
    }
  }

  // RFC 6672 2.3: a DNAME stands for all names below it.
  void tell_below_dname(const Owner& owner, const Name& above) {
    const auto& [type, source] = *owner.sources.begin();
    problem(source, source.line > 0 ? "file" : "name",
            fmt::format("{} lies below the DNAME of {}; its {} record would never be answered", plain(owner.name), plain(above),
                        type_text(type)));
  }

  // RFC 1034 4.2.1: below a delegation only addresses (glue) have a use.
  void check_below_cut(const Owner& owner, const Name& above) {
    for (const auto& [type, source] : owner.sources) {
      if (type == kTypeA || type == kTypeAaaa) continue;
      problem(source, source.line > 0 ? "file" : "name",
              fmt::format("{} lies below the delegation of {}; its {} record would never be answered", plain(owner.name), plain(above),
                          type_text(type)));
    }
  }

  const DnsSettings& settings_;
  const MasterFiles& files_;
  std::vector<RecordPool> pools_;                   // like out_.zones: fixed records
  std::vector<std::map<Name, Sources>> decided_;    // like out_.zones
  std::vector<Source> sources_;                     // that the pools' records name
  std::deque<std::deque<std::string>> file_names_;  // that sources point at
  std::set<Name> cuts_;                             // of the zone being finished
  std::set<Name> dnames_;                           //
  LoadedZones out_;
};

}  // namespace

LoadedZones load_zones(const DnsSettings& settings, const MasterFiles& files) { return Loader(settings, files).load(); }

std::optional<Node> fixed_node(const Zone& zone, const Name& name) {
  if (const auto at = zone.fixed.find(name); at != zone.fixed.end()) return at->second;
  const auto packed = zone.packed == nullptr ? std::nullopt : zone.packed->find(name);
  return packed ? std::optional(zone.packed->node(*packed)) : std::nullopt;
}

size_t zone_of(const std::vector<Zone>& zones, const Name& name) {
  size_t best = zones.size();
  for (size_t i = 0; i < zones.size(); ++i) {
    if (!name.under(zones[i].apex)) continue;
    if (best == zones.size() || zones[i].apex.labels() > zones[best].apex.labels()) best = i;
  }
  return best;
}

}  // namespace evershore::dns
