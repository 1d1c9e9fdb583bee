#include "io/http_client.h"

#include <fmt/format.h>

#include <array>

#include "base/sync.h"
#include "base/text.h"
#include "io/dialer.h"
#include "io/http_response.h"
#include "io/http_write.h"
#include "wire/http/request_parser.h"
#include "wire/http/response_parser.h"
#include "wire/http/serialize.h"

namespace evershore::io {

namespace {

using http::ParseState;

constexpr size_t kInterimMax = 16;                  // 1xx heads before the real one
constexpr Duration kContinueWait = Millis(250);     // RFC 9110 10.1.1: do not wait for 100 for ever; many servers never send it
constexpr Duration kEarlyAnswerWait = Millis(500);  // for the reason why the peer takes no more of the body
constexpr size_t kScratchBytes = 16 * 1024;         // for the head; a small body comes with it
constexpr size_t kScratchesKept = 64;               // between requests: the next one begins as one ends

uint16_t default_port(bool tls) { return tls ? 443 : 80; }

// RFC 9110 9.2.2
bool idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS" || method == "TRACE";
}

bool body_expected(std::string_view method) { return method == "PUT" || method == "POST" || method == "PATCH"; }

std::string write_head(const HttpOrigin& origin, const HttpRequest& request) {
  std::string head;
  head.reserve(512);
  http::append_request_line(head, request.method, request.target);
  if (!request.headers.has("host")) http::append_field(head, "Host", origin.host_header());
  http::append_fields(head, request.headers);
  const uint64_t body_bytes = request.source != nullptr ? request.source_bytes : request.body.size();
  // RFC 9110 8.6: a length of 0 is sent where the method means a body.
  if ((body_bytes > 0 || body_expected(request.method)) && !request.headers.has("content-length")) {
    http::append_field(head, "Content-Length", body_bytes);
  }
  if (request.expect_continue && request.source != nullptr) http::append_field(head, "Expect", "100-continue");
  head += "\r\n";
  return head;
}

Error first_byte_timeout(Duration budget) {
  return {Fault::kTimedOut, fmt::format("first byte: no answer in {}", format_duration(budget))};
}

// One request on one connection, up to the response head.
struct Conversation {
  Stream& stream;
  const HttpRequest& request;
  const HttpTimeouts& timeouts;
  Duration first_byte_after{};     // from the request's last byte
  std::optional<Mono> asked = {};  // when the request's last byte left
  bool answered = false;           // any byte of a response has come
  bool body_sent = true;           // false: the answer came before the body was all sent
  http::ResponseParser parser{http::HeadLimits{.head_bytes_max = 64 * 1024}};
  std::vector<uint8_t> early = {};  // bytes after the head
};

// What reading for a head came to.
enum class HeadEnd : uint8_t { kHead, kTimedOut };

// Feeds what has come to the parser. True: a head is complete, the rest is in `early`.
Result<bool> take_input(Conversation& talk, std::span<const uint8_t> input) {
  const auto fed = talk.parser.feed(input);
  if (fed.state == ParseState::kError) {
    return fail(Fault::kBroken, fmt::format("not a sound HTTP response: {}", talk.parser.error().text));
  }
  const auto rest = input.subspan(fed.consumed);
  std::vector<uint8_t> left(rest.begin(), rest.end());  // `input` may be `early` itself
  talk.early = std::move(left);
  return fed.state == ParseState::kDone;
}

// One head, 1xx included. kTimedOut in the value: nothing by `deadline`.
Task<Result<HeadEnd>> read_one_head(Conversation& talk, std::span<uint8_t> scratch, Mono deadline) {
  talk.parser.reset();
  talk.stream.set_deadline(deadline);
  bool complete = false;
  if (!talk.early.empty()) {
    CO_TRY(complete, take_input(talk, talk.early));
  }
  while (!complete) {
    const auto got = co_await talk.stream.read_some(scratch);
    if (!got && got.error().fault == Fault::kTimedOut) co_return HeadEnd::kTimedOut;
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0)
      co_return fail(Fault::kBroken, talk.answered ? "closed in the middle of the response head" : "closed without a response");
    if (!talk.answered && talk.asked) talk.first_byte_after = talk.stream.watch().loop().now() - *talk.asked;
    talk.answered = true;
    CO_TRY(complete, take_input(talk, scratch.first(*got)));
  }
  co_return HeadEnd::kHead;
}

// The final head: 1xx are passed over (RFC 9110 15.2).
Task<Result<HeadEnd>> read_final_head(Conversation& talk, std::span<uint8_t> scratch, Mono deadline) {
  for (size_t heads = 0; heads <= kInterimMax; ++heads) {
    auto end = co_await read_one_head(talk, scratch, deadline);
    if (!end || *end == HeadEnd::kTimedOut) co_return end;
    const uint16_t status = talk.parser.head().status;
    if (status == 101) co_return fail(Fault::kBroken, "switched protocols without being asked");
    if (status >= 200) co_return HeadEnd::kHead;
  }
  co_return fail(Fault::kBroken, "interim responses without end");
}

enum class Sent : uint8_t { kAll, kAnswered, kPeerGone };

// After the head of a request with Expect: kAll = go on with the body, kAnswered = the final answer is there already.
Task<Result<Sent>> await_continue(Conversation& talk, std::span<uint8_t> scratch) {
  const Mono deadline = talk.stream.watch().loop().now() + std::min(kContinueWait, talk.timeouts.first_byte);
  auto end = co_await read_one_head(talk, scratch, deadline);
  if (!end) co_return std::unexpected(std::move(end).error());
  if (*end == HeadEnd::kTimedOut && talk.answered) co_return std::unexpected(first_byte_timeout(talk.timeouts.first_byte));
  if (*end == HeadEnd::kTimedOut || talk.parser.head().status == 100) co_return Sent::kAll;
  if (talk.parser.head().status >= 200) co_return Sent::kAnswered;
  co_return Sent::kAll;  // another interim response
}

Task<Result<Sent>> send_source(Conversation& talk) {
  uint64_t left = talk.request.source_bytes;
  for (;;) {
    CO_TRY(const auto piece, co_await talk.request.source->next());
    if (piece.empty()) break;
    if (piece.size() > left) co_return fail(Fault::kInvalid, "the request body is longer than was said");
    left -= piece.size();
    auto written = co_await write_with_stall(talk.stream, std::span(&piece, 1), talk.timeouts.stall);
    if (!written && written.error().fault == Fault::kBroken) co_return Sent::kPeerGone;
    if (!written) co_return std::unexpected(std::move(written).error());
  }
  if (left > 0) co_return fail(Fault::kInvalid, fmt::format("the request body ended {} bytes early", left));
  co_return Sent::kAll;
}

Task<Result<Sent>> send_request(Conversation& talk, const HttpOrigin& origin, std::span<uint8_t> scratch) {
  const std::string head = write_head(origin, talk.request);
  const std::array<std::span<const uint8_t>, 2> pieces = {
      as_bytes(head), as_bytes(talk.request.source == nullptr ? talk.request.body : std::string_view{})};
  auto written = co_await write_with_stall(talk.stream, pieces, talk.timeouts.stall);
  if (!written && written.error().fault == Fault::kBroken) co_return Sent::kPeerGone;
  if (!written) co_return std::unexpected(std::move(written).error());
  if (talk.request.source == nullptr) co_return Sent::kAll;
  if (talk.request.expect_continue) {
    CO_TRY(const Sent go, co_await await_continue(talk, scratch));
    if (go == Sent::kAnswered) co_return go;
  }
  auto sent = co_await send_source(talk);
  co_return sent;
}

// A peer that closes while we send may have said why: its answer counts if it is there.
Task<Result<void>> converse(Conversation& talk, const HttpOrigin& origin, std::span<uint8_t> scratch) {
  Loop& loop = talk.stream.watch().loop();
  CO_TRY(const Sent sent, co_await send_request(talk, origin, scratch));
  talk.asked = loop.now();
  talk.body_sent = sent == Sent::kAll;
  if (sent == Sent::kAnswered) co_return Result<void>();
  const Duration budget = sent == Sent::kAll ? talk.timeouts.first_byte : kEarlyAnswerWait;
  CO_TRY(const HeadEnd end, co_await read_final_head(talk, scratch, loop.now() + budget));
  if (end == HeadEnd::kHead) co_return Result<void>();
  if (sent == Sent::kPeerGone) co_return fail(Fault::kBroken, "the peer stopped taking the request");
  co_return std::unexpected(first_byte_timeout(talk.timeouts.first_byte));
}

}  // namespace

std::string HttpOrigin::host_header() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(tls) ? name : fmt::format("{}:{}", name, port);
}

Result<HttpUrl> parse_http_url(std::string_view url) {
  const auto bad = [&](std::string_view why) { return fail(Fault::kInvalid, fmt::format("\"{}\": {}", url, why)); };
  const auto scheme_end = url.find("://");
  const auto scheme = url.substr(0, scheme_end);
  const bool tls = equal_ignoring_case(scheme, "https");
  if (scheme_end == std::string_view::npos || (!tls && !equal_ignoring_case(scheme, "http"))) return bad("not an http:// or https:// URL");
  const auto rest = url.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || !http::valid_authority(authority)) return bad("the host is not valid");
  auto target = rest.substr(authority.size());
  target = target.substr(0, target.find('#'));

  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  auto host = has_port ? authority.substr(0, colon) : authority;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad("the host is missing");
  const auto port = has_port ? parse_u64(authority.substr(colon + 1)) : std::optional<uint64_t>(default_port(tls));
  if (!port || *port == 0 || *port > 65535) return bad("the port is not valid");
  const std::string slash = target.starts_with('/') ? "" : "/";
  return HttpUrl{{tls, to_lower(host), static_cast<uint16_t>(*port)}, slash + std::string(target)};
}

void HttpCancel::cancel() {
  cancelled_ = true;
  if (close_) close_();
}

struct HttpClient::Impl {
  Impl(Loop& own_loop, Options own_options)
      : loop(own_loop),
        options(std::move(own_options)),
        dialer(loop, {.tls = options.tls, .resolve_ttl = options.resolve_ttl, .resolve = options.resolve}),
        pool(loop, options.idle_per_origin_max, options.idle_max, options.connection_age_max) {}

  Loop& loop;
  Options options;
  Dialer dialer;
  HttpPool pool;
  std::vector<std::unique_ptr<uint8_t[]>> scratches;  // unused, of kScratchBytes

  std::unique_ptr<uint8_t[]> take_scratch();
  void keep_scratch(std::unique_ptr<uint8_t[]> scratch);

  using Answer = Result<std::unique_ptr<HttpResponse>>;
  static Task<Answer> send(std::shared_ptr<Impl> self, HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, HttpCancel* cancel);
  Task<Result<std::unique_ptr<Stream>>> connect(HttpOrigin origin, Duration budget, HttpCancel* cancel);
  // What a drill makes of a request before it is sent; nullopt: it may go on.
  Task<std::optional<Answer>> suffer(HttpOrigin origin, HttpTimeouts timeouts, HttpCancel* cancel);
  struct Tried {
    Answer answer;
    bool answered = false;  // a byte of a response had come
  };
  Task<Tried> try_on(std::unique_ptr<Stream> stream, const HttpOrigin& origin, const HttpRequest& request, const HttpTimeouts& timeouts,
                     HttpCancel* cancel);
  std::unique_ptr<HttpResponse> make_response(std::unique_ptr<Stream> stream, const HttpOrigin& origin, Conversation& talk);
};

std::unique_ptr<uint8_t[]> HttpClient::Impl::take_scratch() {
  if (scratches.empty()) return std::make_unique_for_overwrite<uint8_t[]>(kScratchBytes);
  auto scratch = std::move(scratches.back());
  scratches.pop_back();
  return scratch;
}

void HttpClient::Impl::keep_scratch(std::unique_ptr<uint8_t[]> scratch) {
  if (scratches.size() < kScratchesKept) scratches.push_back(std::move(scratch));
}

Task<Result<std::unique_ptr<Stream>>> HttpClient::Impl::connect(HttpOrigin origin, Duration budget, HttpCancel* cancel) {
  DialUnderWay under_way;
  if (cancel != nullptr) cancel->close_ = [&under_way] { under_way.close(); };
  const std::string whom = origin.host_header();
  auto stream = co_await dialer.dial(std::move(origin), loop.now() + budget, under_way);
  if (cancel != nullptr) cancel->close_ = nullptr;
  if (stream) co_return stream;
  if (stream.error().fault == Fault::kTimedOut) {
    co_return fail(Fault::kTimedOut, fmt::format("connect: {} did not answer in {}", whom, format_duration(budget)));
  }
  co_return stream;
}

std::unique_ptr<HttpResponse> HttpClient::Impl::make_response(std::unique_ptr<Stream> stream, const HttpOrigin& origin,
                                                              Conversation& talk) {
  auto& head = talk.parser.head();
  StreamingResponse::Parts parts{.origin = origin, .stream = std::move(stream), .stall = talk.timeouts.stall};
  if (options.keep_alive && talk.body_sent) parts.pool = &pool;
  parts.kind = http::body_kind(head, talk.request.method);
  parts.head = std::move(head);
  parts.time_to_first_byte = talk.first_byte_after;
  parts.faults = options.faults;
  return std::make_unique<StreamingResponse>(std::move(parts), std::move(talk.early));
}

namespace {
// A drill's 503: nothing was asked.
class DrillAnswer final : public HttpResponse {
 public:
  const http::ResponseHead& head() const override { return head_; }
  Task<Result<std::span<const uint8_t>>> next() override { co_return std::span<const uint8_t>(); }
  Task<Result<std::span<const uint8_t>>> next_into(std::span<uint8_t>) override { return next(); }
  Duration time_to_first_byte() const override { return {}; }
  void cancel() override {}

 private:
  http::ResponseHead head_{.status = 503, .content_length = 0};
};
}  // namespace

Task<std::optional<HttpClient::Impl::Answer>> HttpClient::Impl::suffer(HttpOrigin origin, HttpTimeouts timeouts, HttpCancel* cancel) {
  constexpr Duration kDrillSlowness = Millis(800);
  const auto mode = options.faults->mode(fmt::format("{}:{}", origin.host, origin.port));
  if (mode == FaultMode::kNone || mode == FaultMode::kCut) co_return std::nullopt;
  if (mode == FaultMode::kDown) co_return Answer(fail(Fault::kRefused, "drill: connection refused"));
  if (mode == FaultMode::kError) co_return Answer(std::make_unique<DrillAnswer>());
  Signal wake(loop);
  const Duration pause = mode == FaultMode::kSlow ? std::min(kDrillSlowness, timeouts.first_byte) : timeouts.first_byte;
  if (cancel != nullptr) cancel->close_ = [&wake] { wake.notify_all(); };
  co_await wake.wait_until(loop.now() + pause);
  if (cancel != nullptr) cancel->close_ = nullptr;
  if (mode == FaultMode::kSlow && pause == kDrillSlowness) co_return std::nullopt;
  co_return Answer(std::unexpected(first_byte_timeout(timeouts.first_byte)));
}

Task<HttpClient::Impl::Tried> HttpClient::Impl::try_on(std::unique_ptr<Stream> stream, const HttpOrigin& origin, const HttpRequest& request,
                                                       const HttpTimeouts& timeouts, HttpCancel* cancel) {
  Conversation talk{*stream, request, timeouts};
  auto scratch = take_scratch();
  if (cancel != nullptr) cancel->close_ = [&stream] { stream->close(); };
  auto done = co_await converse(talk, origin, {scratch.get(), kScratchBytes});
  if (cancel != nullptr) cancel->close_ = nullptr;
  keep_scratch(std::move(scratch));
  if (!done) co_return Tried{std::unexpected(std::move(done).error()), talk.answered};
  co_return Tried{make_response(std::move(stream), origin, talk), true};
}

Task<Result<std::unique_ptr<HttpResponse>>> HttpClient::Impl::send(std::shared_ptr<Impl> self, HttpOrigin origin, HttpRequest request,
                                                                   HttpTimeouts timeouts, HttpCancel* cancel) {
  const auto given_up = [&] { return cancel != nullptr && cancel->cancelled_; };
  const Error gave_up{Fault::kClosed, "given up"};
  if (given_up()) co_return std::unexpected(gave_up);
  if (self->options.faults != nullptr && !self->options.faults->quiet()) {
    auto suffered = co_await self->suffer(origin, timeouts, cancel);
    if (given_up()) co_return std::unexpected(gave_up);
    if (suffered) co_return std::move(*suffered);
  }
  if (!self->options.keep_alive) request.headers.set("Connection", "close");
  if (auto kept = self->pool.take(origin)) {
    auto tried = co_await self->try_on(std::move(kept), origin, request, timeouts, cancel);
    if (given_up()) co_return std::unexpected(gave_up);
    // RFC 9112 9.3.1: the peer may have closed it just as we began.
    const bool dead = !tried.answer && !tried.answered && tried.answer.error().fault == Fault::kBroken;
    if (!dead || request.source != nullptr || !idempotent(request.method)) co_return std::move(tried.answer);
  }
  auto fresh = co_await self->connect(origin, timeouts.connect, cancel);
  if (given_up()) co_return std::unexpected(gave_up);
  if (!fresh) co_return std::unexpected(std::move(fresh).error());
  auto tried = co_await self->try_on(std::move(*fresh), origin, request, timeouts, cancel);
  if (given_up()) co_return std::unexpected(gave_up);
  co_return std::move(tried.answer);
}

HttpClient::HttpClient(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {}
HttpClient::~HttpClient() = default;

Task<Result<std::unique_ptr<HttpResponse>>> HttpClient::send(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts,
                                                             HttpCancel* cancel) {
  return Impl::send(impl_, std::move(origin), std::move(request), timeouts, cancel);
}

Task<Result<HttpClient::Whole>> HttpClient::fetch(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, size_t body_bytes_max,
                                                  HttpCancel* cancel) {
  CO_TRY(auto response, co_await send(std::move(origin), std::move(request), timeouts, cancel));
  Whole whole{response->head(), {}};
  for (;;) {
    CO_TRY(const auto piece, co_await response->next());
    if (piece.empty()) co_return whole;
    if (piece.size() > body_bytes_max - whole.body.size()) {
      co_return fail(Fault::kBroken, fmt::format("the body is larger than {}", format_size(body_bytes_max)));
    }
    whole.body += as_text(piece);
  }
}

Task<Result<HttpClient::Whole>> HttpClient::fetch(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, size_t body_bytes_max) {
  return fetch(std::move(origin), std::move(request), timeouts, body_bytes_max, nullptr);
}

void HttpClient::drop_idle(const HttpOrigin& origin) { impl_->pool.drop(origin); }

}  // namespace evershore::io
