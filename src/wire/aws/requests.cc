#include "wire/aws/requests.h"

#include <variant>

#include "base/assert.h"
#include "wire/aws/acm.h"
#include "wire/aws/cloudfront.h"
#include "wire/aws/query.h"
#include "wire/aws/route53.h"
#include "wire/aws/s3_control.h"

namespace evershore::aws {

Call request_of(const Change& change) {
  return std::visit(
      [](const auto& each) -> Call {
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, std::monostate>) {
          EVERSHORE_ASSERT(!"a step without a change has no request");
          return {};
        } else {
          return request(each);
        }
      },
      change);
}

Result<Made> made_by(const Change& change, const Answer& answer) {
  switch (request_of(change).service) {
    case Service::kRoute53: return parse_route53_made(answer);
    case Service::kCloudFront: return parse_cloudfront_made(answer);
    case Service::kS3: return std::holds_alternative<DeleteVersions>(change) ? parse_deleted_versions(answer) : Made{};
    case Service::kIam:
    case Service::kSts:
    case Service::kSns:
    case Service::kCloudWatch: return parse_query_made(answer);
    case Service::kAcm: return parse_acm_made(answer);
  }
  return Made{};
}

}  // namespace evershore::aws
