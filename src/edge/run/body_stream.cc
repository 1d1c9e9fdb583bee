#include <algorithm>

#include "edge/run/fetcher.h"

namespace evershore::edge {

namespace {

std::optional<uint64_t> body_length(std::string_view method, const http::ResponseHead& head) {
  if (method == "HEAD" || head.status == 304 || head.status == 204) return 0;  // RFC 9112 6.3
  return head.content_length;
}

}  // namespace

// Before there is any gap, the time to the first byte says how slow the region is.
Duration BodyStream::first_gap(const RaceEnd& end) const {
  constexpr Duration kMost = std::chrono::milliseconds(50);  // it was slow to find the object, perhaps, not to send it
  return std::min<Duration>((fetcher_.scheduler_.now() - end.asked) / 2, kMost);
}

BodyStream::BodyStream(Fetcher& fetcher, FetchOrder order, RaceEnd first)
    : fetcher_(fetcher), order_(std::move(order)), reply_(std::move(first.reply)), region_(first.region) {
  length_ = body_length(order_.request.method, reply_->head());
  if (length_ != 0 && order_.request.method == "GET") object_ = identity_of(reply_->head());
  usual_gap_ = first_gap(first);
  last_byte_at_ = fetcher_.scheduler_.now();
  fetcher_.streams_.insert(this);
}

BodyStream::~BodyStream() {
  fetcher_.streams_.erase(this);
  fetcher_.scheduler_.cancel(watchdog_);
  drop_rescue();
}

Task<Result<std::span<const uint8_t>>> BodyStream::next_into(std::span<uint8_t> room) {
  while (!complete_) {
    begin_wait();
    auto piece = co_await reply_->next_into(room);
    end_wait();
    std::string problem;
    if (!piece) {
      problem = given_up_waiting_ ? "no byte for too long" : piece.error().text;
    } else if (!piece->empty() && length_ && delivered_ + piece->size() > *length_) {
      problem = "more bytes than announced";
    } else if (!piece->empty()) {
      accept(*piece);
      co_return *piece;
    } else if (!length_ || delivered_ == *length_) {
      complete_ = true;
      break;
    } else {
      problem = "the body ended early";
    }
    if (length_ && delivered_ == *length_) {  // all there; the connection broke behind it
      complete_ = true;
      break;
    }
    CO_TRY_VOID(co_await continue_elsewhere(std::move(problem)));
  }
  co_return std::span<const uint8_t>{};
}

void BodyStream::give_up() {
  if (waiting_since_ != kNever) reply_->cancel();
}

void BodyStream::accept(std::span<const uint8_t> piece) {
  delivered_ += piece.size();
  last_byte_at_ = fetcher_.scheduler_.now();
  fetcher_.book_.alive(*region_, piece.size());
  drop_rescue();  // it lives after all, and the rescue's next byte is no longer ours
}

// ---- stalls ----

void BodyStream::begin_wait() {
  waiting_since_ = fetcher_.scheduler_.now();
  if (watchdog_ != TimerId::kNone || length_ == 0) return;
  watchdog_ = fetcher_.scheduler_.call_at(waiting_since_ + stall_after(usual_gap_, order_.budgets.stall), [this] { on_watchdog(); });
}

void BodyStream::end_wait() {
  const Duration gap = fetcher_.scheduler_.now() - waiting_since_;
  usual_gap_ = usual_gap(usual_gap_, gap);
  waiting_since_ = kNever;
}

// One timer a stream, set anew only when it fires: a busy stream costs nothing.
void BodyStream::on_watchdog() {
  watchdog_ = TimerId::kNone;
  if (waiting_since_ == kNever) return;  // the client is slow, not the region
  const Mono now = fetcher_.scheduler_.now();
  const Mono stalled_at = waiting_since_ + stall_after(usual_gap_, order_.budgets.stall);
  const Mono dead_at = waiting_since_ + order_.budgets.stall;
  if (now >= dead_at) {
    given_up_waiting_ = true;
    reply_->cancel();
    return;
  }
  Mono again = stalled_at;
  if (now >= stalled_at) {
    again = rescue_ ? dead_at : std::min(dead_at, now + kHedgeRecheck);
    if (!rescue_ && may_rescue(now)) {
      fetcher_.counters_.rescues.add();
      fetcher_.book_.silent(*region_, waiting_since_);
      start_rescue();
    }
  }
  watchdog_ = fetcher_.scheduler_.call_at(again, [this] { on_watchdog(); });
}

// A rescue beside a region that may only be slow costs a hedge; one that is known to be silent is left for free.
bool BodyStream::may_rescue(Mono now) {
  if (!may_continue()) return false;
  if (region_->breaker.phase != Phase::kClosed) return true;
  return spend(fetcher_.rules_.hedges, fetcher_.hedges_, now);
}

// ---- takeover ----

bool BodyStream::may_continue() const {
  return object_ && takeovers_ < kTakeoversMax && !fetcher_.closing_ && object_->first_byte + delivered_ <= object_->last_byte;
}

// Those that have let this body down go last, the latest of them at the very end: it may be well again, or have lost one
// connection only, but two that send heads and no bodies must not keep the others out.
std::vector<Candidate> BodyStream::others_first() {
  std::erase(let_down_, region_);
  let_down_.push_back(region_);
  auto candidates = fetcher_.book_.candidates(order_.regions, order_.budgets.first_byte);
  for (auto* region : let_down_) {
    const auto at = std::ranges::find(candidates, region, &Candidate::region);
    if (at != candidates.end()) std::rotate(at, at + 1, candidates.end());
  }
  // A client in the middle of its download has waited already.
  for (auto& candidate : candidates) candidate.prospect.hedge_after = std::min(candidate.prospect.hedge_after, kHedgeAfterMin);
  return candidates;
}

void BodyStream::start_rescue() {
  rescue_ = std::make_shared<Rescue>(fetcher_.scheduler_);
  rescue_->stream = this;
  rescue_->next_byte = object_->first_byte + delivered_;
  // A request of its own: a Range the client sent is replaced, never added to.
  OriginRequest request;
  request.key = order_.request.key;
  request.target = order_.request.target;
  request.fields = order_.request.fields;
  request.range = range_header(*object_, rescue_->next_byte);
  request.if_match = object_->etag;
  rescue_->race =
      std::make_shared<Race>(fetcher_.scheduler_, others_first(), std::move(request), Continuation{*object_, rescue_->next_byte});
  fetcher_.scope_.spawn(fetcher_.run_rescue(rescue_, order_.budgets));
}

void BodyStream::drop_rescue() {
  if (!rescue_) return;
  rescue_->stream = nullptr;
  if (!rescue_->done) rescue_->race->abandon();
  rescue_->end.reply.reset();
  rescue_.reset();
}

// The rescue found someone while next() still waits for the stalled region: end that wait.
void BodyStream::rescue_ended() {
  if (rescue_->end.why != GiveUp::kNone || waiting_since_ == kNever) return;
  reply_->cancel();
}

Task<void> BodyStream::await_rescue(std::shared_ptr<Rescue> rescue) {
  while (!rescue->done) {
    co_await rescue->changed.wait();
  }
}

BodyStream::Adopted BodyStream::adopt(Rescue& rescue) {
  if (rescue.end.why != GiveUp::kNone) return Adopted::kNo;
  reply_ = std::move(rescue.end.reply);
  region_ = rescue.end.region;
  ++takeovers_;
  fetcher_.counters_.takeovers.add();
  usual_gap_ = first_gap(rescue.end);
  given_up_waiting_ = false;
  return Adopted::kYes;
}

Task<Result<void>> BodyStream::continue_elsewhere(std::string why) {
  const bool cancelled_by_rescue = rescue_ && rescue_->done && rescue_->end.why == GiveUp::kNone;
  const bool regions_fault = (!cancelled_by_rescue || given_up_waiting_) && !fetcher_.closing_;
  if (regions_fault) fetcher_.book_.failed(*region_, last_byte_at_, why);
  // A rescue that began while it stalled may have failed meanwhile; once it is broken, all are asked anew.
  for (int round = rescue_ ? 0 : 1; round < 2; ++round) {
    if (!rescue_) {
      if (!may_continue()) break;
      start_rescue();
    }
    const auto rescue = rescue_;
    co_await await_rescue(rescue);
    const auto adopted = adopt(*rescue);
    why = adopted == Adopted::kYes ? why : why + "; " + rescue->end.last_problem;
    drop_rescue();
    if (adopted == Adopted::kYes) co_return Result<void>{};
  }
  fetcher_.counters_.takeovers_failed.add();
  co_return fail(Fault::kBroken, std::move(why));
}

}  // namespace evershore::edge
