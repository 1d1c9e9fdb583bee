// May this request be done, and if not, what is it told?
#pragma once

#include <optional>

#include "base/result.h"
#include "gateway/operation.h"
#include "wire/s3/sigv4.h"

namespace evershore::gateway {

enum class Readers : uint8_t { kSigned, kAnyone };  // kAnyone: GET and HEAD of objects need no signature

// nullopt: allowed.
std::optional<Refusal> access_refusal(const s3::Verdict& verdict, Operation operation, Readers readers);

// What an error of the store means to a client: "NoSuchUpload: ..." keeps its code, else the fault decides.
Refusal refusal_of(const Error& error);

}  // namespace evershore::gateway
