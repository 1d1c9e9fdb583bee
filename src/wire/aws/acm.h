// ACM's calls and answers (JSON 1.1). CloudFront takes certificates of us-east-1 only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

Call request(const RequestCertificate& change);
Call request(const DeleteCertificate& change);
Result<Made> parse_acm_made(const Answer& answer);  // "arn"

struct CertificatePage {
  std::vector<std::string> arns;  // of the asked domain
  std::string next_token;
};
Call list_certificates(const std::string& next_token);
Result<CertificatePage> parse_certificates(const Answer& answer, const std::string& domain);

struct FoundCertificate {
  std::string arn, domain, status;                     // "PENDING_VALIDATION", "ISSUED", ...
  std::string record_name, record_type, record_value;  // "" until ACM has made them, a few seconds after the request
};
Call describe_certificate(const std::string& arn);
Result<FoundCertificate> parse_certificate(const Answer& answer);
Call list_certificate_tags(const std::string& arn);
Result<Tags> parse_certificate_tags(const Answer& answer);

}  // namespace evershore::aws
