// Whatever a service answers, no parser may do worse than refuse it.
#include "wire/aws/acm.h"
#include "wire/aws/cloudfront.h"
#include "wire/aws/query.h"
#include "wire/aws/route53.h"
#include "wire/aws/s3_control.h"

using namespace evershore::aws;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Answer answer{.status = 200, .headers = {}, .body = std::string(reinterpret_cast<const char*>(data), size)};
  (void)parse_api_error(answer);
  (void)parse_route53_made(answer);
  (void)parse_zones(answer);
  (void)parse_health_checks(answer);
  (void)parse_record_sets(answer);
  (void)parse_route53_tags(answer);
  (void)parse_distributions(answer);
  (void)parse_distribution_config(answer);
  (void)parse_replication(answer);
  (void)parse_versions(answer);
  (void)parse_role(answer);
  (void)parse_alarm(answer);
  (void)parse_session_keys(answer);
  (void)parse_certificate(answer);
  (void)parse_certificates(answer, "example.com");
  return 0;
}
