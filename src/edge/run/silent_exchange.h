// A request without a client: what the edge asks itself, to have the answer in its cache. Bytes go nowhere, and are counted.
#pragma once

#include <string>

#include "base/assert.h"
#include "io/http_server.h"

namespace evershore::edge {

class SilentExchange final : public io::HttpExchange {
 public:
  explicit SilentExchange(std::string host) {
    request_.method = "GET";
    request_.target = "/";
    request_.host = std::move(host);
  }
  uint16_t status() const { return status_; }  // 0: no answer
  bool complete() const { return complete_; }
  uint64_t bytes() const { return bytes_; }

  const http::RequestHead& request() const override { return request_; }
  const io::Endpoint& peer() const override { return peer_; }
  bool tls() const override { return false; }
  io::Loop& loop() override { assertion_failed("a request without a client has no loop", __FILE__, __LINE__); }
  Task<Result<std::span<const uint8_t>>> read_body() override { co_return std::span<const uint8_t>{}; }
  Task<Result<std::string>> read_whole_body(size_t) override { co_return std::string(); }
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override {
    status_ = head.status;
    bytes_ += body.size();
    complete_ = true;
    co_return Result<void>{};
  }
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t>) override {
    status_ = head.status;
    co_return Result<void>{};
  }
  Task<Result<void>> write(std::span<const uint8_t> piece) override {
    bytes_ += piece.size();
    co_return Result<void>{};
  }
  Task<Result<void>> finish() override {
    complete_ = true;
    co_return Result<void>{};
  }
  void abort() override { complete_ = false; }
  bool started() const override { return status_ != 0; }

 private:
  http::RequestHead request_;
  io::Endpoint peer_{"127.0.0.1", 0};
  uint16_t status_ = 0;
  uint64_t bytes_ = 0;
  bool complete_ = false;
};

}  // namespace evershore::edge
