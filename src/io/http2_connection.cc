#include "io/http2_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "io/tcp_progress.h"

namespace evershore::io {

namespace {

constexpr size_t kBatchBytes = 64 * 1024;
constexpr size_t kBatchesPerTurn = 8;  // then others have their turn
constexpr size_t kSpareStreamsMax = 16;
constexpr size_t kDiscardBytesMax = 64 * 1024;
constexpr Duration kLingerMax = std::chrono::seconds(1);
constexpr Duration kNoticeMax = std::chrono::seconds(1);  // for a client to hear that we are leaving
constexpr Duration kLookEvery = std::chrono::seconds(1);  // at who has stalled

}  // namespace

// The reader waits in its own role, whatever direction TLS wants.
struct Http2Connection::ReaderWait {
  FdWatch& watch;
  Ready direction;
  WaitEnd end = WaitEnd::kReady;
  std::coroutine_handle<> handle = {};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    handle = waiter;
    watch.wait_then(
        Ready::kReadable, direction,
        [](void* self, WaitEnd how) {
          auto* wait = static_cast<ReaderWait*>(self);
          wait->end = how;
          wait->handle.resume();
        },
        this);
  }
  WaitEnd await_resume() const noexcept { return end; }
};

struct Http2Connection::Unblocked {
  Http2Connection& connection;
  bool await_ready() const noexcept { return !connection.writer_waits_; }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { connection.unblocked_ = waiter; }
  void await_resume() const noexcept {}
};

Http2Connection::Http2Connection(Http2Shared& shared, std::unique_ptr<Stream> stream, Endpoint peer)
    : shared_(shared),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      meter_(now()),
      idle_since_(now()),
      looked_at_(now()),
      self_(std::make_shared<Http2Connection*>(this)) {
  shared_.counters.connections.add();
}

Http2Connection::~Http2Connection() { *self_ = nullptr; }

// ---- from outside

// RFC 9113 6.8: first a GOAWAY that names no stream, so that requests on their way are still served; the last one when the client has
// certainly heard of it.
void Http2Connection::close_when_idle() {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kLeaving;
  leaving_since_ = now();
  if (!session_) return;  // served() comes to it
  nghttp2_submit_shutdown_notice(session_.get());
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  stream_->set_deadline(next_check());
  ask_to_flush();
}

void Http2Connection::cut() { die(); }

void Http2Connection::die() {
  if (std::exchange(phase_, Phase::kDead) == Phase::kDead) return;
  stream_->reset();  // ends all waits
}

// ---- the connection's life

Task<void> Http2Connection::served() {
  auto opened = open_session();
  bool alive = opened.has_value();
  while (alive) {
    flush();
    if (finished()) break;
    if (now() >= next_check()) check_times();  // also where the client never lets a wait end by its deadline
    if (writer_waits_) {
      co_await Unblocked{*this};
    } else {
      alive = co_await read_some();
    }
  }
  const bool clean = alive && phase_ != Phase::kDead && streams_.empty();
  phase_ = Phase::kDead;
  for (auto* stream : to_start_) give_back(*stream);
  to_start_.clear();
  for (auto& stream : streams_) stream->closed();
  resume_woken();
  co_await scope_.join();
  if (clean) co_await linger();
  stream_->close();
  co_await Unblocked{*this};
}

// All is said: nothing more is read, or nothing more can be.
bool Http2Connection::finished() const {
  if (phase_ == Phase::kDead) return true;
  if (!refused_.empty() || nghttp2_session_want_write(session_.get()) != 0) return false;
  return nghttp2_session_want_read(session_.get()) == 0 || (phase_ == Phase::kLeft && streams_.empty());
}

Task<bool> Http2Connection::read_some() {
  auto& scratch = shared_.http.scratch;
  Attempt attempt{.end = Attempt::End::kWouldRead};
  if (stream_->has_buffered()) attempt = stream_->try_read(scratch);
  while (attempt.end == Attempt::End::kWouldRead || attempt.end == Attempt::End::kWouldWrite) {
    stream_->set_deadline(next_check());
    const Ready direction = attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable;
    const WaitEnd end = co_await ReaderWait{stream_->watch(), direction};
    if (end == WaitEnd::kClosed || stream_->watch().closed()) co_return false;
    if (end == WaitEnd::kDeadline) {
      check_times();
      co_return true;
    }
    attempt = stream_->try_read(scratch);
  }
  if (attempt.end != Attempt::End::kDone) co_return false;
  feed(std::span(scratch).first(attempt.bytes));
  co_return true;
}

void Http2Connection::feed(std::span<const uint8_t> bytes) {
  feeding_ = true;
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
  if (used < 0) {
    too_much(counter_for(used));
  } else if (open_head_ != 0) {
    head_bytes_ += bytes.size();
    if (head_bytes_ > shared_.http.options.http2.header_flood_bytes_max) too_much(shared_.counters.cut_headers);
  }
  resume_woken();
  start_requests();
  feeding_ = false;
}

// nghttp2 has limits of its own, which some attacks reach first.
Counter& Http2Connection::counter_for(ssize_t failure) {
  if (failure == NGHTTP2_ERR_FLOODED) return shared_.counters.cut_control;
  if (failure == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return shared_.counters.cut_headers;
  return shared_.counters.cut_protocol;
}

void Http2Connection::start_requests() {
  auto requests = std::exchange(to_start_, {});
  const auto requests_max = shared_.http.options.requests_max;
  requests_ += static_cast<uint32_t>(requests.size());
  if (requests_max != 0 && requests_ >= requests_max) close_when_idle();
  for (Http2Stream* stream : requests) {
    stream->running = true;
    const http::ParseError error = stream->builder().finish();
    if (error.status == 0) {
      shared_.counters.requests.add();
      scope_.spawn(handle(*stream));
    } else {
      scope_.spawn(refuse(*stream, error));
    }
  }
  requests.clear();
  if (to_start_.empty()) to_start_ = std::move(requests);  // its room
}

void Http2Connection::resume_woken() {
  while (!woken_.empty()) {
    auto some = std::exchange(woken_, {});
    for (Http2Stream* stream : some) stream->wake();
    some.clear();
    if (woken_.empty()) {
      woken_ = std::move(some);
      return;
    }
  }
}

Task<void> Http2Connection::handle(Http2Stream& stream) {
  co_await shared_.http.handler(stream);
  if (!stream.settled()) co_await stream.end();
  give_back(stream);
}

Task<void> Http2Connection::refuse(Http2Stream& stream, http::ParseError error) {
  if (shared_.http.options.on_refused) {
    const RefusedRequest refused{.peer = peer_, .tls_version = tls_version(), .major_version = 2, .status = error.status};
    shared_.http.options.on_refused(refused);
  }
  http::ResponseHead head{.status = error.status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}};
  const std::string body = fmt::format("{} {}\n{}\n", error.status, http::standard_reason(error.status), error.text);
  co_await stream.respond(std::move(head), as_bytes(body));
  if (!stream.settled()) co_await stream.end();
  give_back(stream);
}

// RFC 9112 9.6 holds here, too: closing with unread bytes would reset the connection, and the client might lose what it was told.
Task<void> Http2Connection::linger() {
  stream_->finish_writing();
  std::array<uint8_t, 4096> sink;
  stream_->set_deadline(shared_.http.loop.now() + kLingerMax);
  for (size_t seen = 0; seen < kDiscardBytesMax;) {
    const auto got = co_await stream_->read_some(sink);
    if (!got || *got == 0) co_return;
    seen += *got;
  }
}

// ---- the streams

Http2Stream& Http2Connection::stream_for_new(int32_t id) {
  if (spare_.empty()) spare_.push_back(std::make_unique<Http2Stream>(*this));
  auto stream = std::move(spare_.back());
  spare_.pop_back();
  stream->begin(id);
  if (streams_.empty() && refused_.empty()) look_from_now();
  stream->running = false;
  stream->place = streams_.size();
  streams_.push_back(std::move(stream));
  return *streams_.back();
}

// Its request is over: for nghttp2 it is nobody's any more.
void Http2Connection::give_back(Http2Stream& stream) {
  if (!stream.is_closed()) {
    nghttp2_session_set_stream_user_data(session_.get(), stream.id(), nullptr);
    if (stream.unread_bytes() > 0) consumed(stream.id(), stream.unread_bytes());
    // RFC 9113 8.1: the answer is complete, the rest of the request is of no use.
    if (stream.open() && !stream.request_complete()) reset_stream(stream, NGHTTP2_NO_ERROR);
  } else if (stream.unread_bytes() > 0) {
    nghttp2_session_consume_connection(session_.get(), stream.unread_bytes());
  }
  auto& place = streams_[stream.place];
  if (spare_.size() < kSpareStreamsMax) spare_.push_back(std::move(place));
  if (&place != &streams_.back()) {
    const size_t at = stream.place;
    place = std::move(streams_.back());
    place->place = at;
  }
  streams_.pop_back();
  if (!streams_.empty()) return;
  idle_since_ = now();
}

// ---- times

void Http2Connection::check_times() {
  const Mono at = now();
  const auto& options = shared_.http.options;
  const Duration waited = at - std::exchange(looked_at_, at);
  judge_pace(waited);
  if (phase_ == Phase::kDead) return;
  if (open_head_ != 0 && at - head_since_ >= options.head_max) too_much(shared_.counters.cut_stalled);
  for (auto& stream : streams_) {
    if (!stream->stalled(at)) continue;
    shared_.counters.stalled_streams.add();
    stream->give_up_waiting();
  }
  if (phase_ == Phase::kLeaving && at - leaving_since_ >= kNoticeMax) leave();
  if (phase_ == Phase::kOpen && streams_.empty() && refused_.empty() && at - idle_since_ >= options.idle_max) leave();
  feeding_ = true;  // one flush for all that they do now
  resume_woken();
  feeding_ = false;
}

bool Http2Connection::window_is_shut(const Http2Stream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(session_.get(), stream.id()) <= 0;
}

namespace {
// Adds the wait since the last look; false: the window is full, and the client has done too little in it.
bool keeps_pace(ClientPace& pace, const PaceRules& rules, Duration waited, uint64_t total) {
  if (!pace.measuring()) {
    pace.begin(total);
    return true;
  }
  pace.add_wait(waited);
  return !pace.due(rules) || pace.judge(rules, total);
}
}  // namespace

// What the client does is judged over the connection as a whole: its streams share what it can take.
void Http2Connection::judge_pace(Duration waited) {
  const auto rules = shared_.http.pace();
  if (!refused_.empty()) {
    const int fd = stream_->watch().fd();
    const bool fine = keeps_pace(taking_, rules, waited, acknowledged_bytes(fd).value_or(written_bytes_));
    keep_unsent_low(fd);
    if (fine) return;
    shared_.counters.cut_stalled.add();
    return die();
  }
  const auto any = [this](auto waits) { return std::ranges::any_of(streams_, [waits](const auto& stream) { return (*stream.*waits)(); }); };
  const auto judge = [&](ClientPace& pace, uint64_t total, auto waits) {
    if (!any(waits) || keeps_pace(pace, rules, waited, total)) return;
    for (auto& stream : streams_) {
      if (!(*stream.*waits)()) continue;
      shared_.counters.stalled_streams.add();
      stream->give_up_waiting();
    }
  };
  judge(reading_, answer_bytes_, &Http2Stream::waits_for_window);
  judge(sending_, body_bytes_, &Http2Stream::waits_for_body);
}

Mono Http2Connection::next_check() const {
  const auto& options = shared_.http.options;
  if (!refused_.empty() || !streams_.empty() || phase_ != Phase::kOpen) return looked_at_ + std::min(options.stall / 4, kLookEvery);
  return open_head_ != 0 ? head_since_ + options.head_max : idle_since_ + options.idle_max;
}

void Http2Connection::leave() {
  if (phase_ == Phase::kLeft || phase_ == Phase::kDead) return;
  phase_ = Phase::kLeft;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Http2Connection::note(Http2Event event) {
  if (meter_.note(event, now()) == Http2Verdict::kGoOn) return;
  auto& counters = shared_.counters;
  switch (event) {
    case Http2Event::kReset: return too_much(counters.cut_resets);
    case Http2Event::kControl: return too_much(counters.cut_control);
    case Http2Event::kEmpty: return too_much(counters.cut_empty);
    case Http2Event::kBookkeeping: return too_much(counters.cut_bookkeeping);
  }
}

// Every stream ends with the connection; nghttp2 reads nothing more and sends nothing but the GOAWAY.
void Http2Connection::too_much(Counter& counter) {
  if (std::exchange(told_off_, true)) return;
  counter.add();
  const bool forbidden = &counter == &shared_.counters.cut_protocol;
  nghttp2_session_terminate_session(session_.get(), forbidden ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
}

// ---- writing

void Http2Connection::ask_to_flush() {
  if (feeding_ || flushing_ || flush_posted_ || phase_ == Phase::kDead) return;
  flush_posted_ = true;
  shared_.http.loop.post([self = self_] {
    if (*self == nullptr) return;
    (*self)->flush_posted_ = false;
    (*self)->flush();
  });
}

void Http2Connection::flush() {
  if (feeding_ || flushing_ || phase_ == Phase::kDead) return;
  flushing_ = true;
  size_t batches = 0;
  for (; !writer_waits_ && phase_ != Phase::kDead && batches < kBatchesPerTurn; ++batches) {
    fill_batch();
    if (shared_.batch.empty()) break;
    write(shared_.batch);
    resume_woken();
  }
  flushing_ = false;
  if (batches == kBatchesPerTurn) ask_to_flush();
  if (finished() && phase_ != Phase::kDead) stream_->set_deadline(now());  // the reader comes to see it
}

// Frames of as many streams as there is room for.
void Http2Connection::fill_batch() {
  auto& batch = shared_.batch;
  batch.clear();
  batch.reserve(kBatchBytes);
  while (batch.size() < kBatchBytes) {
    const uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &frame);
    if (size < 0) return die();
    if (size == 0) return;
    batch.insert(batch.end(), frame, frame + size);
  }
}

// Of a body, straight from the handler's memory.
int Http2Connection::take_data(Http2Stream& stream, const uint8_t* frame_head, size_t length) {
  auto& batch = shared_.batch;
  if (stream.piece_bytes() < length) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // given up meanwhile
  if (batch.size() + kFrameHeadBytes + length > kBatchBytes) return NGHTTP2_ERR_WOULDBLOCK;
  batch.insert(batch.end(), frame_head, frame_head + kFrameHeadBytes);
  const auto bytes = stream.take(length, now());
  batch.insert(batch.end(), bytes.begin(), bytes.end());
  meter_.sent(length);
  answer_bytes_ += length;
  return 0;
}

// What the socket does not take now is kept; nothing more is made until it has gone.
void Http2Connection::write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const iovec piece{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    const Attempt attempt = stream_->try_write(std::span(&piece, 1));
    if (attempt.end == Attempt::End::kDone) {
      written_bytes_ += attempt.bytes;
      bytes = bytes.subspan(attempt.bytes);
    } else if (attempt.end == Attempt::End::kWouldRead || attempt.end == Attempt::End::kWouldWrite) {
      if (refused_.empty()) {
        refused_.assign(bytes.begin(), bytes.end());
        if (streams_.empty()) look_from_now();
      }
      refused_at_ = refused_.size() - bytes.size();
      return await_writable(attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable);
    } else {
      return die();
    }
  }
  refused_ = {};
  refused_at_ = 0;
}

void Http2Connection::await_writable(Ready direction) {
  writer_waits_ = true;
  stream_->set_deadline(next_check());
  stream_->watch().wait_then(
      Ready::kWritable, direction, [](void* self, WaitEnd end) { static_cast<Http2Connection*>(self)->on_writable(end); }, this);
}

void Http2Connection::on_writable(WaitEnd end) {
  writer_waits_ = false;
  if (end == WaitEnd::kClosed) phase_ = Phase::kDead;
  if (end == WaitEnd::kDeadline) check_times();
  if (phase_ != Phase::kDead) {
    write(std::span(refused_).subspan(refused_at_));
    flush();
  }
  if (!writer_waits_ && unblocked_) std::exchange(unblocked_, {}).resume();
}

}  // namespace evershore::io
