#include "app/demo/load.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sync.h"

namespace evershore::app::demo {

namespace {

constexpr io::HttpTimeouts kTimeouts{
    .connect = std::chrono::seconds(5), .first_byte = std::chrono::seconds(10), .stall = std::chrono::seconds(10)};
constexpr Duration kTick = std::chrono::milliseconds(2);

// The true time: a turn's own would leave out how long the turn took.
Mono true_now() { return std::chrono::steady_clock::now(); }

// xorshift64: which object comes next need not be unpredictable, only the same for the same seed.
uint64_t next_random(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

Mono due_at(Mono start, uint64_t index, double per_second) {
  return start + Duration(static_cast<int64_t>(static_cast<double>(index) * 1e9 / per_second));
}

std::string status_error(const http::ResponseHead& head) {
  return fmt::format("status {} ({})", head.status, head.headers.get("X-Evershore"));
}

}  // namespace

Load::Load(io::Loop& loop, LoadOptions options)
    : loop_(loop), options_(std::move(options)), client_(loop, {}), random_(options_.seed * 0x9E3779B97F4A7C15ULL | 1) {}

void Load::start() {
  started_ = true_now();
  tick();
}

void Load::tick() {
  begin_due(true_now());
  timer_ = loop_.call_at(loop_.now() + kTick, [this] { tick(); });
}

void Load::begin_due(Mono now) {
  for (Mono due = due_at(started_, begun_, options_.requests_per_second); due <= now;
       due = due_at(started_, ++begun_, options_.requests_per_second)) {
    const Target& target = options_.targets[next_random(random_) % options_.targets.size()];
    if (scope_.size() < kInFlightMax) {
      scope_.spawn(one_request(target, due));
    } else {
      note(target.path, {.outcome = Outcome::kFailed, .error = "too many requests wait already"});
      if (samples_.size() < kSamplesMax) samples_.push_back({due, now - due, Outcome::kFailed});
    }
  }
}

Task<void> Load::finish() {
  finishing_ = true;
  loop_.cancel(timer_);
  co_await scope_.join();
}

void Load::download(Target target, double bytes_per_second) { scope_.spawn(one_download(std::move(target), bytes_per_second)); }

Task<void> Load::one_request(const Target& target, Mono due) {
  const Answer answer = co_await get(target, 0);
  const Mono now = true_now();
  if (answer.outcome != Outcome::kGood) note(target.path, answer);
  if (samples_.size() < kSamplesMax) samples_.push_back({due, now - due, answer.outcome});
}

Task<void> Load::one_download(Target target, double bytes_per_second) {
  ++downloading_;
  const Mono begun = true_now();
  const Answer answer = co_await get(target, bytes_per_second);
  --downloading_;
  if (finishing_) co_return;
  if (answer.outcome != Outcome::kGood) note(target.path, answer);
  downloads_.push_back({begun, true_now(), answer.bytes, answer.longest_wait, answer.outcome, answer.error});
}

Task<Load::Answer> Load::get(const Target& target, double bytes_per_second) {
  Answer answer;
  io::HttpRequest request{.target = target.path};
  request.headers.add("Host", options_.host);
  request.headers.add("User-Agent", "evershore-demo");
  const Mono begun = true_now();
  auto response = co_await client_.send(options_.edge, std::move(request), kTimeouts, nullptr);
  answer.longest_wait = true_now() - begun;
  if (!response) {
    answer.outcome = Outcome::kFailed;
    answer.error = response.error().text;
    co_return answer;
  }
  if ((*response)->head().status != 200) {
    answer.outcome = Outcome::kFailed;
    answer.error = status_error((*response)->head());
    co_return answer;
  }
  co_await read(**response, target, bytes_per_second, answer);
  co_return answer;
}

Task<void> Load::read(io::HttpResponse& response, const Target& target, double bytes_per_second, Answer& answer) {
  Hasher hasher(HashKind::kSha256);
  const Mono begun = true_now();
  for (;;) {
    const Mono asked = true_now();
    auto piece = co_await response.next();
    answer.longest_wait = std::max<Duration>(answer.longest_wait, true_now() - asked);
    if (!piece) {
      answer.outcome = Outcome::kTruncated;
      answer.error = fmt::format("body broke off at {} of {}: {}", answer.bytes, target.size_bytes, piece.error().text);
      co_return;
    }
    if (piece->empty()) break;
    answer.bytes += piece->size();
    hasher.update(*piece);
    if (bytes_per_second > 0) {
      if (finishing_) co_return;
      co_await sleep_until(loop_, due_at(begun, answer.bytes, bytes_per_second));
    }
  }
  const bool other_version = !target.etag.empty() && response.head().headers.get("ETag") != target.etag;
  if (hasher.finish_as<Sha256>() == target.sha256 || other_version) co_return;
  answer.outcome = answer.bytes < target.size_bytes ? Outcome::kTruncated : Outcome::kWrong;
  answer.error = fmt::format("{} bytes that are not the object's {} bytes ({})", answer.bytes, target.size_bytes,
                             response.head().headers.get("X-Evershore"));
}

void Load::note(const std::string& path, const Answer& answer) {
  bad_.add();
  if (notes_.size() < kNotesMax) notes_.push_back({true_now(), path + ": " + answer.error});
}

}  // namespace evershore::app::demo
