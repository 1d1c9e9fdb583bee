#include "health/run/prober.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sync.h"
#include "base/text.h"
#include "health/verdict.h"
#include "io/dialer.h"
#include "io/tls.h"
#include "wire/http/date.h"
#include "wire/s3/address.h"
#include "wire/s3/sigv4.h"

namespace evershore::health {

namespace {

constexpr std::string_view kMarkerKey = ".evershore/region";
constexpr Duration kLateMin = 50ms;  // less than this is ordinary jitter
constexpr Duration kDrillSlowness = 2s;
constexpr Duration kHalfSecond = 500ms;  // a Date is cut off to the second
constexpr Duration kSlice = 10ms;        // how soon an imitated black hole notices that it is cancelled

// What one probe waits for, and its end. One at a time.
class Attempt final : public ProbeCancel {
 public:
  Attempt(io::Loop& loop, Duration timeout) : loop_(loop), started_(loop.now()), timeout_(timeout) {
    timer_ = loop.call_at(deadline(), [this] {
      overdue_ = true;
      cancel();
    });
  }
  ~Attempt() override { loop_.cancel(timer_); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void cancel() override {
    cancelled_ = true;
    request.cancel();
    dial.close();
    if (response != nullptr) response->cancel();
  }

  io::Loop& loop() const { return loop_; }
  Mono deadline() const { return started_ + timeout_; }
  bool cancelled() const { return cancelled_; }
  Duration took() const { return loop_.now() - started_; }
  bool timed_out() const { return overdue_ || took() >= timeout_; }
  // A time-out proves nothing when this loop itself was late: answers may have waited unread.
  bool self_late() const {
    const Duration tolerance = std::max<Duration>(kLateMin, timeout_ / 4);
    return timed_out() && (loop_.lateness() > tolerance || took() > timeout_ + tolerance);
  }
  std::string timeout_text() const { return fmt::format("timeout after {}", format_duration(timeout_)); }

  io::HttpCancel request;
  io::DialUnderWay dial;
  io::HttpResponse* response = nullptr;
  std::optional<Duration> clock_ahead;

 private:
  io::Loop& loop_;
  Mono started_;
  Duration timeout_;
  TimerId timer_;
  bool overdue_ = false;
  bool cancelled_ = false;
};

struct Answer {
  uint16_t status = 0;
  std::string body;  // as much as was asked for
  std::optional<Duration> clock_ahead = {};
};

std::string failure_text(const Error& error, const Attempt& attempt) {
  if (attempt.timed_out() || error.fault == Fault::kTimedOut) return attempt.timeout_text();
  if (attempt.cancelled()) return "cancelled";
  if (error.fault == Fault::kRefused) return "connection refused";
  return error.text;
}

std::string address_text(const io::HttpOrigin& origin) { return fmt::format("{}:{}", origin.host, origin.port); }

Error drill_error(Fault fault, std::string_view text) { return {fault, fmt::format("{} (a drill)", text)}; }

}  // namespace

struct Prober::Impl {
  Impl(io::Loop& own_loop, Options own_options)
      : loop(own_loop),
        options(own_options),
        tls(unverified_tls()),
        client(own_loop, {.idle_per_origin_max = 0, .tls = tls, .keep_alive = false, .resolve_ttl = 1s}),
        region_client(own_loop, {.idle_per_origin_max = 0, .tls = verified_tls(), .keep_alive = false, .resolve_ttl = 1s}),
        dialer(own_loop, {.tls = tls, .resolve_ttl = 1s}) {}

  static std::shared_ptr<io::TlsClientContext> verified_tls() {
    auto context = io::TlsClientContext::make({});
    return context ? *std::move(context) : nullptr;
  }

  static std::shared_ptr<io::TlsClientContext> unverified_tls() {
    auto context = io::TlsClientContext::make({.verify_peer = false});
    return context ? *std::move(context) : nullptr;
  }

  // What a drill does to this address, before or instead of the real thing.
  Task<Result<std::optional<Answer>>> drill(Attempt& attempt, std::string address) {
    const auto mode = options.faults == nullptr ? io::FaultMode::kNone : options.faults->mode(address);
    if (mode == io::FaultMode::kDown) co_return std::unexpected(drill_error(Fault::kRefused, "connection refused"));
    if (mode == io::FaultMode::kError) co_return Answer{.status = 503};
    if (mode == io::FaultMode::kSlow || mode == io::FaultMode::kBlackhole) {
      const Mono until = mode == io::FaultMode::kSlow ? loop.now() + kDrillSlowness : kNever;
      while (!attempt.cancelled() && loop.now() < until) co_await sleep_for(loop, kSlice);
      if (attempt.cancelled()) co_return std::unexpected(drill_error(Fault::kClosed, "no answer"));
    }
    co_return std::nullopt;
  }

  Task<Result<std::string>> read_body(Attempt& attempt, io::HttpResponse& response, size_t bytes_max) {
    std::string body;
    attempt.response = &response;
    while (body.size() < bytes_max) {
      const auto piece = co_await response.next();
      if (!piece) {
        attempt.response = nullptr;
        co_return std::unexpected(piece.error());
      }
      if (piece->empty()) break;
      body += as_text(*piece);
    }
    attempt.response = nullptr;
    co_return body;
  }

  Task<Result<Answer>> ask(Attempt& attempt, io::HttpClient& by, io::HttpOrigin origin, io::HttpRequest request, size_t body_bytes) {
    CO_TRY(const auto faked, co_await drill(attempt, address_text(origin)));
    if (faked) co_return *faked;
    const Duration left = std::max<Duration>(attempt.deadline() - loop.now(), 1ms);
    const io::HttpTimeouts timeouts{.connect = left, .first_byte = left, .stall = left};
    request.headers.add("User-Agent", "evershore-health");
    CO_TRY(const auto response, co_await by.send(origin, std::move(request), timeouts, &attempt.request));
    Answer answer{.status = response->head().status, .clock_ahead = clock_ahead(response->head().headers)};
    if (body_bytes > 0) {
      CO_TRY(answer.body, co_await read_body(attempt, *response, body_bytes));
    }
    co_return answer;
  }

  Task<Result<Verdict>> probe_http(Attempt& attempt, const ProbeTarget& target) {
    CO_TRY(const auto url, io::parse_http_url(target.url));
    io::HttpRequest request{.target = url.target};
    CO_TRY(const Answer answer, co_await ask(attempt, client, url.origin, std::move(request), target.search.empty() ? 0 : kSearchBytes));
    if (target.kind == ProbeTarget::Kind::kAlive) co_return judge_marker(answer.status);
    co_return target.search.empty() ? judge_status(answer.status) : judge_search(answer.status, answer.body, target.search);
  }

  Task<Result<Verdict>> probe_tcp(Attempt& attempt, const ProbeTarget& target) {
    CO_TRY(const auto url, io::parse_http_url("http://" + target.url));
    CO_TRY(const auto faked, co_await drill(attempt, address_text(url.origin)));
    if (faked) co_return Verdict{true, "connected"};  // an error is an answer; a connection is all this check wants
    auto stream = co_await dialer.dial(url.origin, attempt.deadline(), attempt.dial);
    if (!stream) co_return std::unexpected(stream.error());
    (*stream)->reset();  // no state is left behind at the target
    co_return Verdict{true, "connected"};
  }

  std::optional<Duration> clock_ahead(const http::Headers& headers) const {
    const auto date = http::parse_http_date(headers.get("Date"));
    return date ? std::optional<Duration>(*date + kHalfSecond - loop.wall()) : std::nullopt;
  }

  // One signed request of a region's probe.
  Task<Result<Answer>> ask_region(Attempt& attempt, const RegionSettings& region, std::string method, s3::S3Address address) {
    io::HttpRequest request{.method = method, .target = address.target};
    request.headers.set("Host", address.host_header());
    if (!region.access_key.empty()) {
      s3::Signer signer({.access_key = region.access_key.reveal(), .secret_key = region.secret_key.reveal()}, region.signing_region);
      signer.sign(method, address.target, request.headers, s3::kEmptySha256, loop.wall());
    }
    const io::HttpOrigin origin{.tls = address.tls, .host = address.host, .port = address.port, .tls_files = io::tls_files_of(region)};
    CO_TRY(Answer answer, co_await ask(attempt, region_client, origin, std::move(request), 0));
    co_return answer;
  }

  Task<Result<Verdict>> probe_region(Attempt& attempt, const RegionSettings& region) {
    const Signed is_signed = region.access_key.empty() ? Signed::kNo : Signed::kYes;
    if (region.addressing != Addressing::kBare) {
      CO_TRY(auto bucket, s3::bucket_address_of(region, ""));
      CO_TRY(const Answer answer, co_await ask_region(attempt, region, "HEAD", std::move(bucket)));
      Verdict verdict = judge_bucket(answer.status, is_signed);
      verdict.why = "HEAD bucket: " + verdict.why;
      if (!verdict.ok) co_return verdict;
    }
    CO_TRY(auto marker, s3::address_of(region, kMarkerKey));
    CO_TRY(const Answer marker_answer, co_await ask_region(attempt, region, "GET", std::move(marker)));
    attempt.clock_ahead = marker_answer.clock_ahead;
    Verdict verdict = judge_marker(marker_answer.status);
    verdict.why = "GET marker: " + verdict.why;
    if (!verdict.ok || region.probe.empty()) co_return verdict;

    CO_TRY(auto own, s3::address_of(region, region.probe));
    CO_TRY(const Answer own_answer, co_await ask_region(attempt, region, "GET", std::move(own)));
    verdict = judge_status(own_answer.status);
    verdict.why = fmt::format("GET {}: {}", region.probe, verdict.why);
    co_return verdict;
  }

  Task<Result<Verdict>> probe_target(Attempt& attempt, const ProbeTarget& target) {
    if (target.kind == ProbeTarget::Kind::kRegion) return probe_region(attempt, target.region);
    if (target.kind == ProbeTarget::Kind::kTcp) return probe_tcp(attempt, target);
    return probe_http(attempt, target);
  }

  io::Loop& loop;
  Options options;
  std::shared_ptr<io::TlsClientContext> tls;
  io::HttpClient client;
  io::HttpClient region_client;
  io::Dialer dialer;
};

Prober::Prober(io::Loop& loop, Options options) : impl_(std::make_unique<Impl>(loop, options)) {}
Prober::~Prober() = default;

Task<ProbeResult> Prober::probe(ProbeTarget target, Duration timeout, ProbeCancel** under_way) {
  Attempt attempt(impl_->loop, timeout);
  *under_way = &attempt;
  const auto verdict = co_await impl_->probe_target(attempt, target);
  *under_way = nullptr;
  ProbeResult result{.took = attempt.took(), .clock_ahead = attempt.clock_ahead};
  // Success after the deadline is none: the answer came too late to be of use.
  result.ok = verdict && verdict->ok && !attempt.timed_out();
  result.self_late = attempt.self_late();
  if (!verdict) {
    result.why = failure_text(verdict.error(), attempt);
  } else if (attempt.timed_out()) {
    result.why = attempt.timeout_text();
  } else {
    result.why = fmt::format("{} in {}", verdict->why, format_duration(result.took));
  }
  co_return result;
}

}  // namespace evershore::health
