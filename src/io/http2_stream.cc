#include "io/http2_stream.h"

#include <fmt/format.h>

#include "base/text.h"
#include "io/http2_connection.h"

namespace evershore::io {

namespace {

constexpr size_t kKeptBodyBytes = 4 * 1024;  // of a buffer, between two requests

http::HeadLimits limits_of(const HttpServerOptions& options) {
  return {.head_bytes_max = options.head_bytes_max, .start_line_bytes_max = options.request_line_bytes_max};
}

void empty(std::vector<uint8_t>& buffer) {
  if (buffer.capacity() > kKeptBodyBytes) buffer = {};
  buffer.clear();
}

}  // namespace

Http2Stream::Http2Stream(Http2Connection& connection) : connection_(connection), builder_(limits_of(connection.http().options)) {}

void Http2Stream::begin(int32_t id) {
  id_ = id;
  builder_.reset();
  empty(inbox_);
  empty(reading_);
  piece_ = {};
  left_.reset();
  sent_bytes_ = 0;
  waits_ = Waits::kNot;
  answer_ = Answer::kNone;
  silent_body_ = body_ended_ = continue_asked_ = closed_ = aborted_ = timed_out_ = false;
}

const Endpoint& Http2Stream::peer() const { return connection_.peer(); }
std::string_view Http2Stream::tls_version() const { return connection_.tls_version(); }
Loop& Http2Stream::loop() { return connection_.http().loop; }

// ---- what the connection tells

void Http2Stream::take_body(std::span<const uint8_t> bytes) {
  inbox_.insert(inbox_.end(), bytes.begin(), bytes.end());
  progress_at_ = connection_.now();
  queue_to_wake();
}

void Http2Stream::body_ended() {
  body_ended_ = true;
  queue_to_wake();
}

void Http2Stream::closed() {
  closed_ = true;
  queue_to_wake();
}

// A stream whose window is open waits its turn on the connection, whose pace is judged as a whole.
bool Http2Stream::stalled(Mono now) const {
  if (!waiter_ || timed_out_ || waits_ == Waits::kNot || now - progress_at_ < connection_.http().options.stall) return false;
  return waits_ == Waits::kForBody || connection_.window_is_shut(*this);
}

void Http2Stream::give_up_waiting() {
  timed_out_ = true;
  queue_to_wake();
}

// A stream stands in the connection's list once, and only while its handler waits: so it outlives its place there.
void Http2Stream::queue_to_wake() {
  if (waiter_ && !std::exchange(queued_, true)) connection_.woken(*this);
}

void Http2Stream::wake() {
  queued_ = false;
  waits_ = Waits::kNot;
  std::exchange(waiter_, {}).resume();
}

size_t Http2Stream::offer(size_t room, bool& last) const {
  const size_t size = std::min(room, piece_.size());
  last = answer_ == Answer::kLast && size == piece_.size();
  return size;
}

std::span<const uint8_t> Http2Stream::take(size_t size, Mono now) {
  const auto taken = piece_.first(size);
  piece_ = piece_.subspan(size);
  sent_bytes_ += size;
  progress_at_ = now;
  if (piece_.empty()) {
    if (answer_ == Answer::kLast) answer_ = Answer::kSent;
    queue_to_wake();
  }
  return taken;
}

// ---- the request body

void Http2Stream::ask_for_continue() {
  if (std::exchange(continue_asked_, true) || answer_ != Answer::kNone || body_ended_ || !inbox_.empty() || !open()) return;
  if (equal_ignoring_case(request().headers.get("expect"), "100-continue")) connection_.submit_continue(*this);
}

Task<Result<std::span<const uint8_t>>> Http2Stream::read_body() {
  if (!reading_.empty()) {
    connection_.consumed(id_, reading_.size());
    reading_.clear();
  }
  ask_for_continue();
  progress_at_ = connection_.now();
  while (inbox_.empty() && !body_ended_) {
    if (std::exchange(timed_out_, false)) {  // an answer is still possible
      const auto stall = connection_.http().options.stall;
      co_return fail(Fault::kTimedOut, fmt::format("stall: the client sent no byte for {}", format_duration(stall)));
    }
    if (!open()) co_return fail(Fault::kBroken, "the request body broke off");
    co_await wait(Waits::kForBody);
  }
  std::swap(inbox_, reading_);
  co_return std::span<const uint8_t>(reading_);
}

Task<Result<std::string>> Http2Stream::read_whole_body(size_t max) {
  const auto too_large = [&] { return fail(Fault::kInvalid, fmt::format("the request body is larger than {}", format_size(max))); };
  if (request().content_length.value_or(0) > max) co_return too_large();
  std::string body;
  for (;;) {
    CO_TRY(const auto piece, co_await read_body());
    if (piece.empty()) co_return body;
    if (piece.size() > max - body.size()) co_return too_large();
    body += as_text(piece);
  }
}

// ---- the answer

Result<void> Http2Stream::outcome() const {
  if (timed_out_) {
    const auto stall = connection_.http().options.stall;
    return fail(Fault::kTimedOut, fmt::format("stall: the client took no byte for {}", format_duration(stall)));
  }
  if (answer_ == Answer::kSent || open()) return {};
  return fail(Fault::kClosed, "the client is gone");
}

void Http2Stream::submit(const http::ResponseHead& head, std::optional<uint64_t> length) {
  silent_body_ = http::status_without_body(head.status) || request().method == "HEAD";
  const bool no_body = silent_body_ || length == 0;
  if (open()) connection_.submit_head(*this, head, length, !no_body);
  answer_ = no_body ? Answer::kSent : Answer::kOpen;
  connection_.ask_to_flush();
}

// Until the connection has taken all of `piece_`, and the end with it if it is the last one.
bool Http2Stream::handed_over() const {
  if (!open() || timed_out_) return true;
  return answer_ == Answer::kSent || (answer_ == Answer::kOpen && piece_.empty());
}

Task<Result<void>> Http2Stream::respond(http::ResponseHead head, std::span<const uint8_t> body) {
  EVERSHORE_ASSERT(answer_ == Answer::kNone);
  submit(head, body.size());
  if (answer_ == Answer::kOpen) {
    answer_ = Answer::kLast;
    piece_ = body;
    progress_at_ = connection_.now();
    while (!handed_over()) co_await wait(Waits::kForWindow);
    piece_ = {};
  }
  co_return outcome();
}

Task<Result<void>> Http2Stream::start(http::ResponseHead head, std::optional<uint64_t> length) {
  EVERSHORE_ASSERT(answer_ == Answer::kNone);
  submit(head, length);
  left_ = length;
  co_return outcome();
}

Task<Result<void>> Http2Stream::write(std::span<const uint8_t> piece) {
  EVERSHORE_ASSERT(answer_ != Answer::kNone);
  if (silent_body_ || piece.empty()) co_return outcome();  // the head is on its way
  if (!open()) co_return outcome();
  EVERSHORE_ASSERT(answer_ == Answer::kOpen);
  if (left_) {
    EVERSHORE_ASSERT(piece.size() <= *left_);
    *left_ -= piece.size();
    if (*left_ == 0) answer_ = Answer::kLast;
  }
  give(piece);
  while (!handed_over()) co_await wait(Waits::kForWindow);
  piece_ = {};
  co_return outcome();
}

void Http2Stream::give(std::span<const uint8_t> piece) {
  piece_ = piece;
  progress_at_ = connection_.now();
  connection_.go_on_with(*this);
}

Task<Result<void>> Http2Stream::finish() {
  EVERSHORE_ASSERT(answer_ != Answer::kNone);
  if (answer_ == Answer::kOpen && open()) {
    EVERSHORE_ASSERT(left_.value_or(0) == 0);
    answer_ = Answer::kLast;
    give({});
    while (!handed_over()) co_await wait(Waits::kForWindow);
  }
  co_return outcome();
}

void Http2Stream::abort() {
  if (answer_ == Answer::kNone) answer_ = Answer::kOpen;
  if (!open()) return;
  aborted_ = true;
  piece_ = {};
  connection_.reset_stream(*this, timed_out_ ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
}

Task<void> Http2Stream::end() {
  if (answer_ == Answer::kNone && open()) {  // a handler without an answer
    http::ResponseHead head{.status = 500};
    co_await respond(std::move(head), {});
  }
  if (answer_ != Answer::kSent) abort();  // the client must not take a part for the whole
}

}  // namespace evershore::io
