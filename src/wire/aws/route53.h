// Route 53's calls and answers (REST, XML, 2013-04-01). Element order is the schema's: it matters.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

inline constexpr size_t kTagResourcesMax = 10;  // of one ListTagsForResources

Call request(const CreateHostedZone& change);
Call request(const DeleteHostedZone& change);
Call request(const TagZone& change);
Call request(const CreateHealthCheck& change);
Call request(const UpdateHealthCheck& change);
Call request(const DeleteHealthCheck& change);
Call request(const TagHealthCheck& change);
Call request(const ChangeRecordSets& change);
// Of any of the above: id, name servers, and the id of the change to wait for.
Result<Made> parse_route53_made(const Answer& answer);

struct FoundZone {
  std::string id, name, caller_reference;  // the id without "/hostedzone/"
  bool private_zone = false;
  uint64_t records = 0;
};
Call list_zones_by_name(const std::string& name);
Result<std::vector<FoundZone>> parse_zones(const Answer& answer);
Call get_zone(const std::string& id);
Result<std::vector<std::string>> parse_name_servers(const Answer& answer);

struct FoundCheck {
  std::string id, caller_reference;
  uint64_t version = 0;
  HealthCheck check;
};
struct CheckPage {
  std::vector<FoundCheck> checks;
  std::string next_marker;  // "" = the last page
};
Call list_health_checks(const std::string& marker);
Result<CheckPage> parse_health_checks(const Answer& answer);

struct RecordPage {
  std::vector<RecordSet> sets;
  std::string next_name, next_type, next_identifier;  // next_name "" = the last page
};
Call list_record_sets(const std::string& zone_id, const std::string& name, const std::string& type, const std::string& identifier);
Result<RecordPage> parse_record_sets(const Answer& answer);

// `kind`: "healthcheck" or "hostedzone". By id.
Call list_route53_tags(const std::string& kind, std::span<const std::string> ids);
Result<std::map<std::string, Tags>> parse_route53_tags(const Answer& answer);

Call get_change(const std::string& id);
Result<bool> parse_in_sync(const Answer& answer);

struct Observation {
  std::string region, address, status;
};
Call get_check_status(const std::string& id);
Result<std::vector<Observation>> parse_observations(const Answer& answer);

struct TestAnswer {
  std::string code;
  std::vector<std::string> data;
};
Call test_dns_answer(const std::string& zone_id, const std::string& name, const std::string& type);
Result<TestAnswer> parse_test_answer(const Answer& answer);

}  // namespace evershore::aws
