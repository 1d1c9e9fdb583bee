// A request to an AWS service before it is addressed and signed, and its answer; what an error says and how to go on after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/http/message.h"

namespace evershore::aws {

enum class Service : uint8_t { kRoute53, kCloudFront, kS3, kIam, kSts, kAcm, kSns, kCloudWatch };

struct Call {
  Service service = Service::kRoute53;
  std::string name;    // "CreateHealthCheck", for people
  std::string region;  // "" = the service's own (us-east-1 for all but S3)
  std::string method = "POST";
  std::string target = "/";
  http::Headers headers;  // without Host and signature
  std::string body;
  bool anonymous = false;  // sent without a signature (AssumeRoleWithWebIdentity)
};

struct Answer {
  uint16_t status = 200;
  http::Headers headers;
  std::string body;
  bool ok() const { return status / 100 == 2; }
};

std::string_view signing_name(Service service);  // "route53", "s3", "monitoring"
// Host of the service itself, e.g. "s3.eu-west-1.amazonaws.com", "route53.amazonaws.com", in the region's partition.
std::string host_of(Service service, std::string_view region);
// "aws", "aws-cn", "aws-us-gov"
std::string_view partition_of(std::string_view region);

struct ApiError {
  std::string code;     // "Throttling"; "" = the body is no error document
  std::string message;  //
};
// From XML of any of the services' forms, JSON, or x-amzn-errortype.
ApiError parse_api_error(const Answer& answer);

enum class ErrorClass : uint8_t {
  kThrottled,     // slow down, then again
  kTransient,     // the service's fault: again
  kSkewed,        // our clock is wrong: correct it by the answer's Date, then again
  kExpired,       // the session's keys have ended: take new ones, then again
  kAbsent,        // what was asked for is not there
  kAlreadyThere,  // what was to be made is there
  kConflict,      // it has changed meanwhile, or something still hangs on it: read again, decide again
  kRefused,       // no, and no again
};
ErrorClass classify(uint16_t status, std::string_view code);
Fault fault_of(ErrorClass error);

// "CreateHealthCheck: 400 InvalidInput (...)", with what can be done about it where that is known.
Error error_of(const Call& call, const Answer& answer);

}  // namespace evershore::aws
