#include "aws/present.h"

#include "aws/names.h"

namespace evershore::aws {

namespace {
// Type, RequestInterval, MeasureLatency, and "by address or by name" cannot be changed.
bool same_for_good(const HealthCheck& a, const HealthCheck& b) {
  return a.type == b.type && a.interval_s == b.interval_s && a.measure_latency == b.measure_latency &&
         a.address.empty() == b.address.empty();
}
}  // namespace

Question question_of(const Layout& layout, const std::string& home_region) {
  Question question{.host = layout.host, .zone = layout.zone, .home_region = home_region};
  for (const auto& bucket : layout.buckets) question.buckets.emplace_back(bucket.region, bucket.name);
  return question;
}

std::string part_of_reference(const std::string& host, const std::string& caller_reference) {
  const auto stem = reference_prefix(host, "");
  const auto base = stem.substr(0, stem.size() - 1);  // "evershore/HASH/"
  if (!caller_reference.starts_with(base)) return "";
  const auto slash = caller_reference.find('/', base.size());
  auto part = caller_reference.substr(base.size(), slash == std::string::npos ? slash : slash - base.size());
  if (part.starts_with("check-")) part.replace(5, 1, "/");
  return part;
}

const PresentCheck* check_for(const Present& present, const std::string& host, const WantedCheck& want) {
  for (const auto& check : present.checks) {
    if (part_of_reference(host, check.found.caller_reference) == want.part && same_for_good(check.found.check, want.check)) return &check;
  }
  return nullptr;
}

Known known_of(const Present& present, const Layout& layout) {
  Known known;
  if (present.zone) known["zone"] = present.zone->zone.id;
  for (const auto& want : layout.checks) {
    if (const auto* check = check_for(present, layout.host, want)) known[want.part] = check->found.id;
  }
  if (present.role) known["role"] = present.role->role.arn;
  if (present.certificate) {
    const auto& found = present.certificate->found;
    known["certificate"] = found.arn;
    if (!found.record_name.empty()) {
      known["certificate.record.name"] = found.record_name;
      known["certificate.record.type"] = found.record_type;
      known["certificate.record.value"] = found.record_value;
    }
  }
  if (present.access_control) known["access-control"] = present.access_control->id;
  if (present.distribution) {
    known["distribution"] = present.distribution->summary.id;
    known["distribution.arn"] = present.distribution->summary.arn;
    known["distribution.domain"] = present.distribution->summary.domain;
    known["distribution.etag"] = present.distribution->config.etag;
  }
  if (present.topic) known["topic"] = present.topic->arn;
  return known;
}

}  // namespace evershore::aws
