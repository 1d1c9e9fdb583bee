// Collects the steps of a plan, resource by resource; for this folder's .cc files only.
#pragma once

#include "aws/fields.h"
#include "aws/names.h"
#include "aws/plan.h"

namespace evershore::aws {

class Planner {
 public:
  Planner(const Layout& want, const Present& have, const PlanOptions& options);
  Plan take() && { return std::move(plan_); }

  // In dependency order.
  void zone();
  void certificate();
  void buckets();
  void role();
  void replication();
  void access_control();
  void distribution();
  void bucket_policies();
  void checks();
  void alarm();
  void records();
  void superseded_checks();

 private:
  Step& add(std::string part, std::string title, Verb verb, std::string why, Change change);
  void problem(std::string text) { plan_.problems.push_back(std::move(text)); }
  std::string reference(const std::string& part) const;
  std::string at(const std::string& part) const;  // what the reference means now, or itself
  void make_bucket(const WantedBucket& want);
  void set_up_bucket(const WantedBucket& want, const PresentBucket& have);
  void make_check(const WantedCheck& want);
  void change_check(const WantedCheck& want, const PresentCheck& have);
  void validation_record();
  void gather_record_changes(std::vector<RecordChange>& batch, std::vector<FieldChange>& fields, bool& fresh);
  void gather_foreign_records(std::vector<RecordChange>& batch, std::vector<FieldChange>& fields);

  const Layout& want_;
  const Present& have_;
  const PlanOptions& options_;
  Known known_;
  Plan plan_;
};

// Ours among the records at the host: by set identifier, or by leading to our distribution.
bool is_our_record(const RecordSet& set, const Layout& layout, const Present& present);

}  // namespace evershore::aws
