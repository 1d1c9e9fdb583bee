// For tests: something to probe on loopback that answers, refuses or falls silent when told.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_server.h"

namespace evershore::health {

class Target {
 public:
  explicit Target(io::Loop& loop, io::HttpServerOptions options = {})
      : loop_(loop), options_(std::move(options)), asked_(loop), speak_(loop) {
    revive();
  }

  std::string url() const { return (options_.tls ? "https://" : "http://") + address(); }
  std::string address() const { return io::format_endpoint(endpoint_); }
  void answer(uint16_t status, std::string body = "") {
    status_ = status;
    body_ = std::move(body);
  }
  // For one path alone.
  void answer_at(const std::string& path, uint16_t status) { by_path_[path] = status; }
  void fall_silent() { silent_ = true; }
  void say_that_it_is(const std::string& date) { date_ = date; }

  // Connections are refused from now on.
  Task<void> kill() {
    silent_ = false;
    speak_.notify_all();
    if (!server_) co_return;
    co_await server_->drain(loop_.now());
    server_.reset();
  }
  // On the same port as before.
  void revive() {
    auto server = io::HttpServer::start(loop_, endpoint_, options_, [this](io::HttpExchange& exchange) { return handle(exchange); });
    EVERSHORE_ASSERT(server.has_value());
    server_ = std::move(*server);
    endpoint_ = server_->local();
  }

  // "HEAD /bucket", in order.
  const std::vector<std::string>& asked() const { return requests_; }
  const http::RequestHead& last() const { return last_; }
  const std::string& last_body() const { return last_body_; }
  Task<void> until_asked(size_t times) {
    const Mono deadline = loop_.now() + std::chrono::seconds(10);
    while (requests_.size() < times && loop_.now() < deadline) co_await asked_.wait_until(deadline);
    EXPECT_GE(requests_.size(), times);
  }

 private:
  Task<void> handle(io::HttpExchange& exchange) {
    last_ = exchange.request();
    const auto body = co_await exchange.read_whole_body(1 << 20);
    last_body_ = body.value_or("");
    requests_.push_back(last_.method + " " + last_.target);
    asked_.notify_all();
    while (silent_) co_await speak_.wait();
    const auto own = by_path_.find(std::string(exchange.request().path()));
    http::ResponseHead head{.status = own == by_path_.end() ? status_ : own->second};
    if (!date_.empty()) head.headers.set("Date", date_);
    co_await exchange.respond(std::move(head), as_bytes(body_));
  }

  io::Loop& loop_;
  io::HttpServerOptions options_;
  io::Endpoint endpoint_{"127.0.0.1", 0};
  std::unique_ptr<io::HttpServer> server_;
  uint16_t status_ = 200;
  std::string body_;
  std::string date_;  // "" = the server's own
  std::map<std::string, uint16_t> by_path_;
  bool silent_ = false;
  std::vector<std::string> requests_;
  http::RequestHead last_;
  std::string last_body_;
  Signal asked_;
  Signal speak_;
};

}  // namespace evershore::health
