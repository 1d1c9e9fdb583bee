// The fake account's buckets, roles, certificates, distributions, topics and alarms.
#include "aws/run/fake_account.h"

namespace evershore::aws {

Result<Made> FakeAccount::apply(const CreateBucket& c) {
  if (buckets_.contains(c.name)) return refuse("BucketAlreadyOwnedByYou");
  buckets_[c.name] = {.bucket = {.exists = true, .region = c.region, .tags = c.tags}, .versions = 0};
  return Made{};
}

Result<Made> FakeAccount::apply(const TagBucket& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  buckets_[c.name].bucket.tags = c.tags;
  return Made{};
}

Result<Made> FakeAccount::apply(const EnableVersioning& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  buckets_[c.name].bucket.versioned = true;
  return Made{};
}

Result<Made> FakeAccount::apply(const SetPublicAccess& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  buckets_[c.name].bucket.public_allowed = c.allowed;
  return Made{};
}

Result<Made> FakeAccount::apply(const SetBucketPolicy& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  auto& bucket = buckets_[c.name].bucket;
  if (c.policy.find(R"("Principal":"*")") != std::string::npos && !bucket.public_allowed)
    return refuse("AccessDenied: public policies are blocked");
  bucket.policy = c.policy;
  return Made{};
}

Result<Made> FakeAccount::apply(const SetWebsite& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  buckets_[c.name].bucket.website = c.website;
  return Made{};
}

Result<Made> FakeAccount::apply(const SetReplication& c) {
  if (!buckets_.contains(c.name)) return refuse("NoSuchBucket");
  auto& bucket = buckets_[c.name].bucket;
  if (c.replication.rules.empty()) {
    bucket.replication.reset();
    return Made{};
  }
  const bool known_role = std::ranges::any_of(
      roles_, [&](const auto& each) { return each.second.role.arn == c.replication.role_arn && !each.second.policy.empty(); });
  if (!known_role) return refuse("InvalidRequest: the role is not there or may do nothing");
  std::set<uint32_t> priorities;
  for (const auto& rule : c.replication.rules) {
    if (!priorities.insert(rule.priority).second) return refuse("InvalidRequest: two rules of one priority");
    if (rule.id != kRuleId) continue;
    if (!buckets_.contains(rule.destination_bucket)) return refuse("InvalidRequest: no destination");
    if (!bucket.versioned || !buckets_[rule.destination_bucket].bucket.versioned) return refuse("InvalidRequest: versioning is off");
  }
  bucket.replication = c.replication;
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteVersions& c) {
  if (c.versions.empty() || c.versions.size() > 1000) return refuse("MalformedXML");
  buckets_.at(c.name).versions -= c.versions.size();
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteBucket& c) {
  const auto at = buckets_.find(c.name);
  if (at == buckets_.end()) return fail(Fault::kNotFound, "NoSuchBucket");
  if (at->second.versions > 0) return refuse("BucketNotEmpty");
  buckets_.erase(at);
  return Made{};
}

Result<Made> FakeAccount::apply(const CreateRole& c) {
  if (roles_.contains(c.name)) return refuse("EntityAlreadyExists");
  const auto arn = "arn:aws:iam::123456789012:role/" + c.name;
  roles_[c.name] = {.role = {arn, c.trust_policy, c.tags}, .policy = ""};
  return Made{{"", arn}, {"arn", arn}};
}

Result<Made> FakeAccount::apply(const SetRolePolicy& c) {
  if (!roles_.contains(c.role)) return refuse("NoSuchEntity");
  roles_[c.role].policy = c.policy;
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteRolePolicy& c) {
  if (!roles_.contains(c.role) || roles_[c.role].policy.empty()) return fail(Fault::kNotFound, "NoSuchEntity");
  roles_[c.role].policy.clear();
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteRole& c) {
  const auto at = roles_.find(c.name);
  if (at == roles_.end()) return fail(Fault::kNotFound, "NoSuchEntity");
  if (!at->second.policy.empty()) return refuse("DeleteConflict: it has a policy");
  for (const auto& [name, bucket] : buckets_) {
    if (bucket.bucket.replication && bucket.bucket.replication->role_arn == at->second.role.arn) return refuse("the role replicates yet");
  }
  roles_.erase(at);
  return Made{};
}

Result<Made> FakeAccount::apply(const RequestCertificate& c) {
  const auto arn = "arn:aws:acm:us-east-1:123456789012:certificate/" + fresh_id("cert");
  certificates_[arn] = {.found = {.arn = arn, .domain = c.domain, .status = "PENDING_VALIDATION"}, .tags = c.tags};
  return Made{{"", arn}, {"arn", arn}};
}

Result<Made> FakeAccount::apply(const DeleteCertificate& c) {
  for (const auto& [id, d] : distributions_) {
    if (d.present.config.distribution.certificate_arn == c.arn) return refuse("ResourceInUseException");
  }
  return certificates_.erase(c.arn) > 0 ? Result<Made>(Made{}) : fail(Fault::kNotFound, "ResourceNotFoundException");
}

Result<Made> FakeAccount::apply(const CreateAccessControl& c) {
  for (const auto& [id, name] : controls_) {
    if (name == c.name) return refuse("OriginAccessControlAlreadyExists");
  }
  const auto id = fresh_id("oac");
  controls_[id] = c.name;
  return Made{{"", id}, {"etag", "etag-" + id}};
}

Result<Made> FakeAccount::apply(const DeleteAccessControl& c) {
  if (c.etag != "etag-" + c.id) return fail(Fault::kPrecondition, "InvalidIfMatchVersion");
  for (const auto& [id, d] : distributions_) {
    for (const auto& origin : d.present.config.distribution.origins) {
      if (origin.access_control_id == c.id) return refuse("OriginAccessControlInUse");
    }
  }
  controls_.erase(c.id);
  return Made{};
}

Result<Made> FakeAccount::apply(const CreateDistribution& c) {
  if (!used_references_.insert(c.caller_reference).second) return refuse("DistributionAlreadyExists");
  const auto& d = c.distribution;
  for (const auto& [id, other] : distributions_) {
    for (const auto& alias : d.aliases) {
      const auto& theirs = other.present.summary.aliases;
      if (std::ranges::find(theirs, alias) != theirs.end()) return refuse("CNAMEAlreadyExists");
    }
  }
  const auto certificate = certificates_.find(d.certificate_arn);
  if (certificate == certificates_.end() || certificate->second.found.status != "ISSUED") return refuse("InvalidViewerCertificate");
  for (const auto& origin : d.origins) {
    if (!buckets_.contains(origin.domain.substr(0, origin.domain.find(".s3.")))) return refuse("no such origin " + origin.domain);
    if (!origin.access_control_id.empty() && !controls_.contains(origin.access_control_id)) return refuse("InvalidOriginAccessControl");
  }
  const auto id = fresh_id("E");
  Dist made;
  made.present.summary = {id,       "arn:aws:cloudfront::123456789012:distribution/" + id, id + ".cloudfront.net", "InProgress", d.comment,
                          d.aliases};
  made.present.config = {
      .etag = fresh_id("etag"), .raw = "<DistributionConfig/>", .caller_reference = c.caller_reference, .distribution = d};
  made.present.tags = c.tags;
  distributions_[id] = made;
  return Made{{"", id}, {"domain", made.present.summary.domain}, {"arn", made.present.summary.arn}, {"etag", made.present.config.etag}};
}

Result<Made> FakeAccount::apply(const UpdateDistribution& c) {
  const auto at = distributions_.find(c.id);
  if (at == distributions_.end()) return refuse("NoSuchDistribution");
  auto& present = at->second.present;
  if (present.config.etag != c.etag) return fail(Fault::kPrecondition, "PreconditionFailed");
  present.config.distribution = c.distribution;
  present.config.etag = fresh_id("etag");
  present.summary.status = "InProgress";
  at->second.polls_left = 2;
  return Made{{"", c.id}, {"etag", present.config.etag}};
}

Result<Made> FakeAccount::apply(const DeleteDistribution& c) {
  const auto at = distributions_.find(c.id);
  if (at == distributions_.end()) return fail(Fault::kNotFound, "NoSuchDistribution");
  if (at->second.present.config.etag != c.etag) return fail(Fault::kPrecondition, "PreconditionFailed");
  if (at->second.present.config.distribution.enabled || at->second.polls_left > 0) return refuse("DistributionNotDisabled");
  distributions_.erase(at);
  return Made{};
}

Result<Made> FakeAccount::apply(const CreateTopic& c) {
  const auto arn = "arn:aws:sns:us-east-1:123456789012:" + c.name;
  if (!topics_.contains(c.name)) topics_[c.name] = {.arn = arn, .tags = c.tags, .emails = {}};
  return Made{{"", arn}, {"arn", arn}};
}

Result<Made> FakeAccount::apply(const Subscribe& c) {
  for (auto& [name, topic] : topics_) {
    if (topic.arn != c.topic_arn) continue;
    if (std::ranges::find(topic.emails, c.email) == topic.emails.end()) topic.emails.push_back(c.email);
    return Made{};
  }
  return refuse("NotFound: topic");
}

Result<Made> FakeAccount::apply(const DeleteTopic& c) {
  std::erase_if(topics_, [&](const auto& each) { return each.second.arn == c.arn; });
  return Made{};
}

Result<Made> FakeAccount::apply(const SetAlarm& c) {
  if (!checks_.contains(c.alarm.health_check)) return refuse("an alarm on no health check: " + c.alarm.health_check);
  for (const auto& action : c.alarm.actions) {
    if (std::ranges::none_of(topics_, [&](const auto& each) { return each.second.arn == action; })) return refuse("an alarm to no topic");
  }
  alarms_[c.alarm.name] = {.found = {"arn:aws:cloudwatch:us-east-1:123456789012:alarm:" + c.alarm.name, "OK", c.alarm}, .tags = c.tags};
  return Made{};
}

Result<Made> FakeAccount::apply(const DeleteAlarm& c) {
  if (alarms_.erase(c.name) == 0) return fail(Fault::kNotFound, "ResourceNotFound");
  return Made{};
}

}  // namespace evershore::aws
