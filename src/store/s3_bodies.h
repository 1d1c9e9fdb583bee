// Bodies between our interface and the HTTP client's.
#pragma once

#include "io/http_client.h"
#include "store/object_store.h"

namespace evershore::store {

// The body of an answer, exactly `length` bytes of it.
class S3Body final : public BodyReader {
 public:
  S3Body(std::unique_ptr<io::HttpResponse> response, uint64_t length) : response_(std::move(response)), left_(length) {}
  Task<Result<std::span<const uint8_t>>> next() override;

 private:
  std::unique_ptr<io::HttpResponse> response_;
  uint64_t left_;
};

// Hands a reader's bytes to the client and holds it to the announced length: a body that is too short or too long breaks
// the request off, so that the server never takes it for whole.
class UploadSource final : public io::HttpBodySource {
 public:
  UploadSource(BodyReader& body, uint64_t length) : body_(body), left_(length) {}
  Task<Result<std::span<const uint8_t>>> next() override;
  // Why the body itself failed, if it did: tells it from a failure of the network.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  std::unexpected<Error> give_up(Error error);

  BodyReader& body_;
  uint64_t left_;
  std::optional<Error> failure_;
};

}  // namespace evershore::store
