#include "edge_sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "base/fake_scheduler.h"
#include "base/text.h"
#include "edge/run/fake_origin.h"
#include "edge/run/handler.h"

namespace evershore::sim {

namespace {

using namespace std::chrono_literals;
using edge::FakeObject;
using edge::FakeRegion;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  uint64_t next() {  // splitmix64
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t limit) { return next() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  Duration up_to(Duration most) { return Duration(static_cast<int64_t>(below(static_cast<uint64_t>(most.count()) + 1))); }

 private:
  uint64_t state_;
};

struct NoSink final : edge::EvidenceSink {
  void report(std::string_view, ProbeResult) override {}
};

// A client that takes its time and keeps everything it was told.
class SimClient final : public io::HttpExchange {
 public:
  SimClient(Scheduler& scheduler, std::string target, http::Headers headers, Duration pace)
      : scheduler_(scheduler), pace_(pace), begun(scheduler.now()) {
    request_.method = "GET";
    request_.target = std::move(target);
    request_.host = "site.test";
    request_.headers = std::move(headers);
  }
  const http::RequestHead& request() const override { return request_; }
  const io::Endpoint& peer() const override { return peer_; }
  bool tls() const override { return false; }
  io::Loop& loop() override { assertion_failed("no loop here", __FILE__, __LINE__); }
  Task<Result<std::span<const uint8_t>>> read_body() override { co_return std::span<const uint8_t>{}; }
  Task<Result<std::string>> read_whole_body(size_t) override { co_return std::string(); }
  Task<Result<void>> respond(http::ResponseHead answer, std::span<const uint8_t> bytes) override {
    begin_answer(std::move(answer), bytes.size());
    body = as_text(bytes);
    complete = true;
    co_return Result<void>{};
  }
  Task<Result<void>> start(http::ResponseHead answer, std::optional<uint64_t> length) override {
    begin_answer(std::move(answer), length);
    co_return Result<void>{};
  }
  Task<Result<void>> write(std::span<const uint8_t> piece) override {
    longest_gap = std::max(longest_gap, Duration(scheduler_.now() - last_piece_));
    body += as_text(piece);
    if (pace_ > Duration::zero()) co_await sleep_for(scheduler_, pace_);
    last_piece_ = scheduler_.now();
    co_return Result<void>{};
  }
  Task<Result<void>> finish() override {
    complete = true;
    co_return Result<void>{};
  }
  void abort() override { aborted = true; }
  bool started() const override { return started_; }

 private:
  void begin_answer(http::ResponseHead answer, std::optional<uint64_t> length) {
    EVERSHORE_ASSERT(!started_);
    started_ = true;
    head = std::move(answer);
    announced = length;
    head_after = scheduler_.now() - begun;
    last_piece_ = scheduler_.now();
  }
  Scheduler& scheduler_;
  http::RequestHead request_;
  io::Endpoint peer_{"127.0.0.1", 1};
  bool started_ = false;
  Duration pace_;
  Mono last_piece_{};

 public:
  Mono begun;
  std::string key;
  http::ResponseHead head;
  std::optional<uint64_t> announced;
  std::string body;
  Duration head_after{};
  Duration longest_gap{};
  bool complete = false;
  bool aborted = false;
  bool returned = false;
  Mono ended{};
};

struct Accepted {
  Mono when;
  std::string etag;
};

struct Sick {
  Mono from;
  Mono until;
};

class EdgeWorld {
 public:
  explicit EdgeWorld(uint64_t seed) : random_(seed), seed_(seed) {
    const size_t count = 2 + random_.below(2);
    for (size_t i = 0; i < count; ++i) names_.push_back(fmt::format("r{}", i));
    EdgeSettings settings;
    SiteSettings site{.name = "s", .hosts = {"site.test"}, .regions = names_};
    if (seed % 3 == 1) {
      site.reads.choice = ChoiceMode::kWeights;
      for (const auto& name : names_) site.reads.weights[name] = 1 + static_cast<uint32_t>(random_.below(4));
    }
    if (seed % 5 == 2) book_.crowd_rules.start = 6;  // a region bears little
    config_.publish(edge::make_edge_config(settings, {}, {{"s", site}}, 1));
    for (size_t i = 0; i < 12; ++i) make_object(i);
    for (const auto& name : names_) {
      auto& region = origin_.region(name);
      region.first_byte = 1ms + random_.up_to(30ms);
      region.piece_gap = random_.one_in(2) ? Duration::zero() : random_.up_to(4ms);
      region.missing_status = random_.one_in(2) ? 403 : 404;
    }
  }

  EdgeSeedReport run() {
    for (size_t i = 0; i < 6; ++i) tasks_.spawn(make_trouble());
    for (size_t i = 0; i < 4; ++i) tasks_.spawn(make_requests());
    for (const auto& key : travelling_) tasks_.spawn(make_news(key));
    time_.run_for(90s);
    bool closed = false;
    fetcher_.cancel_all();
    tasks_.spawn(close(closed));
    time_.run_for(30s);
    if (!closed) violation("the edge does not come to rest");
    for (const auto& client : clients_) judge(*client);
    report_.requests = clients_.size();
    report_.takeovers = fetcher_.counters().takeovers.get();
    report_.hedges = fetcher_.counters().hedges.get();
    report_.resets = handler_.counters().resets.get();
    report_.stale = handler_.counters().cache_stale.get();
    return std::move(report_);
  }

 private:
  static constexpr Duration kTroubleTime = 20s;

  std::string content(size_t size) {
    std::string bytes(size, '\0');
    Random bits(random_.next());
    for (auto& byte : bytes) byte = static_cast<char>(bits.next());
    return bytes;
  }
  FakeObject version_of(const std::string& key) {
    const size_t sizes[] = {0, 1, 900, 16'384, 60'000, 400'000};
    FakeObject object{content(sizes[random_.below(6)]), fmt::format("\"{}-{}\"", key, ++versions_), {}};
    const char* controls[] = {"no-store", "max-age=2", "max-age=60"};
    object.headers.add("Cache-Control", controls[random_.below(3)]);
    contents_[object.etag] = object.bytes;
    return object;
  }
  void make_object(size_t index) {
    const std::string key = fmt::format("k{}", index);
    const auto object = version_of(key);
    for (const auto& name : names_) origin_.region(name).objects[key] = object;
    if (index % 4 == 2) {
      travelling_.push_back(key);
      accepted_[key].push_back({FakeScheduler::kStart, object.etag});
    }
    if (index % 4 != 3) return;
    contested_.push_back(key);  // regions disagree about it
    if (random_.one_in(2)) origin_.region(names_[0]).objects[key] = version_of(key);
    if (random_.one_in(2)) origin_.region(names_[1]).objects.erase(key);
  }

  Task<void> make_trouble() {
    const Mono end = time_.now() + kTroubleTime;
    while (true) {
      co_await sleep_for(time_, random_.up_to(3s));
      if (time_.now() >= end) co_return;
      const auto& name = names_[random_.below(names_.size())];
      if (random_.one_in(5)) {  // another version of a contested object, in one region
        const auto& key = contested_[random_.below(contested_.size())];
        origin_.region(name).objects[key] = version_of(key);
        continue;
      }
      if (busy_.contains(name)) continue;
      busy_[name] = true;
      const Mono from = time_.now();
      const size_t slot = sick_[name].size();
      sick_[name].push_back({from, kNever});
      const Duration span = 20ms + random_.up_to(4s);
      make_sick(origin_.region(name));
      co_await sleep_for(time_, span);
      heal(origin_.region(name));
      sick_[name][slot].until = time_.now();
      busy_.erase(name);
    }
  }
  // A change in one region, heard of at once, that the others get later; the message to those who keep copies takes its time.
  Task<void> make_news(std::string key) {
    const Mono end = time_.now() + kTroubleTime;
    while (true) {
      co_await sleep_for(time_, random_.up_to(2s));
      if (time_.now() >= end) co_return;
      const auto& writer = names_[random_.below(names_.size())];
      const auto object = version_of(key);
      origin_.region(writer).objects[key] = object;
      RegionNumbers behind;
      for (const auto& name : names_)
        if (name != writer) behind.add(*news_.number_of(name));
      tasks_.spawn(tell(key, news_.changed("s", key, behind)));
      accepted_[key].push_back({time_.now(), object.etag});
      co_await sleep_for(time_, random_.up_to(1s));
      for (const auto& name : names_) origin_.region(name).objects[key] = object;
      tasks_.spawn(tell(key, news_.settled("s", key)));
      ++report_.changes;
    }
  }
  Task<void> tell(std::string key, uint64_t mark) {
    co_await sleep_for(time_, random_.up_to(50ms));
    handler_.doubt({{news_name("s", key), mark}});
  }
  void make_sick(FakeRegion& region) {
    switch (random_.below(7)) {
      case 0: region.become(FakeRegion::Mode::kRefuses); break;
      case 1: region.become(FakeRegion::Mode::kBlackHole); break;
      case 2: region.become(FakeRegion::Mode::kAnswers503); break;
      case 3: region.stall_at = random_.below(50'000); break;
      case 4: region.ignores_range = true; break;
      default:
        region.break_at = random_.below(60'000);
        region.breaks = static_cast<uint32_t>(1 + random_.below(20));
        region.ends_short = random_.one_in(2);
    }
  }
  static void heal(FakeRegion& region) {
    region.breaks = 0;
    region.stall_at.reset();
    region.ignores_range = false;
    region.ends_short = false;
    region.become(FakeRegion::Mode::kUp);
  }

  Task<void> make_requests() {
    const Mono end = time_.now() + kTroubleTime;
    while (time_.now() < end) {
      co_await sleep_for(time_, random_.up_to(120ms));
      const std::string key = fmt::format("k{}", random_.below(12));
      http::Headers headers;
      if (random_.one_in(6)) headers.add("Range", fmt::format("bytes={}-", random_.below(70'000)));
      clients_.push_back(std::make_unique<SimClient>(time_, "/" + key, std::move(headers), random_.one_in(3) ? random_.up_to(30ms) : 0ms));
      clients_.back()->key = key;
      tasks_.spawn(serve(*clients_.back()));
    }
  }
  Task<void> serve(SimClient& client) {
    co_await handler_.serve(client);
    client.returned = true;
    client.ended = time_.now();
  }
  Task<void> close(bool& closed) {
    co_await handler_.close();
    co_await fetcher_.close();
    closed = true;
  }

  bool was_sick(const std::string& name, Mono from, Mono until) {
    return std::ranges::any_of(sick_[name], [&](const Sick& sick) { return sick.from <= until && sick.until >= from; });
  }
  // Also shortly before, so that what was begun under a fault (a shared fetch, a kept connection) is over.
  bool somebody_worked(const SimClient& client) {
    return std::ranges::any_of(names_, [&](const std::string& name) { return !was_sick(name, client.begun - 4s, client.ended); });
  }

  void violation(std::string text) { report_.violations.push_back(fmt::format("seed {}: {}", seed_, text)); }

  void judge(const SimClient& client) {
    const auto name = fmt::format("{} at {}", client.key, format_duration(client.begun - FakeScheduler::kStart));
    if (!client.returned) return violation(name + ": never answered");
    if (!client.started() && !client.aborted) return violation(name + ": left without an answer");
    if (client.head.status == 503) ++report_.unavailable;
    const bool ok = client.head.status == 200 || client.head.status == 206;
    if (ok) judge_bytes(client, name);
    if (ok) judge_age(client, name);
    const bool contested = std::ranges::find(contested_, client.key) != contested_.end() || accepted_.contains(client.key);
    if (contested || !somebody_worked(client)) return;
    if (client.aborted) violation(name + ": reset although a region worked throughout");
    if (!ok && client.head.status != 416) violation(fmt::format("{}: {} although a region worked throughout", name, client.head.status));
    if (client.head_after > 1500ms) violation(fmt::format("{}: the first byte took {}", name, format_duration(client.head_after)));
    if (client.longest_gap > 1500ms) violation(fmt::format("{}: stalled for {}", name, format_duration(client.longest_gap)));
  }
  // Who asks after a change was accepted gets no older version, unless it says that it is stale.
  void judge_age(const SimClient& client, const std::string& name) {
    const auto at = accepted_.find(client.key);
    if (at == accepted_.end() || client.head.headers.get("x-evershore").find("cache=stale") != std::string_view::npos) return;
    const auto etag = client.head.headers.get("etag");
    const auto got = std::ranges::find(at->second, etag, &Accepted::etag);
    const auto next = got == at->second.end() ? got : got + 1;
    if (next != at->second.end() && next->when < client.begun)
      violation(fmt::format("{}: {}, but {} was accepted before", name, etag, next->etag));
  }
  void judge_bytes(const SimClient& client, const std::string& name) {
    const auto known = contents_.find(std::string(client.head.headers.get("etag")));
    if (known == contents_.end()) return violation(name + ": an ETag that no region ever had");
    uint64_t first = 0;
    if (const auto range = http::parse_content_range(client.head.headers.get("content-range"))) first = range->range.first;
    if (first > known->second.size()) return violation(name + ": a range past the end");
    if (!std::string_view(known->second).substr(first).starts_with(client.body)) violation(name + ": bytes of another version");
    const uint64_t whole = known->second.size() - first;
    if (client.complete && client.body.size() != whole) violation(name + ": ended cleanly but short");
    if (client.complete && client.aborted) violation(name + ": both ended and reset");
  }

  Random random_;
  uint64_t seed_;
  FakeScheduler time_;
  edge::FakeOrigin origin_{time_};
  NoSink sink_;
  edge::RegionBook book_{time_, sink_, Log(), edge::BreakerRules{}};
  edge::Fetcher fetcher_{time_, origin_, book_, edge::Fetcher::Rules{}};
  Published<edge::EdgeConfig> config_{std::make_shared<const edge::EdgeConfig>()};
  Published<HealthSnapshot> health_{std::make_shared<const HealthSnapshot>()};
  Published<Steering> steering_{std::make_shared<const Steering>()};
  // Every other seed keeps most objects in blocks.
  edge::CacheLimits limits_ = seed_ % 2 == 0 ? edge::CacheLimits{} : edge::CacheLimits{.shared_bytes_max = 20'000, .block_bytes = 8'192};
  KeyNews news_;
  edge::NewsDesk news_desk_{news_};
  edge::Handler handler_{time_, fetcher_, {config_, health_, steering_, nullptr, nullptr, limits_, nullptr, &news_desk_}, 4 << 20};
  TaskScope tasks_;
  std::vector<std::string> names_;
  std::vector<std::string> contested_;
  std::vector<std::string> travelling_;
  std::map<std::string, std::vector<Accepted>> accepted_;  // of those; oldest first
  std::map<std::string, std::string> contents_;            // by ETag
  std::map<std::string, std::vector<Sick>> sick_;
  std::map<std::string, bool> busy_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  uint64_t versions_ = 0;
  EdgeSeedReport report_;
};

}  // namespace

EdgeSeedReport run_edge_world(uint64_t seed) { return EdgeWorld(seed).run(); }

int run_edge_seed(uint64_t seed) {
  const auto report = run_edge_world(seed);
  for (const auto& violation : report.violations) fmt::print(stderr, "{}\n", violation);
  return report.violations.empty() ? 0 : 1;
}

}  // namespace evershore::sim
