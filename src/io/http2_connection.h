// One client's HTTP/2 connection: frames in and out by nghttp2, a stream object for each request, one write for the frames of many
// streams. For http_server.cc; for this folder's .cc files only.
//
// Memory of a connection: what nghttp2 keeps (about 22 KB), request bodies up to connection_window_bytes, one refused TLS write
// (kBatchBytes), one stream object for each request under way. Bodies of answers are taken from the handler's own memory, as
// the windows and the socket allow: a slow client holds its own handler and nobody else's.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <vector>

#include "io/http2_meter.h"
#include "io/http2_stream.h"
#include "io/http_connection.h"
#include "io/served_connection.h"

namespace evershore::io {

// What all HTTP/2 connections of one server share. One thread.
struct Http2Shared {
  HttpConnectionShared& http;
  std::vector<uint8_t> batch = {};  // frames on their way into a write; empty outside of one
  Http2Counters counters = {};
};

struct Http2SessionFree {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

//   phase      event                                      becomes
//   kOpen      the server drains                          kLeaving    GOAWAY that names no stream, PING
//   kLeaving   PING answered, or a second over            kLeft       GOAWAY with the last stream served
//   kOpen      idle for too long, or the client leaves    kLeft
//   any        too much of something                      kLeft       GOAWAY with a reason; streams are reset
//   kLeft      no stream left, all written                (served() ends)
//   any        closed, reset, or nothing taken for long   kDead       (served() ends)
class Http2Connection final : public ServedConnection {
 public:
  static constexpr size_t kFrameHeadBytes = 9;

  Http2Connection(Http2Shared& shared, std::unique_ptr<Stream> stream, Endpoint peer);
  ~Http2Connection() override;

  Task<void> served();
  void close_when_idle() override;
  void cut() override;

  // For its streams.
  HttpConnectionShared& http() { return shared_.http; }
  const Endpoint& peer() const { return peer_; }
  std::string_view tls_version() const { return stream_->tls_version(); }
  Mono now() const { return shared_.http.loop.now(); }
  bool window_is_shut(const Http2Stream& stream) const;  // its client's, for its answer
  void submit_head(const Http2Stream& stream, const http::ResponseHead& head, std::optional<uint64_t> length, bool body_follows);
  void submit_continue(const Http2Stream& stream);
  void go_on_with(const Http2Stream& stream);  // it has a piece, or its end
  void reset_stream(const Http2Stream& stream, uint32_t code);
  void consumed(int32_t stream_id, size_t bytes);  // of a request body: makes room in the windows
  void woken(Http2Stream& stream) { woken_.push_back(&stream); }
  // Soon, once for all that happens in this turn.
  void ask_to_flush();

 private:
  enum class Phase : uint8_t { kOpen, kLeaving, kLeft, kDead };
  struct Callbacks;
  friend struct Callbacks;
  struct ReaderWait;
  struct Unblocked;

  Result<void> open_session();
  bool finished() const;
  Task<bool> read_some();
  void feed(std::span<const uint8_t> bytes);
  void start_requests();
  void resume_woken();
  Task<void> handle(Http2Stream& stream);
  Task<void> refuse(Http2Stream& stream, http::ParseError error);
  Task<void> linger();

  void flush();
  void fill_batch();
  void write(std::span<const uint8_t> bytes);
  void await_writable(Ready direction);
  void on_writable(WaitEnd end);

  void note(Http2Event event);
  void leave();
  void too_much(Counter& counter);
  Counter& counter_for(ssize_t failure);
  void die();
  void check_times();
  void judge_pace(Duration waited);
  void look_from_now() { looked_at_ = now(); }
  Mono next_check() const;

  Http2Stream& stream_for_new(int32_t id);
  void give_back(Http2Stream& stream);
  Http2Stream* find(int32_t id) { return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id)); }
  void begin_head(int32_t id, bool of_request);
  void end_head(int32_t id, bool of_request, bool complete);
  void end_stream(int32_t id, uint32_t code);
  int take_data(Http2Stream& stream, const uint8_t* frame_head, size_t length);

  Http2Shared& shared_;
  std::unique_ptr<Stream> stream_;
  Endpoint peer_;
  std::unique_ptr<nghttp2_session, Http2SessionFree> session_;
  Http2Meter meter_;
  Phase phase_ = Phase::kOpen;

  std::vector<std::unique_ptr<Http2Stream>> streams_;  // of requests under way
  std::vector<std::unique_ptr<Http2Stream>> spare_;
  std::vector<Http2Stream*> to_start_;  // complete heads of one feed()
  std::vector<Http2Stream*> woken_;
  std::vector<nghttp2_nv> fields_;  // of a head that is being submitted
  TaskScope scope_;

  int32_t open_head_ = 0;  // the stream whose header list is arriving; 0 = none
  size_t head_bytes_ = 0;  // of the wire, since it began
  Mono head_since_{};
  Mono idle_since_{};
  Mono looked_at_{};           // at times and paces; long ago while there is nothing to look at
  ClientPace taking_;          // of what the socket refuses,
  ClientPace reading_;         // of answers, by the windows it gives,
  ClientPace sending_;         // and of bodies
  uint64_t body_bytes_ = 0;    // that came
  uint64_t answer_bytes_ = 0;  // that went
  uint64_t written_bytes_ = 0;
  uint32_t requests_ = 0;
  Mono leaving_since_{};

  std::vector<uint8_t> refused_;  // by the socket, from `refused_at_`
  size_t refused_at_ = 0;
  bool feeding_ = false;
  bool flushing_ = false;
  bool flush_posted_ = false;
  bool writer_waits_ = false;               // for the socket to take `refused_`
  bool told_off_ = false;                   // a GOAWAY with a reason is on its way
  std::coroutine_handle<> unblocked_;       // the reader, while the socket takes nothing
  std::shared_ptr<Http2Connection*> self_;  // null once it is gone: for posts
};

}  // namespace evershore::io
