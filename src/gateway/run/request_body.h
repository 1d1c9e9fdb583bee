// The body of a write as the store reads it: taken from the connection, decoded, and checked at its end against every
// hash and signature the request gave. A body that does not fit ends in an error, so that the store writes nothing.
#pragma once

#include <optional>

#include "gateway/body_rules.h"
#include "io/http_server.h"
#include "store/object_store.h"
#include "wire/s3/aws_chunked.h"

namespace evershore::gateway {

class RequestBody final : public BodyReader {
 public:
  RequestBody(io::HttpExchange& exchange, BodyRules rules, const s3::ChunkSeed& seed);
  Task<Result<std::span<const uint8_t>>> next() override;
  // Why the body was refused; nullopt while nothing is wrong with it.
  const std::optional<Refusal>& refusal() const { return refusal_; }
  // For the answer: the checksum that was verified. "" = none was given.
  const std::string& checksum() const { return rules_.checksum; }
  const BodyRules& rules() const { return rules_; }

 private:
  Task<Result<std::span<const uint8_t>>> next_decoded();
  std::unexpected<Error> refused(s3::ErrorCode code, std::string text);
  void hash(std::span<const uint8_t> piece);
  Result<void> check_end();

  io::HttpExchange& exchange_;
  BodyRules rules_;
  std::optional<s3::AwsChunkedDecoder> decoder_;
  std::span<const uint8_t> undecoded_;
  std::optional<Hasher> sha256_;
  std::optional<Hasher> md5_;
  std::optional<Checksum> checksum_;
  uint64_t given_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace evershore::gateway
