#include "gateway/access.h"

namespace evershore::gateway {

using s3::AuthOutcome;
using s3::ErrorCode;

namespace {
ErrorCode code_of(AuthOutcome outcome) {
  switch (outcome) {
    case AuthOutcome::kMalformed:
    case AuthOutcome::kWrongScope: return ErrorCode::kAuthorizationHeaderMalformed;
    case AuthOutcome::kUnknownAccessKey: return ErrorCode::kInvalidAccessKeyId;
    case AuthOutcome::kSkewed: return ErrorCode::kRequestTimeTooSkewed;
    case AuthOutcome::kMismatch: return ErrorCode::kSignatureDoesNotMatch;
    default: return ErrorCode::kAccessDenied;
  }
}
}  // namespace

std::optional<Refusal> access_refusal(const s3::Verdict& verdict, Operation operation, Readers readers) {
  if (verdict.outcome == AuthOutcome::kAllowed) return std::nullopt;
  if (verdict.outcome == AuthOutcome::kAnonymous && readers == Readers::kAnyone && is_object_read(operation)) return std::nullopt;
  return Refusal{code_of(verdict.outcome), verdict.text};
}

Refusal refusal_of(const Error& error) {
  const auto colon = error.text.find(':');
  if (colon != std::string::npos) {
    if (const auto code = s3::code_from_name(std::string_view(error.text).substr(0, colon))) return Refusal{*code, ""};
  }
  switch (error.fault) {
    case Fault::kNotFound: return {ErrorCode::kNoSuchKey, ""};
    case Fault::kPrecondition: return {ErrorCode::kPreconditionFailed, ""};
    case Fault::kBusy: return {ErrorCode::kServiceUnavailable, ""};
    case Fault::kInvalid: return {ErrorCode::kInvalidRequest, error.text};
    case Fault::kTimedOut: return {ErrorCode::kRequestTimeout, ""};
    default: return {ErrorCode::kInternalError, ""};
  }
}

}  // namespace evershore::gateway
