// An exchange whose answers carry Strict-Transport-Security, whatever they are (RFC 6797 7.1). The rest is the exchange's own.
#pragma once

#include <string>
#include <utility>

#include "io/http_server.h"

namespace evershore::edge {

class StrictExchange final : public io::HttpExchange {
 public:
  // `inner` outlives it and came over TLS.
  StrictExchange(io::HttpExchange& inner, std::string value) : inner_(inner), value_(std::move(value)) {}

  const http::RequestHead& request() const override { return inner_.request(); }
  const io::Endpoint& peer() const override { return inner_.peer(); }
  bool tls() const override { return inner_.tls(); }
  io::Loop& loop() override { return inner_.loop(); }
  Task<Result<std::span<const uint8_t>>> read_body() override { return inner_.read_body(); }
  Task<Result<std::string>> read_whole_body(size_t max) override { return inner_.read_whole_body(max); }
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override {
    head.headers.set("Strict-Transport-Security", value_);
    return inner_.respond(std::move(head), body);
  }
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) override {
    head.headers.set("Strict-Transport-Security", value_);
    return inner_.start(std::move(head), length);
  }
  Task<Result<void>> write(std::span<const uint8_t> piece) override { return inner_.write(piece); }
  Task<Result<void>> finish() override { return inner_.finish(); }
  void abort() override { inner_.abort(); }
  bool started() const override { return inner_.started(); }

 private:
  io::HttpExchange& inner_;
  const std::string value_;
};

}  // namespace evershore::edge
