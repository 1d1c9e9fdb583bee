#include "aws/run/fake_account.h"

#include "aws/fields.h"

namespace evershore::aws {

namespace {
constexpr const char* kAccount = "123456789012";

bool same_set(const RecordSet& a, const RecordSet& b) {
  return a.name == b.name && a.type == b.type && a.set_identifier == b.set_identifier;
}
std::string set_key(const RecordSet& set) { return fmt::format("{} {} {}", set.name, set.type, set.set_identifier); }
}  // namespace

Result<Made> FakeAccount::change_now(const Change& change) {
  ++calls_;
  const Cut cut = calls_ == cut_call_ ? cut_ : Cut::kNone;
  if (cut == Cut::kBefore) return fail(Fault::kTimedOut, "cut off before the call");
  auto made = std::visit([this](const auto& each) { return apply(each); }, change);
  if (cut == Cut::kAfter) return fail(Fault::kTimedOut, "cut off after the call");
  return made;
}

Task<Result<FoundCertificate>> FakeAccount::certificate(std::string arn) {
  const auto at = certificates_.find(arn);
  if (at == certificates_.end()) co_return fail(Fault::kNotFound, "no such certificate");
  auto& found = at->second.found;
  if (++asked_[arn] > 1) {
    found.record_name = "_proof." + found.domain;
    found.record_type = "CNAME";
    found.record_value = "_answer.acm-validations.aws.";
  }
  if (is_issued(at->second)) found.status = "ISSUED";
  co_return found;
}

bool FakeAccount::is_issued(const PresentCertificate& certificate) const {
  for (const auto& [id, zone] : zones_) {
    for (const auto& set : zone.sets) {
      if (set.name == certificate.found.record_name && set.values == std::vector<std::string>{certificate.found.record_value}) return true;
    }
  }
  return false;
}

Task<Result<std::string>> FakeAccount::distribution_status(std::string id) {
  const auto at = distributions_.find(id);
  if (at == distributions_.end()) co_return fail(Fault::kNotFound, "no such distribution");
  if (at->second.polls_left > 0) --at->second.polls_left;
  at->second.present.summary.status = at->second.polls_left == 0 ? "Deployed" : "InProgress";
  co_return at->second.present.summary.status;
}

Task<Result<VersionPage>> FakeAccount::versions(std::string, std::string bucket) {
  VersionPage page;
  for (size_t i = 0; i < std::min<size_t>(buckets_.at(bucket).versions, 2); ++i) page.versions.emplace_back(fmt::format("key-{}", i), "v");
  co_return page;
}

Present FakeAccount::read_now(const Question& question) const {
  Present present{.account = kAccount};
  for (const auto& [id, zone] : zones_) {
    if (zone.present.zone.name != question.zone) continue;
    present.zone = zone.present;
    present.records = zone.sets;
  }
  for (const auto& [id, check] : checks_) {
    if (!part_of_reference(question.host, check.found.caller_reference).empty()) present.checks.push_back(check);
  }
  for (const auto& [region, name] : question.buckets) {
    const auto at = buckets_.find(name);
    if (at == buckets_.end()) continue;
    present.buckets[name] = at->second.bucket;
    present.buckets[name].empty = at->second.versions == 0;
  }
  const auto name = plain_name(question.host);
  if (const auto at = roles_.find(name); at != roles_.end()) present.role = at->second;
  for (const auto& [arn, certificate] : certificates_) {
    if (is_ours(certificate.tags, question.host)) present.certificate = certificate;
  }
  for (const auto& [id, control] : controls_) {
    if (control == name) present.access_control = PresentControl{id, "etag-" + id};
  }
  for (const auto& [id, distribution] : distributions_) {
    if (is_ours(distribution.present.tags, question.host)) {
      present.distribution = distribution.present;
    } else if (std::ranges::find(distribution.present.summary.aliases, question.host) != distribution.present.summary.aliases.end()) {
      present.rivals.push_back(distribution.present.summary);
    }
  }
  if (const auto at = topics_.find(name); at != topics_.end()) present.topic = at->second;
  if (const auto at = alarms_.find(name); at != alarms_.end()) present.alarm = at->second;
  return present;
}

// Ids as the parts they stand for.
std::string FakeAccount::named(std::string text) const {
  const auto replace = [&text](const std::string& id, const std::string& name) {
    for (size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + name.size())) text.replace(at, id.size(), name);
  };
  for (const auto& [id, check] : checks_) replace(id, check.found.caller_reference.substr(0, check.found.caller_reference.rfind('/')));
  for (const auto& [id, distribution] : distributions_) replace(id, "distribution");
  for (const auto& [arn, certificate] : certificates_) replace(arn, "certificate");
  for (const auto& [id, control] : controls_) replace(id, "control");
  for (const auto& [id, zone] : zones_) replace(id, "zone");
  return text;
}

std::string FakeAccount::describe() const {
  std::set<std::string> lines;
  const auto add_fields = [](std::string line, const Fields& fields) {
    for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, value);
    return line;
  };
  const auto tags_text = [](const Tags& tags) {
    std::string text;
    for (const auto& [key, value] : tags) text += fmt::format(" [{}={}]", key, value);
    return text;
  };
  for (const auto& [id, zone] : zones_) {
    lines.insert("zone " + zone.present.zone.name + tags_text(zone.present.tags));
    for (const auto& set : zone.sets) lines.insert(named(add_fields("set " + set_key(set), fields_of(set))));
  }
  for (const auto& [id, check] : checks_) {
    const auto& reference = check.found.caller_reference;
    lines.insert(named(add_fields("check " + reference.substr(0, reference.rfind('/')), fields_of(check.found.check))) +
                 tags_text(check.tags));
  }
  for (const auto& [name, each] : buckets_) {
    std::string line = fmt::format("bucket {} {} versioned={} public={} policy={} versions={}", name, each.bucket.region,
                                   each.bucket.versioned, each.bucket.public_allowed, each.bucket.policy, each.versions);
    if (each.bucket.website) line += " website=" + each.bucket.website->index;
    for (const auto& rule : each.bucket.replication ? each.bucket.replication->rules : std::vector<ReplicationRule>{})
      line = add_fields(line + " rule " + rule.id, fields_of(rule));
    lines.insert(named(line) + tags_text(each.bucket.tags));
  }
  for (const auto& [name, role] : roles_) lines.insert("role " + name + role.policy + tags_text(role.role.tags));
  for (const auto& [arn, certificate] : certificates_)
    lines.insert("certificate " + certificate.found.domain + tags_text(certificate.tags));
  for (const auto& [id, control] : controls_) lines.insert("control " + control);
  for (const auto& [id, d] : distributions_)
    lines.insert(named(add_fields("distribution", fields_of(d.present.config.distribution))) + tags_text(d.present.tags));
  for (const auto& [name, topic] : topics_) lines.insert("topic " + name + joined(topic.emails) + tags_text(topic.tags));
  for (const auto& [name, alarm] : alarms_)
    lines.insert(named(add_fields("alarm " + name, fields_of(alarm.found.alarm))) + tags_text(alarm.tags));
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

void FakeAccount::add_zone(const std::string& name) {
  const auto id = fresh_id("Z");
  Zone zone{.present = {.zone = {.id = id, .name = name, .caller_reference = "somebody"}, .tags = {}, .name_servers = {}}, .sets = {}};
  for (const char* type : {"NS", "SOA"}) zone.sets.push_back({.name = name, .type = type, .ttl_s = 900, .values = {"x"}});
  zones_[id] = std::move(zone);
}

Result<Made> FakeAccount::apply(const CreateHostedZone& c) {
  if (!used_references_.insert(c.caller_reference).second) return refuse("HostedZoneAlreadyExists");
  add_zone(c.name);
  for (auto& [id, zone] : zones_) {
    if (zone.present.zone.caller_reference != "somebody" || zone.present.zone.name != c.name) continue;
    zone.present.zone.caller_reference = c.caller_reference;
    return Made{{"", id}, {"change", fresh_id("C")}};
  }
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteHostedZone& c) {
  const auto at = zones_.find(c.id);
  if (at == zones_.end()) return fail(Fault::kNotFound, "NoSuchHostedZone");
  if (at->second.sets.size() > 2) return refuse("HostedZoneNotEmpty");
  zones_.erase(at);
  return Made{};
}

Result<Made> FakeAccount::apply(const TagZone& c) {
  if (!zones_.contains(c.id)) return refuse("NoSuchHostedZone " + c.id);
  zones_[c.id].present.tags = c.tags;
  return Made{};
}

Result<Made> FakeAccount::apply(const CreateHealthCheck& c) {
  if (const auto limit = broken_limit(c.check); !limit.empty()) return refuse("InvalidInput: " + limit);
  if (c.caller_reference.size() > 64) return refuse("InvalidInput: CallerReference");
  for (const auto& child : c.check.children) {
    if (!checks_.contains(child)) return refuse("InvalidInput: child " + child);
    if (checks_[child].found.check.calculated()) return refuse("InvalidInput: a calculated child");
  }
  for (const auto& [id, check] : checks_) {
    if (check.found.caller_reference == c.caller_reference && check.found.check == c.check) return Made{{"", id}};
  }
  if (!used_references_.insert(c.caller_reference).second) return refuse("HealthCheckAlreadyExists");
  const auto id = fresh_id("hc");
  checks_[id] = {.found = {.id = id, .caller_reference = c.caller_reference, .version = 1, .check = c.check}, .tags = {}};
  return Made{{"", id}};
}

Result<Made> FakeAccount::apply(const UpdateHealthCheck& c) {
  const auto at = checks_.find(c.id);
  if (at == checks_.end()) return refuse("NoSuchHealthCheck");
  auto& found = at->second.found;
  if (found.version != c.version) return fail(Fault::kPrecondition, "HealthCheckVersionMismatch");
  if (found.check.type != c.check.type || found.check.interval_s != c.check.interval_s) return refuse("InvalidInput: cannot be changed");
  for (const auto& child : c.check.children) {
    if (!checks_.contains(child)) return refuse("InvalidInput: child " + child);
  }
  found.check = c.check;
  ++found.version;
  return Made{};
}

bool FakeAccount::uses_check(const std::string& id) const {
  for (const auto& [zone_id, zone] : zones_) {
    for (const auto& set : zone.sets) {
      if (set.health_check == id) return true;
    }
  }
  for (const auto& [alarm_name, alarm] : alarms_) {
    if (alarm.found.alarm.health_check == id) return true;
  }
  return std::ranges::any_of(checks_, [&](const auto& each) {
    const auto& children = each.second.found.check.children;
    return std::ranges::find(children, id) != children.end();
  });
}

Result<Made> FakeAccount::apply(const DeleteHealthCheck& c) {
  if (!checks_.contains(c.id)) return fail(Fault::kNotFound, "NoSuchHealthCheck");
  if (uses_check(c.id)) return refuse("HealthCheckInUse " + c.id);
  checks_.erase(c.id);
  return Made{};
}

Result<Made> FakeAccount::apply(const TagHealthCheck& c) {
  if (!checks_.contains(c.id)) return refuse("NoSuchHealthCheck " + c.id);
  checks_[c.id].tags = c.tags;
  return Made{};
}

Result<void> FakeAccount::apply_record(Zone& zone, const RecordChange& change) {
  const auto at = std::ranges::find_if(zone.sets, [&](const RecordSet& set) { return same_set(set, change.set); });
  if (change.action == RecordAction::kDelete) {
    if (at == zone.sets.end()) return refuse("InvalidChangeBatch: not there: " + set_key(change.set));
    if (fields_of(*at) != fields_of(change.set))
      return refuse("InvalidChangeBatch: a delete must repeat every value: " + set_key(change.set));
    zone.sets.erase(at);
  } else if (at != zone.sets.end()) {
    *at = change.set;
  } else {
    zone.sets.push_back(change.set);
  }
  return {};
}

Result<void> FakeAccount::check_sets(const Zone& zone) const {
  std::map<std::string, std::set<std::string>> types;
  std::set<std::string> seen;
  for (const auto& set : zone.sets) {
    types[set.name].insert(set.type);
    if (!set.failover.empty() && set.set_identifier.empty()) return fail(Fault::kRefused, "a failover record without SetIdentifier");
    if (!set.failover.empty() && !seen.insert(set.name + set.type + set.failover).second)
      return fail(Fault::kRefused, "two of one failover role");
    if (!set.health_check.empty() && !checks_.contains(set.health_check))
      return fail(Fault::kRefused, "no such health check " + set.health_check);
    if (set.alias && set.alias->zone_id == kCloudFrontZone && set.alias->evaluate_target_health)
      return fail(Fault::kRefused, "CloudFront has no target health");
    if (set.alias && set.ttl_s) return fail(Fault::kRefused, "an alias has no TTL");
    if (!set.alias && set.values.empty()) return fail(Fault::kRefused, "a record without values");
    for (const auto& other : zone.sets) {
      const bool mixed = other.name == set.name && other.type == set.type && other.set_identifier.empty() != set.set_identifier.empty();
      if (mixed) return fail(Fault::kRefused, "routing policies are mixed at " + set.name);
    }
  }
  for (const auto& [name, of_name] : types) {
    if (of_name.contains("CNAME") && of_name.size() > 1) return fail(Fault::kRefused, "a CNAME beside other records at " + name);
    if (of_name.contains("CNAME") && name == zone.present.zone.name) return fail(Fault::kRefused, "a CNAME at the apex");
  }
  return {};
}

Result<Made> FakeAccount::apply(const ChangeRecordSets& c) {
  const auto at = zones_.find(c.zone_id);
  if (at == zones_.end()) return refuse("NoSuchHostedZone " + c.zone_id);
  if (const auto limit = broken_batch_limit(c.changes); !limit.empty()) return refuse(limit);
  Zone next = at->second;
  for (const auto& change : c.changes) TRY_VOID(apply_record(next, change));
  if (auto good = check_sets(next); !good) return refuse("InvalidChangeBatch: " + good.error().text);
  for (const auto& change : c.changes) {
    const bool left = std::ranges::any_of(next.sets, [&](const RecordSet& set) { return set.name == change.set.name; });
    if (!left) emptied_.push_back(change.set.name);
  }
  at->second = std::move(next);
  return Made{{"change", fresh_id("C")}};
}

}  // namespace evershore::aws
