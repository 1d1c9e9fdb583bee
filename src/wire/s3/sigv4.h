// Signs requests to S3 and verifies those we receive (AWS Signature Version 4). Vectors: canonical.h names the rules.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/http/message.h"
#include "wire/s3/canonical.h"

namespace evershore::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // "" = long-term keys
  bool empty() const { return access_key.empty(); }
};

// The signing key is derived once a day and kept. One thread.
class Signer {
 public:
  Signer(Credentials credentials, std::string region, std::string service = "s3");

  // Adds x-amz-date, x-amz-content-sha256 (= payload_hash: a lower-case hex SHA-256 or one of the constants), the session
  // token's header if there is one, and Authorization. Host must be set. Signed: host, x-amz-*, content-type, content-md5;
  // headers added afterwards (Range, Connection, ...) do not break the signature. `target` is the request target as sent.
  void sign(std::string_view method, std::string_view target, http::Headers& headers, std::string_view payload_hash, Wall now);

  // `target` with the query that lets anyone do this one request for `expires` (at most 7 days). `host` = Host header.
  std::string presign(std::string_view method, std::string_view target, std::string_view host, std::chrono::seconds expires, Wall now);

  bool anonymous() const { return credentials_.empty(); }

 private:
  const Sha256& key_for(std::string_view date);

  Credentials credentials_;
  std::string region_;
  std::string service_;
  std::string key_date_;
  Sha256 key_{};
};

// What a request claims about its signature, before anything is believed.
struct PresentedSignature {
  std::string access_key;
  std::string date;  // of the scope, "20130524"
  std::string region;
  std::string service;
  std::vector<std::string> signed_names;
  std::string signature;
  std::string amz_date;      // "20130524T000000Z"
  std::string payload_hash;  // x-amz-content-sha256; presigned: UNSIGNED-PAYLOAD unless given
  bool presigned = false;
  std::chrono::seconds expires{0};  // presigned only
};

enum class AuthOutcome : uint8_t {
  kAllowed,
  kAnonymous,         // no signature at all
  kMalformed,         // a signature that cannot be read
  kUnknownAccessKey,  // not our access key
  kWrongScope,        // another region or service was signed for
  kSkewed,            // its time is more than 15 minutes from ours
  kExpired,           // presigned and too old
  kUnsignedHeader,    // an x-amz-* header, or Host, is not covered
  kMismatch,          // the signature is not the one we compute
};

// What the chunks of an aws-chunked body are verified with.
struct ChunkSeed {
  Sha256 key{};
  std::string amz_date;
  std::string scope;
  std::string signature;
};

struct Verdict {
  AuthOutcome outcome = AuthOutcome::kAnonymous;
  std::string text;          // for the answer: what did not fit
  std::string payload_hash;  // kAllowed: what the body must hash to, or one of the constants
  ChunkSeed seed;            // kAllowed
};

inline constexpr std::chrono::minutes kClockSkewMax{15};
inline constexpr std::chrono::seconds kPresignExpiresMax{604'800};

// From Authorization or the query. nullopt: anonymous. kInvalid: unreadable.
Result<std::optional<PresentedSignature>> presented_signature(const http::RequestHead& request);

// Knows one pair of keys. Any region in the scope is accepted where `region` is "". One thread.
class Verifier {
 public:
  Verifier(Credentials credentials, std::string region);
  Verdict verify(const http::RequestHead& request, Wall now);

 private:
  Credentials credentials_;
  std::string region_;
  std::string key_scope_;
  Sha256 key_{};
};

}  // namespace evershore::s3
