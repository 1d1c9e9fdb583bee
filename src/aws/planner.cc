#include "aws/planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/policies.h"

namespace evershore::aws {

Planner::Planner(const Layout& want, const Present& have, const PlanOptions& options)
    : want_(want), have_(have), options_(options), known_(known_of(have, want)) {
  plan_.host = want.host;
  plan_.account = have.account;
  plan_.cannot = want.cannot;
  plan_.remarks = want.remarks;
}

Step& Planner::add(std::string part, std::string title, Verb verb, std::string why, Change change) {
  plan_.steps.push_back(
      {.part = std::move(part), .title = std::move(title), .verb = verb, .why = std::move(why), .change = std::move(change)});
  return plan_.steps.back();
}

std::string Planner::reference(const std::string& part) const { return reference_prefix(want_.host, part) + options_.nonce; }
std::string Planner::at(const std::string& part) const { return filled(ref_to(part), known_); }

void Planner::zone() {
  const std::string title = "hosted zone " + want_.zone;
  if (!have_.zone) {
    auto& step = add("zone", title, Verb::kMake, "there is no public zone of this name",
                     CreateHostedZone{want_.zone, reference("zone"), "Evershore: " + want_.host});
    step.after = {WaitFor::kInSync};
    add("zone", title, Verb::kMake, "our mark", TagZone{ref_to("zone"), want_.tags_of("zone")});
    plan_.remarks.push_back(
        fmt::format("the registrar of {} must point at the new zone's name servers, which apply and status print", want_.zone));
  } else if (part_of_reference(want_.host, have_.zone->zone.caller_reference) == "zone" && !is_ours(have_.zone->tags, want_.host)) {
    add("zone", title, Verb::kChange, "our mark is missing", TagZone{have_.zone->zone.id, want_.tags_of("zone")});
  }
}

void Planner::certificate() {
  if (want_.certificate_domain.empty()) return;
  if (!have_.certificate) {
    auto& step = add("certificate", "certificate for " + want_.certificate_domain, Verb::kMake,
                     "CloudFront shows it to clients; none of ours is there",
                     RequestCertificate{want_.certificate_domain, options_.nonce, want_.tags_of("certificate")});
    step.after = {WaitFor::kCertificateRecord};
  }
  validation_record();
}

// The CNAME by which ACM sees that the zone is ours; it stays, for renewals.
void Planner::validation_record() {
  const auto name = at("certificate.record.name");
  const bool there = std::ranges::any_of(have_.records, [&](const RecordSet& set) { return set.name == name && !set.values.empty(); });
  if (there) return;
  RecordSet set{.name = ref_to("certificate.record.name"), .type = "CNAME", .ttl_s = 300, .values = {ref_to("certificate.record.value")}};
  auto& step = add("certificate-record", "record that proves the certificate", Verb::kMake,
                   "ACM looks for it before it issues the certificate, and to renew it",
                   ChangeRecordSets{ref_to("zone"), {{RecordAction::kUpsert, set}}});
  step.before = {WaitFor::kCertificateRecord};
  step.after = {WaitFor::kInSync};
}

void Planner::make_bucket(const WantedBucket& want) {
  const std::string title = fmt::format("bucket {} in {} ({})", want.name, want.region, want.part);
  const std::string part = "bucket/" + want.part;
  add(part, title, Verb::kMake, "it is not there", CreateBucket{want.region, want.name, want_.tags_of(part)});
  add(part, title, Verb::kMake, "our mark", TagBucket{want.region, want.name, want_.tags_of(part)});
}

void Planner::set_up_bucket(const WantedBucket& want, const PresentBucket& have) {
  const std::string title = fmt::format("bucket {} in {} ({})", want.name, want.region, want.part);
  const std::string part = "bucket/" + want.part;
  const Verb verb = have.exists ? Verb::kChange : Verb::kMake;
  if (want_.role && !have.versioned) {
    add(part, title, verb, "replication needs versions on both sides", EnableVersioning{want.region, want.name}).fields = {
        {"versioning", "", "enabled"}};
  }
  if (want.public_read && !have.public_allowed) {
    add(part, title, verb, "health checks and the website read it as everyone does", SetPublicAccess{want.region, want.name, true})
        .fields = {{"public policies", "", "allowed"}};
  }
  if (want.website && have.website != want.website) {
    auto& step = add(part, title, verb, "the secondary record leads to its website", SetWebsite{want.region, want.name, *want.website});
    const Website old = have.website.value_or(Website{});
    step.fields =
        differing({{"index", old.index}, {"error page", old.error}}, {{"index", want.website->index}, {"error page", want.website->error}});
  }
}

void Planner::buckets() {
  for (const auto& want : want_.buckets) {
    const auto at = have_.buckets.find(want.name);
    const PresentBucket have = at == have_.buckets.end() ? PresentBucket{} : at->second;
    if (have.refused) {
      problem(fmt::format("bucket {} belongs to somebody else, or these credentials may not look at it: give another name", want.name));
      continue;
    }
    if (have.exists && have.region != want.region) {
      problem(fmt::format("bucket {} is in {}, not in {}; a bucket cannot be moved", want.name, have.region, want.region));
      continue;
    }
    if (!have.exists) make_bucket(want);
    if (have.exists && !is_ours(have.tags, want_.host))
      plan_.remarks.push_back(fmt::format("bucket {} was there before us: it is set up, and never deleted by destroy", want.name));
    set_up_bucket(want, have);
  }
}

void Planner::role() {
  if (!want_.role) return;
  const auto& want = *want_.role;
  const std::string title = "role " + want.name;
  if (!have_.role) {
    add("role", title, Verb::kMake, "S3 copies in its name",
        CreateRole{want.name, want.trust_policy, "Evershore: replication for " + want_.host, want_.tags_of("role")});
  } else if (!is_ours(have_.role->role.tags, want_.host)) {
    problem(fmt::format("there is a role {} that does not carry our tag {}: rename or remove it", want.name, kOwnerTag));
    return;
  } else if (!same_json(have_.role->role.trust_policy, want.trust_policy)) {
    problem(fmt::format("role {} is trusted by others than S3: somebody changed it; remove it, and it is made again", want.name));
    return;
  }
  if (!have_.role || !same_json(have_.role->policy, want.policy)) {
    auto& step = add("role", title, have_.role ? Verb::kChange : Verb::kMake, "what it may do: read the one bucket, write the other",
                     SetRolePolicy{want.name, want.policy_name, want.policy});
    step.part = "role-policy";
  }
}

void Planner::replication() {
  for (const auto& want : want_.buckets) {
    if (!want.replication) continue;
    const auto found = have_.buckets.find(want.name);
    const auto present = found == have_.buckets.end() ? std::nullopt : found->second.replication;
    Replication next{.role_arn = ref_to("role"), .rules = {}};
    Fields old;
    for (const auto& rule : present ? present->rules : std::vector<ReplicationRule>{}) {
      if (rule.id != want.replication->id) next.rules.push_back(rule);
      if (rule.id == want.replication->id) old = fields_of(rule);
    }
    ReplicationRule rule = *want.replication;
    for (const auto& other : next.rules) rule.priority = std::max(rule.priority, other.priority + 1);
    const auto fields = old.empty() ? all_new(fields_of(rule)) : differing(old, fields_of(rule));
    if (fields.empty()) continue;
    if (!next.rules.empty() && present->role_arn != at("role"))
      plan_.remarks.push_back(
          fmt::format("bucket {} has other replication rules; they are kept, and go on with our role {}", want.name, want_.role->name));
    next.rules.push_back(rule);
    add("replication", fmt::format("replication from {} to {}", want.name, rule.destination_bucket),
        old.empty() ? Verb::kMake : Verb::kChange, "the secondary holds what the primary holds",
        SetReplication{want.region, want.name, next})
        .fields = fields;
  }
}

void Planner::access_control() {
  if (want_.access_control.empty() || have_.access_control) return;
  add("access-control", "origin access control " + want_.access_control, Verb::kMake, "the distribution reads private buckets with it",
      CreateAccessControl{want_.access_control});
}

void Planner::distribution() {
  if (!want_.distribution) return;
  for (const auto& rival : have_.rivals) {
    problem(fmt::format("distribution {} lists {} already, and only one may (CNAMEAlreadyExists): take the name off it first", rival.id,
                        want_.host));
  }
  const auto next = filled(*want_.distribution, known_);
  const std::string title = "distribution for " + want_.host;
  if (!have_.distribution) {
    auto& step = add("distribution", title, Verb::kMake, "TLS and caching in front of the bucket",
                     CreateDistribution{*want_.distribution, reference("distribution"), want_.tags_of("distribution")});
    step.fields = all_new(fields_of(next));
    step.before = {WaitFor::kCertificateIssued};
    return;
  }
  const auto& present = have_.distribution->config;
  auto fields = differing(fields_of(present.distribution), fields_of(next));
  if (fields.empty()) return;
  auto& step = add("distribution", title, Verb::kChange, "it differs",
                   UpdateDistribution{have_.distribution->summary.id, present.etag, present.raw, *want_.distribution});
  step.fields = std::move(fields);
  step.before = {WaitFor::kCertificateIssued};
}

void Planner::bucket_policies() {
  for (const auto& want : want_.buckets) {
    const auto found = have_.buckets.find(want.name);
    const std::string present = found == have_.buckets.end() ? "" : found->second.policy;
    if (want.policy_statement.empty() || has_statement(present, filled(want.policy_statement, known_))) continue;
    add("bucket-policy/" + want.part, fmt::format("policy of bucket {}", want.name), present.empty() ? Verb::kMake : Verb::kChange,
        want.public_read ? "everyone may read objects; other statements stay" : "the distribution may read objects; other statements stay",
        SetBucketPolicy{want.region, want.name, with_statement(present, want.policy_statement)});
  }
}

void Planner::make_check(const WantedCheck& want) {
  const std::string title = "health check: " + want.what;
  const bool replaced = std::ranges::any_of(
      have_.checks, [&](const PresentCheck& check) { return part_of_reference(want_.host, check.found.caller_reference) == want.part; });
  auto& step = add(want.part, title, replaced ? Verb::kReplace : Verb::kMake,
                   replaced ? "type, interval and latency graphs of a check cannot be changed: a new one is made, records go over to it, "
                              "the old one is deleted"
                            : "it is not there",
                   CreateHealthCheck{want.check, reference(want.part)});
  step.fields = all_new(fields_of(filled(want.check, known_)));
  add(want.part, title, replaced ? Verb::kReplace : Verb::kMake, "our mark", TagHealthCheck{ref_to(want.part), want_.tags_of(want.part)})
      .part = "tag";
}

void Planner::change_check(const WantedCheck& want, const PresentCheck& have) {
  const std::string title = "health check: " + want.what;
  if (!is_ours(have.tags, want_.host)) {
    add("tag", title, Verb::kChange, "our mark is missing", TagHealthCheck{have.found.id, want_.tags_of(want.part)});
  }
  auto fields = differing(fields_of(have.found.check), fields_of(filled(want.check, known_)));
  if (fields.empty()) return;
  add(want.part, title, Verb::kChange, "it differs", UpdateHealthCheck{have.found.id, have.found.version, want.check}).fields =
      std::move(fields);
}

void Planner::checks() {
  for (const auto& want : want_.checks) {
    if (const auto limit = broken_limit(want.check); !limit.empty()) problem(fmt::format("health check {}: {}", want.what, limit));
    const auto* have = check_for(have_, want_.host, want);
    if (have == nullptr) {
      // From here on the part means the new check, also where the old one is still there.
      known_.erase(want.part);
      make_check(want);
    } else {
      change_check(want, *have);
    }
  }
}

void Planner::alarm() {
  if (!want_.topic.empty()) {
    const std::string title = "topic " + want_.topic;
    if (have_.topic && !is_ours(have_.topic->tags, want_.host))
      problem(fmt::format("there is a topic {} that does not carry our tag", want_.topic));
    if (!have_.topic) add("topic", title, Verb::kMake, "alarms are told here", CreateTopic{want_.topic, want_.tags_of("topic")});
    const bool told = have_.topic && std::ranges::find(have_.topic->emails, want_.notify) != have_.topic->emails.end();
    if (!want_.notify.empty() && !told) {
      add("subscription", title, have_.topic ? Verb::kChange : Verb::kMake, "who is told", Subscribe{ref_to("topic"), want_.notify})
          .fields = {{"mail to", "", want_.notify}};
    }
  }
  if (!want_.alarm) return;
  const auto next = filled(*want_.alarm, known_);
  const std::string title = "alarm " + next.name;
  if (have_.alarm && !is_ours(have_.alarm->tags, want_.host)) {
    problem(fmt::format("there is an alarm {} that does not carry our tag", next.name));
    return;
  }
  const auto fields = have_.alarm ? differing(fields_of(have_.alarm->found.alarm), fields_of(next)) : all_new(fields_of(next));
  if (fields.empty()) return;
  add("alarm", title, have_.alarm ? Verb::kChange : Verb::kMake, "people learn that the primary is down",
      SetAlarm{*want_.alarm, want_.tags_of("alarm")})
      .fields = fields;
}

// Checks of a part that another check stands for now, and of parts that are wanted no more. After the records have left them.
void Planner::superseded_checks() {
  for (const auto& have : have_.checks) {
    const auto part = part_of_reference(want_.host, have.found.caller_reference);
    const auto want = std::ranges::find(want_.checks, part, &WantedCheck::part);
    if (want != want_.checks.end() && check_for(have_, want_.host, *want) == &have) continue;
    add("old", fmt::format("health check {} ({})", have.found.id, part), Verb::kDelete,
        want == want_.checks.end() ? "the layout has no such check any more" : "another one has taken its place",
        DeleteHealthCheck{have.found.id});
  }
}

}  // namespace evershore::aws
