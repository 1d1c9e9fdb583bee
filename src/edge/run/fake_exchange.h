// A client's request and what came back, without sockets: for tests of the handler. As strict as the real one: more or
// fewer bytes than announced is a bug and asserted.
#pragma once

#include <string>

#include "base/assert.h"
#include "base/sync.h"
#include "base/text.h"
#include "io/http_server.h"

namespace evershore::edge {

class FakeExchange final : public io::HttpExchange {
 public:
  FakeExchange(std::string method, std::string target, http::Headers headers) {
    request_.method = std::move(method);
    request_.target = std::move(target);
    request_.host = "site.test";
    request_.headers = std::move(headers);
  }
  http::RequestHead& edit() { return request_; }

  const http::RequestHead& request() const override { return request_; }
  const io::Endpoint& peer() const override { return peer_; }
  bool tls() const override { return over_tls; }
  io::Loop& loop() override { assertion_failed("the handler needs no loop", __FILE__, __LINE__); }
  Task<Result<std::span<const uint8_t>>> read_body() override { co_return std::span<const uint8_t>{}; }
  Task<Result<std::string>> read_whole_body(size_t) override { co_return std::string(); }

  Task<Result<void>> respond(http::ResponseHead answer, std::span<const uint8_t> bytes) override {
    EVERSHORE_ASSERT(!started_);
    started_ = true;
    head = std::move(answer);
    announced = bytes.size();
    if (request_.method != "HEAD") body = as_text(bytes);
    complete = true;
    co_return Result<void>{};
  }
  Task<Result<void>> start(http::ResponseHead answer, std::optional<uint64_t> length) override {
    EVERSHORE_ASSERT(!started_);
    started_ = true;
    head = std::move(answer);
    announced = length;
    co_return Result<void>{};
  }
  Task<Result<void>> write(std::span<const uint8_t> piece) override {
    EVERSHORE_ASSERT(started_);
    if (gone) co_return fail(Fault::kBroken, "the client is gone");
    body += as_text(piece);
    EVERSHORE_ASSERT(!announced || body.size() <= *announced);
    co_return Result<void>{};
  }
  Task<Result<void>> finish() override {
    EVERSHORE_ASSERT(request_.method == "HEAD" || !announced || body.size() == *announced);
    complete = true;
    co_return Result<void>{};
  }
  void abort() override { aborted = true; }
  bool started() const override { return started_; }
  Sent sent() const override { return {.body_bytes = body.size(), .complete = complete}; }
  std::string_view tls_version() const override { return over_tls ? "TLSv1.3" : ""; }

  http::ResponseHead head;
  std::optional<uint64_t> announced;
  std::string body;
  bool complete = false;
  bool aborted = false;
  bool over_tls = false;
  bool gone = false;      // every write fails from now on
  bool returned = false;  // serve() has

 private:
  http::RequestHead request_;
  io::Endpoint peer_{"127.0.0.1", 1};
  bool started_ = false;
};

}  // namespace evershore::edge
