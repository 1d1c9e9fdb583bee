// An account in memory behind the same door as the live one, and stricter: what AWS would refuse, or merely tolerates, is refused here.
// It can be cut off at any call, before or after the call's effect, as a killed process or a lost answer would be.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "aws/names.h"
#include "aws/policies.h"
#include "aws/run/api.h"

namespace evershore::aws {

class FakeAccount final : public AwsApi {
 public:
  enum class Cut : uint8_t { kNone, kBefore, kAfter };
  // The `call`-th change from now on (from 1) fails with kTimedOut.
  void cut_at(uint64_t call, Cut cut) {
    cut_call_ = calls_ + call;
    cut_ = cut;
  }
  uint64_t changes() const { return calls_; }
  // Names that had records and then had none, and what was refused: both must stay empty in a good run.
  const std::vector<std::string>& emptied() const { return emptied_; }
  const std::vector<std::string>& refusals() const { return refusals_; }

  // Everything that stands in the account, with our ids as parts, so that two runs can be compared.
  std::string describe() const;

  // Others' things, and content.
  void add_zone(const std::string& name);
  void add_record(const RecordSet& set) { zones_.begin()->second.sets.push_back(set); }
  void add_check(const std::string& reference, const HealthCheck& check) {
    checks_[fresh_id("hc")] = {.found = {.caller_reference = reference, .version = 1, .check = check}};
  }
  void add_bucket(const std::string& region, const std::string& name) { buckets_[name] = {.bucket = {.exists = true, .region = region}}; }
  void put_object(const std::string& bucket) { ++buckets_.at(bucket).versions; }
  PresentBucket& bucket(const std::string& name) { return buckets_.at(name).bucket; }
  std::map<std::string, PresentCheck>& checks() { return checks_; }
  std::vector<RecordSet>& records() { return zones_.begin()->second.sets; }

  Task<Result<Present>> read(Question question) override { co_return read_now(question); }
  Task<Result<Made>> change(Change change) override { co_return change_now(change); }
  Task<Result<bool>> in_sync(std::string change_id) override { co_return ++asked_["change " + change_id] > 1; }
  Task<Result<FoundCertificate>> certificate(std::string arn) override;
  Task<Result<std::string>> distribution_status(std::string id) override;
  Task<Result<VersionPage>> versions(std::string, std::string bucket) override;

 private:
  struct Zone {
    PresentZone present;
    std::vector<RecordSet> sets;
  };
  struct Bucket {
    PresentBucket bucket;
    size_t versions = 0;
  };
  struct Dist {
    PresentDistribution present;
    int polls_left = 2;
  };

  std::string fresh_id(const char* what) { return fmt::format("{}-{:06}", what, ++last_id_); }
  std::unexpected<Error> refuse(std::string text) {
    refusals_.push_back(text);
    return fail(Fault::kRefused, std::move(text));
  }
  Present read_now(const Question& question) const;
  Result<Made> change_now(const Change& change);
  bool uses_check(const std::string& id) const;
  bool is_issued(const PresentCertificate& certificate) const;
  Result<void> apply_record(Zone& zone, const RecordChange& change);
  Result<void> check_sets(const Zone& zone) const;
  std::string named(std::string text) const;

  Result<Made> apply(const std::monostate&) { return refuse("nothing to do"); }
  Result<Made> apply(const CreateHostedZone& c);
  Result<Made> apply(const DeleteHostedZone& c);
  Result<Made> apply(const TagZone& c);
  Result<Made> apply(const CreateHealthCheck& c);
  Result<Made> apply(const UpdateHealthCheck& c);
  Result<Made> apply(const DeleteHealthCheck& c);
  Result<Made> apply(const TagHealthCheck& c);
  Result<Made> apply(const ChangeRecordSets& c);
  Result<Made> apply(const CreateBucket& c);
  Result<Made> apply(const TagBucket& c);
  Result<Made> apply(const EnableVersioning& c);
  Result<Made> apply(const SetPublicAccess& c);
  Result<Made> apply(const SetBucketPolicy& c);
  Result<Made> apply(const SetWebsite& c);
  Result<Made> apply(const SetReplication& c);
  Result<Made> apply(const DeleteVersions& c);
  Result<Made> apply(const DeleteBucket& c);
  Result<Made> apply(const CreateRole& c);
  Result<Made> apply(const SetRolePolicy& c);
  Result<Made> apply(const DeleteRolePolicy& c);
  Result<Made> apply(const DeleteRole& c);
  Result<Made> apply(const RequestCertificate& c);
  Result<Made> apply(const DeleteCertificate& c);
  Result<Made> apply(const CreateAccessControl& c);
  Result<Made> apply(const DeleteAccessControl& c);
  Result<Made> apply(const CreateDistribution& c);
  Result<Made> apply(const UpdateDistribution& c);
  Result<Made> apply(const DeleteDistribution& c);
  Result<Made> apply(const CreateTopic& c);
  Result<Made> apply(const Subscribe& c);
  Result<Made> apply(const DeleteTopic& c);
  Result<Made> apply(const SetAlarm& c);
  Result<Made> apply(const DeleteAlarm& c);

  uint64_t calls_ = 0, cut_call_ = 0, last_id_ = 0;
  Cut cut_ = Cut::kNone;
  std::map<std::string, Zone> zones_;
  std::map<std::string, PresentCheck> checks_;
  std::set<std::string> used_references_;
  std::map<std::string, Bucket> buckets_;
  std::map<std::string, PresentRole> roles_;
  std::map<std::string, PresentCertificate> certificates_;
  std::map<std::string, std::string> controls_;  // id -> name
  std::map<std::string, Dist> distributions_;
  std::map<std::string, PresentTopic> topics_;  // by name
  std::map<std::string, PresentAlarm> alarms_;
  std::map<std::string, int> asked_;
  std::vector<std::string> emptied_, refusals_;
};

}  // namespace evershore::aws
