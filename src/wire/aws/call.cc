#include "wire/aws/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "base/text.h"

namespace evershore::aws {

std::string_view signing_name(Service service) {
  switch (service) {
    case Service::kRoute53: return "route53";
    case Service::kCloudFront: return "cloudfront";
    case Service::kS3: return "s3";
    case Service::kIam: return "iam";
    case Service::kSts: return "sts";
    case Service::kAcm: return "acm";
    case Service::kSns: return "sns";
    case Service::kCloudWatch: return "monitoring";
  }
  return "";
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

std::string host_of(Service service, std::string_view region) {
  const std::string_view suffix = partition_of(region) == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  if (service == Service::kRoute53 || service == Service::kCloudFront || service == Service::kIam) {
    return fmt::format("{}.{}", signing_name(service), suffix);
  }
  return fmt::format("{}.{}.{}", signing_name(service), region, suffix);
}

namespace {

// The first node called Error at any depth of the few forms there are, else the root itself (S3, InvalidChangeBatch).
pugi::xml_node error_node(const pugi::xml_document& document) {
  const auto root = document.document_element();
  if (const auto inner = root.child("Error")) return inner;
  if (const auto inner = root.child("Errors").child("Error")) return inner;
  return root;
}

ApiError xml_error(const std::string& body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  const auto node = error_node(document);
  ApiError error{node.child("Code").text().get(), node.child("Message").text().get()};
  if (const auto messages = node.child("Messages"); error.code.empty() && messages) {  // Route 53's InvalidChangeBatch
    error.code = node.name();
    for (const auto& message : messages.children("Message")) {
      error.message += (error.message.empty() ? "" : "; ") + std::string(message.text().get());
    }
  }
  return error;
}

ApiError json_error(const Answer& answer) {
  ApiError error;
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (json.is_object()) {
    for (const char* name : {"message", "Message"}) {
      if (json.contains(name) && json[name].is_string()) error.message = json[name].get<std::string>();
    }
    if (json.contains("__type") && json["__type"].is_string()) error.code = json["__type"].get<std::string>();
  }
  if (const auto header = answer.headers.find("x-amzn-errortype"); header && error.code.empty()) error.code = *header;
  error.code = error.code.substr(0, error.code.find(':'));
  if (const auto hash = error.code.find('#'); hash != std::string::npos) error.code.erase(0, hash + 1);
  return error;
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

ApiError parse_api_error(const Answer& answer) {
  const std::string_view body = trim(answer.body);
  if (body.starts_with('{') || (body.empty() && answer.headers.has("x-amzn-errortype"))) return json_error(answer);
  return xml_error(answer.body);
}

ErrorClass classify(uint16_t status, std::string_view code) {
  if (is_one_of(code, {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
                       "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
                       "PriorRequestNotComplete", "ProvisionedThroughputExceededException"}))
    return ErrorClass::kThrottled;
  if (is_one_of(code,
                {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException", "SignatureDoesNotMatch"}))
    return ErrorClass::kSkewed;
  if (is_one_of(code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})) return ErrorClass::kExpired;
  if (code.starts_with("NoSuch") || is_one_of(code, {"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException",
                                                     "ReplicationConfigurationNotFoundError"}))
    return ErrorClass::kAbsent;
  if (is_one_of(code, {"BucketAlreadyOwnedByYou", "EntityAlreadyExists", "HostedZoneAlreadyExists", "OriginAccessControlAlreadyExists",
                       "DistributionAlreadyExists"}))
    return ErrorClass::kAlreadyThere;
  if (is_one_of(code, {"HealthCheckVersionMismatch", "PreconditionFailed", "InvalidIfMatchVersion", "OperationAborted", "BucketNotEmpty",
                       "DeleteConflict", "ResourceInUseException", "HealthCheckInUse", "HostedZoneNotEmpty", "DistributionNotDisabled",
                       "OriginAccessControlInUse", "ConcurrentModification", "ConditionalRequestConflict"}))
    return ErrorClass::kConflict;
  if (status == 404 && code.empty()) return ErrorClass::kAbsent;
  if (status == 429) return ErrorClass::kThrottled;
  if (status >= 500 || is_one_of(code, {"InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout"}))
    return ErrorClass::kTransient;
  return ErrorClass::kRefused;
}

Fault fault_of(ErrorClass error) {
  switch (error) {
    case ErrorClass::kThrottled:
    case ErrorClass::kTransient: return Fault::kBusy;
    case ErrorClass::kAbsent: return Fault::kNotFound;
    case ErrorClass::kAlreadyThere:
    case ErrorClass::kConflict: return Fault::kPrecondition;
    case ErrorClass::kSkewed:
    case ErrorClass::kExpired:
    case ErrorClass::kRefused: return Fault::kRefused;
  }
  return Fault::kBroken;
}

namespace {
std::string_view remedy_for(std::string_view code) {
  if (is_one_of(code, {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}))
    return "give these credentials the right to do it";
  if (is_one_of(code, {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}))
    return "the access key is unknown to AWS";
  if (code == "SignatureDoesNotMatch" || code == "InvalidSignatureException") return "correct the secret key, or set this machine's clock";
  if (code == "CNAMEAlreadyExists") return "another distribution, in this or another account, lists this name; move it there first";
  if (code == "BucketAlreadyExists") return "another account has a bucket of this name; a website bucket must be named like its host";
  if (code == "BucketNotEmpty") return "empty it, or give --delete-objects";
  return "";
}
}  // namespace

Error error_of(const Call& call, const Answer& answer) {
  const auto error = parse_api_error(answer);
  std::string text = fmt::format("{} {}: {}", signing_name(call.service), call.name, answer.status);
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += fmt::format(" ({})", error.message);
  if (const auto remedy = remedy_for(error.code); !remedy.empty()) text += fmt::format("; {}", remedy);
  return {fault_of(classify(answer.status, error.code)), std::move(text)};
}

}  // namespace evershore::aws
