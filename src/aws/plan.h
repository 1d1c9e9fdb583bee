// wanted minus present -> calls, in order. Each step is one call, so that a run that was cut off anywhere is continued by planning again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aws/layout.h"
#include "aws/present.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

enum class Verb : uint8_t { kMake, kChange, kReplace, kDelete };
std::string_view verb_name(Verb verb);  // "make", "change", "replace", "delete"

struct FieldChange {
  std::string name, from, to;  // `from` "" = nothing there; `to` "" = removed; may hold references
};

// What has to have happened elsewhere: before the step is taken, or after it before the next one is.
enum class WaitFor : uint8_t { kCertificateRecord, kCertificateIssued, kDistributionDeployed, kInSync };

struct Step {
  std::string part;   // "check/both"; what the call makes is known by this name afterwards
  std::string title;  // "health check: both of them"
  Verb verb = Verb::kMake;
  std::string why;
  std::vector<FieldChange> fields;
  Change change;
  std::vector<WaitFor> before, after;
};

struct Plan {
  std::string host, account;
  std::vector<Step> steps;
  std::vector<std::string> cannot;    // what the layout cannot do
  std::vector<std::string> remarks;   // what its owner has to know or do
  std::vector<std::string> problems;  // why it must not be carried out as it is
  bool differs() const { return !steps.empty(); }
  // Of all that it says: another plan, or the same one over an account that has changed, has another.
  std::string fingerprint() const;
};

struct PlanOptions {
  std::string nonce;               // makes caller references new; the same for one plan and its carrying out
  bool take_over_records = false;  // others' records at the host are replaced, in the same batch
};
Plan plan(const Layout& layout, const Present& present, const PlanOptions& options);

struct DestroyOptions {
  bool delete_objects = false;
};
// All that carries our mark, in reverse order; nothing else.
Plan destroy_plan(const Layout& layout, const Present& present, const DestroyOptions& options);

// Whether the batch would leave a name without records that has some now.
bool leaves_a_name_empty(const std::vector<RecordSet>& present, const std::vector<RecordChange>& batch);

// Route 53 refuses larger batches: 1,000 records, UPSERTs counted twice, and 32,000 characters of values.
std::string broken_batch_limit(const std::vector<RecordChange>& batch);

}  // namespace evershore::aws
