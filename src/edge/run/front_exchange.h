// A client's exchange as the edge's front sees it: who the client really is, the request's id in its answer, and at the end a line
// in the access log. Lives as long as one request, on the handler's loop.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/time.h"
#include "edge/access_line.h"
#include "edge/client_address.h"
#include "edge/run/config.h"
#include "io/http_server.h"
#include "io/line_log.h"

namespace evershore::edge {

// "cafe004203-": short enough for an id's room with any number behind it.
std::string id_prefix(uint32_t start, uint32_t loop);

// What all exchanges of a loop share.
struct FrontDesk {
  Scheduler& scheduler;
  io::LineFeed* access_log = nullptr;  // none: nothing is logged
  std::string id_prefix;               // of this node's run and this loop: with the number of the request it makes its id
  uint64_t requests = 0;
  std::string line = {};  // its room is used again
};

class FrontExchange final : public io::HttpExchange {
 public:
  // All outlive it.
  FrontExchange(io::HttpExchange& client, const EdgeConfig& config, FrontDesk& desk);
  ~FrontExchange() override;
  FrontExchange(const FrontExchange&) = delete;
  FrontExchange& operator=(const FrontExchange&) = delete;

  // For a site that forwards requests: the request's fields say from now on what its regions are to know of the client.
  void prepare_forwarding();
  // For the log: where the answer came from.
  void note(const Provenance& provenance);
  bool connection_tls() const { return client_.tls(); }

  const http::RequestHead& request() const override { return edited_ ? *edited_ : client_.request(); }
  const io::Endpoint& peer() const override { return seen_ ? *seen_ : client_.peer(); }  // the client, not a trusted proxy
  bool tls() const override { return client_.tls() || told_https_; }                     // as the client came
  io::Loop& loop() override { return client_.loop(); }
  std::string_view tls_version() const override { return client_.tls_version(); }
  Task<Result<std::span<const uint8_t>>> read_body() override { return client_.read_body(); }
  Task<Result<std::string>> read_whole_body(size_t max) override { return client_.read_whole_body(max); }
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override;
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) override;
  Task<Result<void>> write(std::span<const uint8_t> piece) override { return client_.write(piece); }
  Task<Result<void>> finish() override { return client_.finish(); }
  void abort() override { client_.abort(); }
  bool started() const override { return client_.started(); }
  Sent sent() const override { return client_.sent(); }

 private:
  void choose_id();
  std::string_view id() const;
  void dress(http::ResponseHead& head);
  bool logs() const { return desk_.access_log != nullptr && !config_.edge.access_log.path.empty(); }

  io::HttpExchange& client_;
  const EdgeConfig& config_;
  FrontDesk& desk_;
  std::optional<http::RequestHead> edited_;
  std::optional<io::Endpoint> seen_;
  bool from_trusted_ = false;
  bool told_https_ = false;
  std::array<char, 32> own_id_;
  uint8_t own_id_size_ = 0;  // 0: a trusted proxy has given it one
  uint16_t status_ = 0;
  Mono begun_;
  std::string region_;
  CacheWord cache_ = CacheWord::kNone;
  uint32_t attempts_ = 0;
};

// The line of a request that never became one.
void log_refused(FrontDesk& desk, const AccessLogSettings& settings, const io::RefusedRequest& refused);

}  // namespace evershore::edge
