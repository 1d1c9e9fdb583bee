#include <fmt/format.h>

#include <algorithm>

#include "aws/fields.h"
#include "aws/names.h"
#include "aws/planner.h"
#include "aws/policies.h"

namespace evershore::aws {

namespace {

class Destroyer {
 public:
  Destroyer(const Layout& layout, const Present& have, const DestroyOptions& options) : layout_(layout), have_(have), options_(options) {
    plan_.host = layout.host;
    plan_.account = have.account;
  }
  Plan take() && { return std::move(plan_); }

  void records() {
    std::vector<RecordChange> batch;
    std::vector<FieldChange> fields;
    for (const auto& set : have_.records) {
      if (!is_our_record(set, layout_, have_)) continue;
      batch.push_back({RecordAction::kDelete, set});
      fields.push_back({set.failover + " " + set.type, set.alias ? set.alias->name : joined(set.values), ""});
    }
    if (batch.empty()) return;
    deleted_records_ += batch.size();
    auto& step =
        add("records", "records at " + layout_.host, "the name has no answer from here on", ChangeRecordSets{have_.zone->zone.id, batch});
    step.fields = std::move(fields);
    step.after = {WaitFor::kInSync};
  }

  void alarm() {
    if (have_.alarm && ours(have_.alarm->tags))
      add("alarm", "alarm " + have_.alarm->found.alarm.name, "ours", DeleteAlarm{have_.alarm->found.alarm.name});
    if (have_.topic && ours(have_.topic->tags)) add("topic", "topic " + have_.topic->arn, "ours", DeleteTopic{have_.topic->arn});
  }

  // Calculated ones first: a check that is a child cannot go.
  void checks() {
    for (const bool calculated : {true, false}) {
      for (const auto& check : have_.checks) {
        if (check.found.check.calculated() != calculated) continue;
        add("check", fmt::format("health check {} ({})", check.found.id, part_of_reference(layout_.host, check.found.caller_reference)),
            "ours", DeleteHealthCheck{check.found.id});
      }
    }
  }

  void distribution() {
    if (!have_.distribution) return;
    const auto& found = *have_.distribution;
    const std::string title = "distribution " + found.summary.id;
    std::string etag = found.config.etag;
    if (found.config.distribution.enabled) {
      auto off = found.config.distribution;
      off.enabled = false;
      auto& step = add("distribution", title, "it must be disabled before it can go",
                       UpdateDistribution{found.summary.id, etag, found.config.raw, off});
      step.fields = {{"enabled", "yes", "no"}};
      etag = ref_to("distribution.etag");
    }
    add("distribution", title, "ours", DeleteDistribution{found.summary.id, etag}).before = {WaitFor::kDistributionDeployed};
    for (const auto& bucket : layout_.buckets) policy(bucket);
  }

  void access_control() {
    if (!layout_.access_control.empty() && have_.access_control)
      add("access-control", "origin access control " + layout_.access_control, "ours",
          DeleteAccessControl{have_.access_control->id, have_.access_control->etag});
  }

  void replication() {
    for (const auto& bucket : layout_.buckets) {
      const auto* present = find(bucket);
      if (present == nullptr || !present->replication) continue;
      Replication rest = *present->replication;
      if (std::erase_if(rest.rules, [](const ReplicationRule& rule) { return rule.id == kRuleId; }) == 0) continue;
      add("replication", "replication from " + bucket.name, "ours; other rules stay", SetReplication{bucket.region, bucket.name, rest});
    }
    if (!have_.role || !ours(have_.role->role.tags)) return;
    const std::string title = "role " + layout_.role->name;
    if (!have_.role->policy.empty())
      add("role", title, "its policy goes first", DeleteRolePolicy{layout_.role->name, layout_.role->policy_name});
    add("role", title, "ours", DeleteRole{layout_.role->name});
  }

  void buckets() {
    for (const auto& bucket : layout_.buckets) {
      const auto* present = find(bucket);
      if (present == nullptr) continue;
      if (!ours(present->tags)) {
        policy(bucket);
        plan_.remarks.push_back(fmt::format("bucket {} was there before us and stays", bucket.name));
        continue;
      }
      if (!present->empty && !options_.delete_objects) {
        plan_.problems.push_back(
            fmt::format("bucket {} holds objects: --delete-objects deletes them, all versions, for good", bucket.name));
        continue;
      }
      const std::string title = "bucket " + bucket.name;
      if (!present->empty)
        add("objects", title, "all objects and their versions go, for good", DeleteVersions{bucket.region, bucket.name, {}});
      add("bucket", title, "ours", DeleteBucket{bucket.region, bucket.name});
    }
  }

  void certificate() {
    if (!have_.certificate) return;
    const auto& found = have_.certificate->found;
    for (const auto& set : have_.records) {
      if (set.name != found.record_name || set.type != "CNAME") continue;
      auto& step = add("certificate-record", "record that proves the certificate", "ours",
                       ChangeRecordSets{have_.zone->zone.id, {{RecordAction::kDelete, set}}});
      step.after = {WaitFor::kInSync};
      ++deleted_records_;
    }
    add("certificate", "certificate for " + found.domain, "ours", DeleteCertificate{found.arn});
  }

  void zone() {
    if (!have_.zone) return;
    const bool made_by_us = ours(have_.zone->tags) || part_of_reference(layout_.host, have_.zone->zone.caller_reference) == "zone";
    if (!made_by_us) return;
    constexpr size_t kOwnRecords = 2;  // NS and SOA
    if (have_.records.size() > deleted_records_ + kOwnRecords) {
      plan_.remarks.push_back(fmt::format("zone {} is ours, but holds other records: it stays", layout_.zone));
      return;
    }
    add("zone", "hosted zone " + layout_.zone, "ours, and nothing else is in it", DeleteHostedZone{have_.zone->zone.id});
  }

 private:
  bool ours(const Tags& tags) const { return is_ours(tags, layout_.host); }
  Step& add(std::string part, std::string title, std::string why, Change change) {
    plan_.steps.push_back(
        {.part = std::move(part), .title = std::move(title), .verb = Verb::kDelete, .why = std::move(why), .change = std::move(change)});
    return plan_.steps.back();
  }
  const PresentBucket* find(const WantedBucket& bucket) const {
    const auto at = have_.buckets.find(bucket.name);
    return at == have_.buckets.end() || !at->second.exists || at->second.region != bucket.region ? nullptr : &at->second;
  }
  void policy(const WantedBucket& bucket) {
    const auto* present = find(bucket);
    if (present == nullptr || ours(present->tags) || has_statement(present->policy, "") || policies_.contains(bucket.name)) return;
    policies_.insert({bucket.name, true});
    add("bucket-policy", "policy of bucket " + bucket.name, "our statement; others stay",
        SetBucketPolicy{bucket.region, bucket.name, with_statement(present->policy, "")});
  }

  const Layout& layout_;
  const Present& have_;
  const DestroyOptions& options_;
  Plan plan_;
  size_t deleted_records_ = 0;
  std::map<std::string, bool> policies_;
};

}  // namespace

Plan destroy_plan(const Layout& layout, const Present& present, const DestroyOptions& options) {
  Destroyer destroyer(layout, present, options);
  destroyer.records();
  destroyer.alarm();
  destroyer.checks();
  destroyer.distribution();
  destroyer.access_control();
  destroyer.replication();
  destroyer.buckets();
  destroyer.certificate();
  destroyer.zone();
  return std::move(destroyer).take();
}

}  // namespace evershore::aws
