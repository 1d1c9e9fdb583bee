#include "io/http_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "io/http_write.h"
#include "wire/http/date.h"
#include "wire/http/serialize.h"

namespace evershore::io {

namespace {

using http::ParseState;

constexpr size_t kBodyBufferBytesMin = 4 * 1024;
constexpr size_t kBodyBufferBytes = 64 * 1024;
constexpr size_t kDiscardBytesMax = 64 * 1024;  // of a body that the handler left unread
constexpr size_t kKeptBytesMax = 4 * 1024;      // of buffers, between two requests
constexpr size_t kFreeDesksMax = 64;
constexpr Duration kLingerMax = std::chrono::seconds(1);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

http::HeadLimits limits_of(const HttpServerOptions& options) {
  return {.head_bytes_max = options.head_bytes_max, .start_line_bytes_max = options.request_line_bytes_max};
}

// Fields that this connection writes itself; what a handler says about them is left out.
bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 10: return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
    case 14: return equal_ignoring_case(name, "content-length");
    case 17: return equal_ignoring_case(name, "transfer-encoding");
    default: return false;
  }
}

}  // namespace

std::string_view HttpConnectionShared::date() {
  const Wall now = loop.wall();
  const int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != date_second) {
    date_second = second;
    date_line = "Date: " + http::format_http_date(now) + "\r\n";
  }
  return date_line;
}

std::string_view HttpConnectionShared::date_value() {
  const std::string_view line = date();
  return line.substr(6, line.size() - 8);
}

std::unique_ptr<HttpDesk> HttpConnectionShared::lend() {
  if (desks.empty()) return std::make_unique<HttpDesk>(limits_of(options), options_age);
  auto desk = std::move(desks.back());
  desks.pop_back();
  return desk;
}

void HttpConnectionShared::give_back(std::unique_ptr<HttpDesk> desk) {
  if (desks.size() == kFreeDesksMax || desk->options_age != options_age) return;
  if (desk->buffer.capacity() > kKeptBytesMax) desk->buffer = {};
  if (desk->out.capacity() > kKeptBytesMax) desk->out = {};
  desks.push_back(std::move(desk));
}

HttpConnection::HttpConnection(HttpConnectionShared& shared, std::unique_ptr<Stream> stream, Endpoint peer)
    : shared_(shared), stream_(std::move(stream)), peer_(std::move(peer)) {}

void HttpConnection::close_when_idle() {
  if (phase_ == Phase::kWaiting) stream_->close();
}

void HttpConnection::cut() {
  cut_ = true;
  stream_->reset();
}

Task<void> HttpConnection::served() {
  Next next = Next::kGoOn;
  while (next == Next::kGoOn && !cut_) {
    const HeadEnd end = co_await read_head();
    if (end == HeadEnd::kGone) break;
    next = Next::kLinger;
    if (end != HeadEnd::kRequest) {
      if (end == HeadEnd::kTimedOut) shared_.counters.cut_head.add();
      co_await refuse(end == HeadEnd::kTimedOut ? http::ParseError{408, "the request head took too long"} : desk_->parser.error());
      break;
    }
    begin_exchange();
    co_await shared_.handler(*this);
    next = Next::kGoOn;
    if (!ends_well()) next = co_await end_exchange();
  }
  if (next == Next::kLinger) co_await linger();
  stream_->close();
  if (desk_) shared_.give_back(std::move(desk_));
}

// ---- the request head

HttpConnection::HeadEnd HttpConnection::feed_head(Piece bytes, bool& complete) {
  if (!desk_) {
    desk_ = shared_.lend();
    desk_->parser.reset();
  }
  phase_ = Phase::kReading;
  const auto fed = desk_->parser.feed(bytes);
  complete = fed.state != ParseState::kNeedMore;
  keep_input(bytes.subspan(fed.consumed));
  return fed.state == ParseState::kError ? HeadEnd::kRefused : HeadEnd::kRequest;
}

// `rest` lies in the scratch or in `desk_->buffer`.
void HttpConnection::keep_input(Piece rest) {
  if (rest.empty()) {
    input_ = {};
    return;
  }
  std::vector<uint8_t> kept(rest.begin(), rest.end());
  desk_->buffer = std::move(kept);
  input_ = desk_->buffer;
}

Task<HttpConnection::HeadEnd> HttpConnection::read_head() {
  Loop& loop = shared_.loop;
  phase_ = Phase::kWaiting;
  bool complete = false;
  if (!input_.empty()) {
    desk_->parser.reset();
    const HeadEnd end = feed_head(input_, complete);
    if (complete) co_return end;
  } else if (desk_) {
    shared_.give_back(std::move(desk_));
  }
  if (shared_.draining && phase_ == Phase::kWaiting) co_return HeadEnd::kGone;
  Mono deadline = loop.now() + (phase_ == Phase::kWaiting ? shared_.options.idle_max : shared_.options.head_max);
  Known known = stream_->drained() ? Known::kDrained : Known::kUnknown;
  for (;;) {
    if (stream_->watch().closed()) co_return HeadEnd::kGone;
    Attempt attempt = {.end = Attempt::End::kWouldRead};
    if (known != Known::kDrained) {
      attempt = stream_->try_read(shared_.scratch);
      known = Known::kTriedNow;
    }
    if (attempt.end == Attempt::End::kDone) {
      if (phase_ == Phase::kWaiting) deadline = loop.now() + shared_.options.head_max;
      const HeadEnd end = feed_head(std::span(shared_.scratch).first(attempt.bytes), complete);
      if (complete) co_return end;
      if (loop.now() >= deadline) co_return HeadEnd::kTimedOut;
    } else if (attempt.end == Attempt::End::kEof || attempt.end == Attempt::End::kError) {
      co_return HeadEnd::kGone;
    } else {
      stream_->set_deadline(deadline);
      const Ready direction = attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable;
      const WaitEnd end = co_await stream_->watch().wait(direction, known);
      known = Known::kUnknown;
      if (end == WaitEnd::kClosed) co_return HeadEnd::kGone;
      if (end == WaitEnd::kDeadline) co_return phase_ == Phase::kWaiting ? HeadEnd::kGone : HeadEnd::kTimedOut;
    }
    if (loop.should_yield()) co_await yield(loop);
  }
}

// Not inlined, like linger() and end_exchange(): their frames would become part of every connection's.
// A short plain body says why; then the connection closes (RFC 9112 9.6).
[[gnu::noinline]] Task<void> HttpConnection::refuse(http::ParseError error) {
  if (shared_.options.on_refused) {
    const RefusedRequest refused{.peer = peer_, .tls_version = stream_->tls_version(), .status = error.status};
    shared_.options.on_refused(refused);
  }
  desk_->reading = {};
  desk_->turn_from = wire_bytes_;
  desk_->out.clear();
  const std::string body = fmt::format("{} {}: {}\n", error.status, http::standard_reason(error.status), error.text);
  http::append_status_line(desk_->out, error.status, "");
  desk_->out += shared_.date();
  http::append_field(desk_->out, "Content-Type", "text/plain; charset=utf-8");
  http::append_field(desk_->out, "Content-Length", body.size());
  desk_->out += "Connection: close\r\n\r\n";
  desk_->out += body;
  const Piece piece = as_bytes(desk_->out);
  co_await send(std::span(&piece, 1));
}

// RFC 9112 9.6: closing with unread bytes would reset the connection, and the client might lose the answer.
[[gnu::noinline]] Task<void> HttpConnection::linger() {
  if (write_failed_ || stream_->watch().closed()) co_return;
  stream_->finish_writing();
  stream_->set_deadline(shared_.loop.now() + kLingerMax);
  for (size_t seen = 0; seen < kDiscardBytesMax;) {
    const auto got = co_await stream_->read_some(shared_.scratch);  // others fill it meanwhile: nobody looks at it
    if (!got || *got == 0) co_return;
    seen += *got;
  }
}

// ---- the exchange

bool HttpConnection::has_body() const {
  const auto& head = desk_->parser.head();
  return head.chunked || head.content_length.value_or(0) > 0;
}

void HttpConnection::begin_exchange() {
  const auto& head = desk_->parser.head();
  phase_ = Phase::kHandling;
  desk_->decoder.reset();
  ++requests_;
  desk_->reading = {};
  desk_->sending = {};
  desk_->filled = 0;
  desk_->turn_from = wire_bytes_;
  sent_bytes_ = 0;
  body_came_ = 0;
  body_left_ = head.content_length.value_or(0);
  body_done_ = !has_body();
  body_error_.reset();
  // RFC 9110 10.1.1: not from HTTP/1.0, and pointless where the body is on its way already.
  // Asked for with an empty body too: RFC 9110 10.1.1 lets us skip the 100 there, but botocore then misreads the next answer
  // on that connection.
  const bool announced = !body_done_ || head.content_length.has_value();
  continue_wanted_ =
      announced && input_.empty() && head.minor_version > 0 && equal_ignoring_case(head.headers.get("expect"), "100-continue");
  answer_ = Answer::kNone;
  keep_alive_ = head.keep_alive;
  chunked_ = false;
  answer_left_.reset();
}

// All is said and read, and another request may come.
bool HttpConnection::ends_well() const {
  return answer_ == Answer::kComplete && body_done_ && !body_error_ && keep_alive_ && !write_failed_ && !cut_ && !shared_.draining &&
         !stream_->watch().closed();
}

[[gnu::noinline]] Task<HttpConnection::Next> HttpConnection::end_exchange() {
  if (answer_ == Answer::kNone && !write_failed_ && !cut_) {  // a handler without an answer
    http::ResponseHead head{.status = 500};
    keep_alive_ = false;
    co_await respond(std::move(head), {});
  }
  if (answer_ == Answer::kBody) abort();  // the client must not take a part for the whole
  if (write_failed_ || cut_ || stream_->watch().closed()) co_return Next::kClose;
  if (!keep_alive_) co_return Next::kLinger;
  const bool discarded = co_await discard_body();
  if (!discarded || shared_.draining) co_return Next::kLinger;
  co_return Next::kGoOn;
}

// ---- the request body

bool HttpConnection::take_body(Piece& piece) {
  if (desk_->parser.head().chunked) {
    const auto step = desk_->decoder.feed(input_);
    input_ = input_.subspan(step.consumed);
    if (step.state == ParseState::kDone) body_done_ = true;
    piece = step.data;
    return step.state != ParseState::kError;
  }
  const size_t size = static_cast<size_t>(std::min<uint64_t>(body_left_, input_.size()));
  piece = input_.first(size);
  input_ = input_.subspan(size);
  body_left_ -= size;
  body_done_ = body_left_ == 0;
  return true;
}

// For more of a body, nothing of which is there. Little until the client has filled it: thousands may send a byte now and then.
void HttpConnection::make_room() {
  auto& buffer = desk_->buffer;
  if (buffer.size() < kBodyBufferBytesMin) {
    buffer.resize(kBodyBufferBytesMin);
  } else if (desk_->filled >= buffer.size() && buffer.size() < kBodyBufferBytes) {
    buffer.resize(std::min(4 * buffer.size(), kBodyBufferBytes));
  }
}

std::unexpected<Error> HttpConnection::body_broken(Error error) {
  body_error_ = std::move(error);
  keep_alive_ = false;
  return std::unexpected(*body_error_);
}

Task<Result<void>> HttpConnection::send_continue() {
  continue_wanted_ = false;
  const Piece piece = as_bytes(kContinue);
  auto written = co_await send(std::span(&piece, 1));
  co_return written;
}

Task<Result<std::span<const uint8_t>>> HttpConnection::read_body() {
  if (body_error_) co_return std::unexpected(*body_error_);
  if (continue_wanted_ && answer_ == Answer::kNone) {
    CO_TRY_VOID(co_await send_continue());
  }
  while (!body_done_) {
    Piece piece;
    if (!input_.empty()) {
      if (!take_body(piece)) co_return body_broken({Fault::kInvalid, "the chunked request body is malformed"});
      if (!piece.empty()) co_return piece;
      continue;
    }
    make_room();
    const auto rules = shared_.pace();
    auto& pace = desk_->sending;
    if (!pace.measuring()) pace.begin(body_came_);
    const Mono begun = shared_.loop.now();
    stream_->set_deadline(begun + pace.left(rules));
    const auto got = co_await stream_->read_some(desk_->buffer);
    pace.add_wait(shared_.loop.now() - begun);
    if (got) body_came_ += *got;
    desk_->filled = got.value_or(0);
    if (pace.due(rules) && !pace.judge(rules, body_came_)) {
      shared_.counters.cut_slow_body.add();
      co_return body_broken({Fault::kTimedOut, fmt::format("stall: the client sent too little in {}", format_duration(rules.window))});
    }
    if (!got && got.error().fault == Fault::kTimedOut) continue;
    if (!got) co_return body_broken(got.error());
    if (*got == 0) co_return body_broken({Fault::kBroken, "the request body broke off"});
    input_ = std::span(desk_->buffer).first(*got);
  }
  co_return Piece{};
}

Task<Result<std::string>> HttpConnection::read_whole_body(size_t max) {
  const auto too_large = [&] { return fail(Fault::kInvalid, fmt::format("the request body is larger than {}", format_size(max))); };
  if (desk_->parser.head().content_length.value_or(0) > max) co_return too_large();
  std::string body;
  for (;;) {
    CO_TRY(const auto piece, co_await read_body());
    if (piece.empty()) co_return body;
    if (piece.size() > max - body.size()) co_return too_large();
    body += as_text(piece);
  }
}

// What the handler left of the body, so that the next request can be read. False: too much of it.
Task<bool> HttpConnection::discard_body() {
  if ((continue_wanted_ && !body_done_) || body_error_) co_return false;
  if (body_left_ > kDiscardBytesMax) co_return false;
  for (size_t seen = 0; !body_done_;) {
    const auto piece = co_await read_body();
    if (!piece) co_return false;
    seen += piece->size();
    if (seen > kDiscardBytesMax) co_return false;
  }
  co_return true;
}

// ---- the answer

Task<Result<void>> HttpConnection::send(std::span<const Piece> pieces) {
  auto written = co_await write_at_pace(*stream_, pieces, desk_->reading, shared_.pace(), {wire_bytes_, desk_->turn_from});
  if (!written) {
    write_failed_ = true;
    if (written.error().fault == Fault::kTimedOut) shared_.counters.cut_slow_read.add();
  }
  co_return written;
}

// The first piece is a head, the second of the body.
Task<Result<void>> HttpConnection::send_body(std::span<const Piece> pieces) {
  const uint64_t before = wire_bytes_;
  auto written = co_await send(pieces);
  const uint64_t put = wire_bytes_ - before, head = pieces[0].size();
  if (put > head) sent_bytes_ += std::min<uint64_t>(put - head, pieces[1].size());
  co_return written;
}

// Must be known when the head is written, as it says so.
void HttpConnection::decide_keep_alive() {
  if (shared_.draining || body_error_) keep_alive_ = false;
  // The client may still send its body, or not: nobody can tell what the next bytes are (RFC 9110 10.1.1).
  if (continue_wanted_ && !body_done_) keep_alive_ = false;
  if (!body_done_ && body_left_ > kDiscardBytesMax) keep_alive_ = false;
  if (shared_.options.requests_max != 0 && requests_ >= shared_.options.requests_max) keep_alive_ = false;
}

void HttpConnection::write_head(const http::ResponseHead& head, std::optional<uint64_t> length) {
  const auto& request = desk_->parser.head();
  const bool no_body_at_all = http::status_without_body(head.status);
  silent_body_ = no_body_at_all || request.method == "HEAD";
  chunked_ = !length && !no_body_at_all && request.minor_version > 0;
  if (!length && !silent_body_ && !chunked_) keep_alive_ = false;  // HTTP/1.0: the end of the body is the end of the connection
  decide_keep_alive();

  desk_->out.clear();
  http::append_status_line(desk_->out, head.status, head.reason);
  bool dated = false;
  for (const auto& header : head.headers) {
    if (is_framing(header.name)) continue;
    if (header.name.size() == 4 && equal_ignoring_case(header.name, "date")) dated = true;
    http::append_field(desk_->out, header.name, header.value);
  }
  if (!dated) desk_->out += shared_.date();
  // RFC 9110 8.6: no length in 1xx and 204; in 304 it would be the object's, which only the handler could know.
  if (length && !no_body_at_all) http::append_field(desk_->out, "Content-Length", *length);
  if (chunked_) desk_->out += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive_) {
    desk_->out += "Connection: close\r\n";
  } else if (request.minor_version == 0) {
    desk_->out += "Connection: keep-alive\r\n";
  }
  desk_->out += "\r\n";
}

Task<Result<void>> HttpConnection::respond(http::ResponseHead head, std::span<const uint8_t> body) {
  EVERSHORE_ASSERT(answer_ == Answer::kNone);
  write_head(head, body.size());
  answer_ = Answer::kComplete;
  const std::array<Piece, 2> pieces = {as_bytes(desk_->out), silent_body_ ? Piece{} : body};
  auto written = co_await send_body(pieces);
  desk_->out.clear();
  co_return written;
}

Task<Result<void>> HttpConnection::start(http::ResponseHead head, std::optional<uint64_t> length) {
  EVERSHORE_ASSERT(answer_ == Answer::kNone);
  write_head(head, length);  // leaves with the first piece
  answer_ = Answer::kBody;
  answer_left_ = length;
  co_return Result<void>();
}

Task<Result<void>> HttpConnection::write(std::span<const uint8_t> piece) {
  EVERSHORE_ASSERT(answer_ == Answer::kBody);
  if (write_failed_) co_return fail(Fault::kClosed, "the client is gone");
  if (silent_body_) piece = {};
  if (answer_left_ && !silent_body_) {
    EVERSHORE_ASSERT(piece.size() <= *answer_left_);
    *answer_left_ -= piece.size();
  }
  std::array<Piece, 3> pieces = {as_bytes(desk_->out), piece, {}};
  if (chunked_ && !piece.empty()) {
    desk_->out += http::chunk_head(piece.size()).text();
    pieces = {as_bytes(desk_->out), piece, as_bytes(http::kChunkEnd)};
  }
  auto written = co_await send_body(pieces);
  desk_->out.clear();
  co_return written;
}

Task<Result<void>> HttpConnection::finish() {
  EVERSHORE_ASSERT(answer_ == Answer::kBody);
  if (write_failed_) co_return fail(Fault::kClosed, "the client is gone");
  if (!silent_body_) EVERSHORE_ASSERT(answer_left_.value_or(0) == 0);
  if (chunked_ && !silent_body_) desk_->out += http::kLastChunk;
  answer_ = Answer::kComplete;
  const Piece piece = as_bytes(desk_->out);
  auto written = co_await send(std::span(&piece, 1));
  desk_->out.clear();
  co_return written;
}

void HttpConnection::abort() {
  write_failed_ = true;
  if (answer_ == Answer::kNone) answer_ = Answer::kBody;
  stream_->reset();
}

}  // namespace evershore::io
