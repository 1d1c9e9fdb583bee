// One request on an HTTP/2 connection and its answer: what the handler sees. For http2_*.cc; for this folder's .cc files only.
#pragma once

#include <nghttp2/nghttp2.h>

#include <coroutine>
#include <vector>

#include "io/http_server.h"
#include "wire/http/http2_request.h"

namespace evershore::io {

class Http2Connection;

//   body of the answer   the handler              the connection
//   kNone                has not answered         nothing to send
//   kOpen                writes pieces            takes of `piece_` what the windows allow, else waits
//   kLast                has given all            sends END_STREAM with the last byte
//   kSent                has returned from it     nothing left
class Http2Stream final : public HttpExchange {
 public:
  explicit Http2Stream(Http2Connection& connection);

  // From the connection. begin(): for a new request; a stream object serves one after the other.
  void begin(int32_t id);
  http::Http2RequestBuilder& builder() { return builder_; }
  void take_body(std::span<const uint8_t> bytes);
  void body_ended();
  void closed();                 // there is no such stream any more: nothing is sent and nothing comes
  bool stalled(Mono now) const;  // whether it has waited for its client for too long
  void give_up_waiting();        // the wait ends with kTimedOut
  bool waits_for_window() const { return waiter_ && !timed_out_ && waits_ == Waits::kForWindow; }
  bool waits_for_body() const { return waiter_ && !timed_out_ && waits_ == Waits::kForBody; }
  bool settled() const { return answer_ == Answer::kSent || !open(); }
  Task<void> end();  // after the handler, unless settled(): an answer that is missing, a body that broke off
  // What the body's next frame may take, at most `room`; 0 and not `last` = nothing now. `last`: and the stream ends with it.
  size_t offer(size_t room, bool& last) const;
  std::span<const uint8_t> take(size_t size, Mono now);  // at most what was offered
  size_t piece_bytes() const { return piece_.size(); }
  void wake();  // resumes the handler; only what the connection was told of by woken()
  int32_t id() const { return id_; }
  bool open() const { return !closed_ && !aborted_; }
  bool is_closed() const { return closed_; }
  bool answered() const { return answer_ == Answer::kSent; }
  bool request_complete() const { return body_ended_; }
  size_t unread_bytes() const { return inbox_.size() + reading_.size(); }

  // The connection's notes on it.
  bool running = false;  // the handler's task is alive
  size_t place = 0;      // in the list of streams

  const http::RequestHead& request() const override { return builder_.head(); }
  const Endpoint& peer() const override;
  std::string_view tls_version() const override;
  bool tls() const override { return true; }
  Loop& loop() override;
  Task<Result<std::span<const uint8_t>>> read_body() override;
  Task<Result<std::string>> read_whole_body(size_t max) override;
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override;
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) override;
  Task<Result<void>> write(std::span<const uint8_t> piece) override;
  Task<Result<void>> finish() override;
  void abort() override;
  bool started() const override { return answer_ != Answer::kNone; }
  Sent sent() const override { return {.body_bytes = sent_bytes_, .complete = answer_ == Answer::kSent && !aborted_}; }

 private:
  enum class Answer : uint8_t { kNone, kOpen, kLast, kSent };
  enum class Waits : uint8_t { kNot, kForBody, kForWindow };
  struct Waiter {
    Http2Stream& stream;
    Waits what;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept {
      stream.waits_ = what;
      stream.waiter_ = handle;
    }
    void await_resume() const noexcept {}
  };
  Waiter wait(Waits what) { return Waiter{*this, what}; }
  void queue_to_wake();
  void ask_for_continue();
  void submit(const http::ResponseHead& head, std::optional<uint64_t> length);
  void give(std::span<const uint8_t> piece);
  bool handed_over() const;
  Result<void> outcome() const;

  Http2Connection& connection_;
  int32_t id_ = 0;
  http::Http2RequestBuilder builder_;
  std::vector<uint8_t> inbox_;    // came, not yet asked for; at most the stream's window
  std::vector<uint8_t> reading_;  // with the handler
  std::span<const uint8_t> piece_;
  std::optional<uint64_t> left_;  // of an announced length
  uint64_t sent_bytes_ = 0;
  std::coroutine_handle<> waiter_;
  Mono progress_at_{};
  Waits waits_ = Waits::kNot;
  Answer answer_ = Answer::kNone;
  bool silent_body_ = false;
  bool body_ended_ = false;
  bool continue_asked_ = false;
  bool closed_ = false;
  bool aborted_ = false;
  bool timed_out_ = false;
  bool queued_ = false;  // to be woken
};

}  // namespace evershore::io
