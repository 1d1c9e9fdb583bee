// Regions that exist only in memory and fail on command: for tests and for the simulated world. Stricter than S3 where
// it can be: a request with several ranges or a condition it cannot parse is refused loudly.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/sync.h"
#include "edge/run/origin.h"
#include "wire/http/range.h"

namespace evershore::edge {

struct FakeObject {
  std::string bytes;
  std::string etag;  // with its quotes; "" = sends none
  http::Headers headers{};
  uint16_t status = 200;
};

struct FakeRegion {
  enum class Mode : uint8_t { kUp, kRefuses, kBlackHole, kAnswers503 };

  explicit FakeRegion(Scheduler& scheduler) : changed(scheduler) {}
  void become(Mode next) {
    mode = next;
    if (next == Mode::kRefuses) ++epoch;  // what is under way breaks
    changed.notify_all();
  }

  Signal changed;
  Mode mode = Mode::kUp;
  uint32_t epoch = 0;
  std::map<std::string, FakeObject> objects;
  Duration first_byte = std::chrono::milliseconds(2);
  Duration piece_gap{};
  size_t piece_bytes = 16 * 1024;
  uint16_t missing_status = 404;
  // Faults of bodies, each for the next replies that reach them.
  std::optional<uint64_t> break_at;  // the connection breaks before this byte of the object
  uint32_t breaks = 0;               // how many more times
  std::optional<uint64_t> stall_at;  // no byte from here on, until lifted
  bool ignores_range = false;
  bool ends_short = false;  // like break_at, but as an early clean end
  std::optional<std::string> lies_content_range;
  std::vector<OriginRequest> seen;
};

class FakeOrigin final : public Origin {
 public:
  explicit FakeOrigin(Scheduler& scheduler) : scheduler_(scheduler) {}

  FakeRegion& region(const std::string& name) {
    auto& slot = regions_[name];
    if (!slot) slot = std::make_unique<FakeRegion>(scheduler_);
    return *slot;
  }
  Addressing addressing(std::string_view) const override { return Addressing::kPath; }
  void forget_connections(std::string_view) override {}

  Task<Result<std::unique_ptr<OriginReply>>> open(OriginRequest request, Budgets budgets, OriginCancel& cancel) override {
    auto& at = region(request.region);
    at.seen.push_back(request);
    cancel.on_cancel = [&at] { at.changed.notify_all(); };
    auto answered = co_await answer(at, std::move(request), budgets, cancel);
    cancel.on_cancel = nullptr;
    co_return answered;
  }

 private:
  class Reply;
  using Opened = Result<std::unique_ptr<OriginReply>>;

  Task<Opened> answer(FakeRegion& at, OriginRequest request, Budgets budgets, OriginCancel& cancel) {
    const Mono begun = scheduler_.now();
    const uint32_t epoch = at.epoch;
    while (!cancel.cancelled()) {
      if (at.mode == FakeRegion::Mode::kRefuses || at.epoch != epoch) co_return fail(Fault::kRefused, "connection refused");
      const bool frozen = at.mode == FakeRegion::Mode::kBlackHole;
      if (!frozen && scheduler_.now() >= begun + at.first_byte) co_return reply_to(at, request);
      if (scheduler_.now() >= begun + budgets.first_byte) co_return fail(Fault::kTimedOut, "first byte: no answer in time");
      const Mono wake = frozen ? begun + budgets.first_byte : std::min(begun + at.first_byte, begun + budgets.first_byte);
      co_await at.changed.wait_until(wake);
    }
    co_return fail(Fault::kClosed, "given up");
  }
  Opened reply_to(FakeRegion& at, const OriginRequest& request);

  Scheduler& scheduler_;
  std::map<std::string, std::unique_ptr<FakeRegion>> regions_;
};

class FakeOrigin::Reply final : public OriginReply {
 public:
  Reply(Scheduler& scheduler, FakeRegion& at, http::ResponseHead head, std::string bytes, uint64_t first)
      : scheduler_(scheduler), at_(at), head_(std::move(head)), bytes_(std::move(bytes)), first_(first), epoch_(at.epoch) {}
  const http::ResponseHead& head() const override { return head_; }
  void cancel() override {
    cancelled_ = true;
    at_.changed.notify_all();
  }
  Task<Result<std::span<const uint8_t>>> next() override {
    if (at_.piece_gap > Duration::zero() && sent_ < bytes_.size()) co_await at_.changed.wait_until(scheduler_.now() + at_.piece_gap);
    while (frozen() && !cancelled_ && at_.epoch == epoch_) co_await at_.changed.wait();
    if (cancelled_) co_return fail(Fault::kClosed, "given up");
    if (at_.epoch != epoch_) co_return fail(Fault::kBroken, "connection reset");
    const uint64_t position = first_ + sent_;
    uint64_t room = std::min<uint64_t>(bytes_.size() - sent_, at_.piece_bytes);
    if (at_.breaks > 0 && at_.break_at && position <= *at_.break_at) {
      room = std::min(room, *at_.break_at - position);
      if (room == 0 && sent_ < bytes_.size()) {
        --at_.breaks;
        if (at_.ends_short) co_return std::span<const uint8_t>{};
        co_return fail(Fault::kBroken, "connection reset");
      }
    }
    if (at_.stall_at && position < *at_.stall_at) room = std::min(room, *at_.stall_at - position);
    piece_.assign(bytes_, sent_, room);
    sent_ += room;
    co_return std::span(reinterpret_cast<const uint8_t*>(piece_.data()), piece_.size());
  }

 private:
  bool frozen() const {
    if (at_.mode == FakeRegion::Mode::kBlackHole) return true;
    return at_.stall_at && first_ + sent_ >= *at_.stall_at && sent_ < bytes_.size();
  }
  Scheduler& scheduler_;
  FakeRegion& at_;
  http::ResponseHead head_;
  std::string bytes_;
  std::string piece_;
  uint64_t first_;
  uint64_t sent_ = 0;
  uint32_t epoch_;
  bool cancelled_ = false;
};

inline FakeOrigin::Opened FakeOrigin::reply_to(FakeRegion& at, const OriginRequest& request) {
  http::ResponseHead head;
  const auto plain = [&](uint16_t status, std::string body) -> Opened {
    head.status = status;
    head.content_length = body.size();
    head.headers.add("x-amz-request-id", "never passed on");
    return std::make_unique<Reply>(scheduler_, at, std::move(head), request.method == "HEAD" ? "" : std::move(body), 0);
  };
  if (at.mode == FakeRegion::Mode::kAnswers503) return plain(503, "<Error><Code>SlowDown</Code></Error>");
  const auto found = at.objects.find(request.key);
  if (found == at.objects.end()) return plain(at.missing_status, "<Error/>");
  const auto& object = found->second;
  if (object.status != 200) {
    head.headers = object.headers;
    return plain(object.status, object.bytes);
  }
  if (!request.if_match.empty() && request.if_match != object.etag) return plain(412, "<Error/>");
  head.headers = object.headers;
  if (!object.etag.empty()) head.headers.set("ETag", object.etag);
  head.headers.set("x-amz-request-id", "never passed on");
  if (!request.if_none_match.empty() && request.if_none_match == object.etag) {
    head.status = 304;
    return std::make_unique<Reply>(scheduler_, at, std::move(head), "", 0);
  }
  const auto range = at.ignores_range ? http::RangeDecision{} : http::decide_range(request.range, object.bytes.size());
  if (range.outcome == http::RangeOutcome::kUnsatisfiable) return plain(416, "<Error/>");
  ByteRange sent{0, object.bytes.size()};
  if (range.outcome == http::RangeOutcome::kPartial) {
    if (range.ranges.size() != 1) return plain(501, "one range only");
    sent = range.ranges[0];
    head.status = 206;
    head.headers.set("Content-Range", at.lies_content_range.value_or(http::format_content_range(sent, object.bytes.size())));
  }
  head.content_length = sent.length;
  std::string body = request.method == "HEAD" ? "" : object.bytes.substr(sent.first, sent.length);
  return std::make_unique<Reply>(scheduler_, at, std::move(head), std::move(body), sent.first);
}

}  // namespace evershore::edge
