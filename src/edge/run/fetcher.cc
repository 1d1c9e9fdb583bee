#include "edge/run/fetcher.h"

#include "edge/doubt.h"

namespace evershore::edge {

namespace {
// A wake so much later than asked for means that this loop was late: answers may lie unread in its sockets.
constexpr Duration kLate = std::chrono::milliseconds(40);
constexpr Duration kGrace = std::chrono::milliseconds(5);
constexpr size_t kDrainBytesMax = 16 * 1024;  // of an unwanted body, so that its connection can be kept

Question question_of(const OriginRequest& request) {
  const auto& fields = request.fields;
  const bool conditional = !request.if_none_match.empty() || !request.if_modified_since.empty() || fields.has("if-none-match") ||
                           fields.has("if-modified-since");
  return {.range = request.range.empty() ? fields.get("range") : std::string_view(request.range), .conditional = conditional};
}
}  // namespace

Fetcher::Fetcher(Scheduler& scheduler, Origin& origin, RegionBook& book, Rules rules)
    : scheduler_(scheduler),
      origin_(origin),
      book_(book),
      rules_(rules),
      hedges_(begin_budget(rules.hedges, scheduler.now())),
      retries_(begin_budget(rules.retries, scheduler.now())) {
  book_.on_opened = [this](RegionRecord& region) { on_opened(region); };
}

Fetcher::~Fetcher() { book_.on_opened = nullptr; }

Task<Fetched> Fetcher::fetch(FetchOrder order) {
  counters_.fetches.add();
  earn(rules_.hedges, hedges_, scheduler_.now());
  earn(rules_.retries, retries_, scheduler_.now());
  probe_what_is_due(order);
  // Nobody who holds the newest is known to work: as with a stale copy, the answer that can be had comes first.
  bool older = !order.older.empty() && nobody_sound(order);
  if (older) std::swap(order.regions, order.older);
  auto end = co_await find(order);
  const bool older_lack_it = older && end.why == GiveUp::kNotFound;
  if (!order.older.empty() && (end.why == GiveUp::kUnavailable || older_lack_it)) {
    std::swap(order.regions, order.older);
    older = !older;
    const auto asked_before = end.attempts;
    end = co_await find(order);
    end.attempts += asked_before;
    if (older_lack_it && end.why == GiveUp::kUnavailable) end.why = GiveUp::kNotFoundPartly;
  }
  // The newest may well be there, where nobody could look.
  if (older && end.why == GiveUp::kNotFound) end.why = GiveUp::kNotFoundPartly;
  Fetched fetched;
  fetched.why = end.why;
  fetched.attempts = end.attempts;
  fetched.received = scheduler_.now();
  fetched.asked = end.asked;
  fetched.last_problem = end.last_problem;
  if (!end.reply) co_return fetched;
  fetched.region = end.region->name;
  fetched.older = older;
  fetched.head = end.reply->head();
  fetched.body = std::make_unique<BodyStream>(*this, std::move(order), std::move(end));
  co_return fetched;
}

Task<RaceEnd> Fetcher::find(const FetchOrder& order) {
  auto candidates = book_.candidates(order.regions, order.budgets.first_byte);
  if (order.once) candidates.resize(1);
  auto race = std::make_shared<Race>(scheduler_, std::move(candidates), order.request, std::nullopt);
  race->keeps_refusals = order.keep_refusal;
  co_return co_await run_race(race, order.budgets);
}

bool Fetcher::nobody_sound(const FetchOrder& order) {
  const auto candidates = book_.candidates(order.regions, order.budgets.first_byte);
  return !candidates.front().works;  // those come first
}

void Fetcher::cancel_all() {
  closing_ = true;
  const auto open = open_;
  for (const auto& cancel : open) cancel->cancel();
  const auto streams = streams_;
  for (auto* stream : streams) stream->give_up();
}

Task<void> Fetcher::close() {
  cancel_all();
  co_await scope_.join();
}

void Fetcher::on_opened(RegionRecord& region) {
  origin_.forget_connections(region.name);
  for (auto* race : races_) {
    for (size_t leg = 0; leg < race->lanes.size(); ++leg)
      if (race->lanes[leg].running && race->lanes[leg].region == &region) race->suspect.push_back(leg);
    if (!race->suspect.empty()) race->changed.notify_all();
  }
}

// ---- one race ----

Task<RaceEnd> Fetcher::run_race(std::shared_ptr<Race> race, Budgets budgets) {
  std::vector<Prospect> prospects;
  for (const auto& candidate : race->candidates) prospects.push_back(candidate.prospect);
  Plan plan = make_plan(race->continuation ? Purpose::kContinue : Purpose::kFind, prospects);
  Happened happened{.event = PlanEvent::kBegin};
  RaceEnd end;
  races_.insert(race.get());
  while (!race->abandoned) {
    happened.hedge_token = hedges_.tokens >= 1;
    happened.retry_token = retries_.tokens >= 1;
    const auto made = next_attempt(plan, happened, scheduler_.now());
    plan = made.next;
    if (made.action.what == Do::kGiveUp || made.action.what == Do::kDeliver) {
      end = finish(*race, made.action);
      break;
    }
    if (made.action.what == Do::kStart) {
      count(made.action, happened.event);
      start_leg(race, made.action.leg, budgets);
    }
    happened = co_await next_event(race, made.action.wake);
  }
  end.attempts = static_cast<uint32_t>(plan.asked);
  end.last_problem = race->last_problem;
  races_.erase(race.get());
  leave(race);
  co_return end;
}

RaceEnd Fetcher::finish(Race& race, const Action& action) {
  RaceEnd end;
  end.why = action.why;
  if (action.what == Do::kGiveUp) {
    if (!race.refused) return end;
    end.reply = std::move(race.refused->reply);
    end.region = race.refused->region;
    end.asked = race.refused->asked;
    return end;
  }
  auto& lane = race.lanes[action.leg];
  end.reply = std::move(lane.reply);
  end.region = lane.region;
  end.asked = lane.begun;
  return end;
}

void Fetcher::count(const Action& action, PlanEvent because) {
  const Mono now = scheduler_.now();
  if (action.spends == Spends::kHedge) spend(rules_.hedges, hedges_, now);
  if (action.spends == Spends::kRetry) spend(rules_.retries, retries_, now);
  if (because == PlanEvent::kLegEnded) counters_.retries.add();
  if (because == PlanEvent::kTick || because == PlanEvent::kLegSuspect) counters_.hedges.add();
}

Task<Happened> Fetcher::next_event(std::shared_ptr<Race> race, Mono wake) {
  Wake woken = Wake::kNotified;
  while (race->ended.empty() && race->suspect.empty() && !race->abandoned && woken == Wake::kNotified) {
    woken = co_await race->changed.wait_until(wake);
    const bool overslept = woken == Wake::kTimedOut && scheduler_.now() - wake > kLate;
    if (!overslept || race->overslept) continue;
    race->overslept = true;  // once: first read what has arrived meanwhile, then judge
    wake = scheduler_.now() + kGrace;
    woken = Wake::kNotified;
  }
  if (!race->ended.empty()) {
    const auto ended = race->ended.front();
    race->ended.pop_front();
    co_return Happened{.event = PlanEvent::kLegEnded, .leg = ended.leg, .end = ended.end};
  }
  if (!race->suspect.empty()) {
    const size_t leg = race->suspect.front();
    race->suspect.pop_front();
    if (race->lanes[leg].running) co_return Happened{.event = PlanEvent::kLegSuspect, .leg = leg};
  }
  if (woken == Wake::kTimedOut && !race->overslept) note_silence(*race, scheduler_.now());
  co_return Happened{.event = PlanEvent::kTick};
}

// What still runs when the race is over may tell the book how it fared, within limits.
void Fetcher::leave(const std::shared_ptr<Race>& race) {
  race->over = true;
  for (auto& lane : race->lanes) {
    lane.reply.reset();
    race->refused.reset();
    if (!lane.running) continue;
    if (race->abandoned || lane.in_line || legs_running_ >= kLegsRunningMax) lane.cancel->cancel();
  }
}

void Fetcher::note_silence(Race& race, Mono now) {
  for (auto& lane : race.lanes) {
    const bool due = lane.running && !lane.in_line && !lane.silence_noted && now - lane.begun >= kHedgeAfterMin;
    if (!due) continue;
    lane.silence_noted = true;
    book_.silent(*lane.region, lane.begun);
  }
}

void Fetcher::start_leg(const std::shared_ptr<Race>& race, size_t leg, const Budgets& budgets) {
  auto& lane = race->lanes[leg];
  lane.begun = scheduler_.now();
  lane.running = true;
  lane.cancel = std::make_shared<OriginCancel>();
  OriginRequest request = race->request;
  request.region = lane.region->name;
  scope_.spawn(run_leg(race, leg, std::move(request), budgets));
}

LegEnd Fetcher::judge(const Race& race, const RegionRecord& region, const http::ResponseHead& head, std::string& problem) const {
  const auto kind = classify(head.status, origin_.addressing(region.name));
  if (kind == HeadClass::kFailed) {
    problem = fmt::format("{} from {}", head.status, region.name);
    return LegEnd::kFailed;
  }
  if (kind == HeadClass::kMissing) return LegEnd::kMissing;
  if (!race.continuation) {
    const auto doubtful = doubt(question_of(race.request), head);
    if (doubtful.empty()) return LegEnd::kFound;
    problem = fmt::format("{}: {}", region.name, doubtful);
    return LegEnd::kFailed;
  }
  const auto splice = judge_splice(race.continuation->object, race.continuation->next_byte, head);
  if (splice == Splice::kAccept) return LegEnd::kFound;
  problem = fmt::format("{} cannot continue: {}", region.name, splice_name(splice));
  return LegEnd::kUnfit;
}

// For a place among those who wait for the region's first byte. True: it has one.
Task<bool> Fetcher::wait_in_line(RegionRecord& region, Duration patience, OriginCancel& cancel) {
  auto& line = in_line_[&region];
  if (line.size() >= book_.crowd_rules.waiting_max) {
    region.counters.turned_away.add();
    co_return false;
  }
  InLine me(scheduler_);
  line.push_back(&me);
  region.counters.waited.add();
  cancel.on_cancel = [&me] { me.changed.notify_all(); };
  const Mono deadline = scheduler_.now() + patience;
  while (!me.may_go && !cancel.cancelled() && scheduler_.now() < deadline) {
    co_await me.changed.wait_until(deadline);
  }
  cancel.on_cancel = nullptr;
  if (me.may_go) co_return true;
  std::erase(line, &me);
  if (!cancel.cancelled()) region.counters.turned_away.add();
  co_return false;
}

void Fetcher::leave_place(RegionRecord& region, CrowdEnd end) {
  book_.end_wait(region, end);
  const auto line = in_line_.find(&region);
  if (line == in_line_.end()) return;
  while (!line->second.empty() && book_.begin_wait(region)) {
    line->second.front()->may_go = true;
    line->second.front()->changed.notify_all();
    line->second.pop_front();
  }
}

namespace {
CrowdEnd crowd_end_of(const Result<std::unique_ptr<OriginReply>>& opened) {
  if (!opened) return opened.error().fault == Fault::kTimedOut ? CrowdEnd::kOverloaded : CrowdEnd::kNeutral;
  const auto status = (*opened)->head().status;
  return status == 503 || status == 429 ? CrowdEnd::kOverloaded : CrowdEnd::kFine;
}
}  // namespace

Task<void> Fetcher::run_leg(std::shared_ptr<Race> race, size_t leg, OriginRequest request, Budgets budgets) {
  auto& lane = race->lanes[leg];
  auto& region = *lane.region;
  const auto cancel = lane.cancel;
  open_.insert(cancel);
  bool goes = book_.begin_wait(region);
  if (!goes) {
    lane.in_line = true;
    goes = co_await wait_in_line(region, budgets.first_byte, *cancel);
    lane.in_line = false;
  }
  if (!goes) {
    open_.erase(cancel);
    lane.running = false;
    race->last_problem = region.name + ": too many requests wait for it";
    race->ended.push_back({leg, LegEnd::kFailed});
    race->changed.notify_all();
    co_return;
  }
  const Mono begun = lane.begun = scheduler_.now();
  book_.asked(region);
  ++legs_running_;
  auto opened = co_await origin_.open(std::move(request), budgets, *cancel);
  --legs_running_;
  open_.erase(cancel);
  lane.running = false;
  leave_place(region, crowd_end_of(opened));

  LegEnd end = LegEnd::kFailed;
  std::string problem;
  std::unique_ptr<OriginReply> unwanted;
  if (opened) {
    end = judge(*race, region, (*opened)->head(), problem);
    // Of forwarded requests an error is the application's word on that request; a region that gives it is alive.
    const bool doubtful =
        end == LegEnd::kFailed && classify((*opened)->head().status, origin_.addressing(region.name)) != HeadClass::kFailed;
    if (end == LegEnd::kFailed && (doubtful || !race->keeps_refusals)) {
      book_.failed(region, begun, problem);
    } else {
      book_.answered(region, begun);
    }
    const bool refused = end == LegEnd::kMissing || (end == LegEnd::kFailed && !doubtful);
    if (end == LegEnd::kFound && !race->over) {
      lane.reply = std::move(*opened);
    } else if (refused && race->keeps_refusals && !race->over) {
      race->keep({.reply = std::move(*opened), .region = &region, .asked = begun, .end = end});
    } else {
      unwanted = std::move(*opened);
    }
  } else {
    problem = fmt::format("{}: {}", region.name, opened.error().text);
    if (!cancel->cancelled()) book_.failed(region, begun, opened.error().text);
  }
  if (!problem.empty()) race->last_problem = problem;
  race->ended.push_back({leg, end});
  race->changed.notify_all();
  if (unwanted) co_await drain_small(std::move(unwanted));
}

Task<void> Fetcher::drain_small(std::unique_ptr<OriginReply> reply) {
  const auto length = reply->head().content_length;
  if (!length || *length > kDrainBytesMax) co_return;
  for (size_t drained = 0; drained <= kDrainBytesMax && !closing_;) {
    auto piece = co_await reply->next();
    if (!piece || piece->empty()) co_return;
    drained += piece->size();
  }
}

// ---- probes ----

void Fetcher::probe_what_is_due(const FetchOrder& order) {
  if (closing_) return;
  for (const auto& choice : order.regions) probe_if_due(choice.region, order);
  for (const auto& choice : order.older) probe_if_due(choice.region, order);
}

void Fetcher::probe_if_due(const std::string& name, const FetchOrder& like) {
  auto& region = book_.record(name);
  if (!probe_due(region.breaker, scheduler_.now())) return;
  if (region.breaker.probing) {  // the last one was lost: that is an answer too
    book_.failed(region, scheduler_.now(), "no answer to a probe");
    return;
  }
  book_.probe_sent(region);
  counters_.probes.add();
  scope_.spawn(run_probe(region, like.request, like.budgets));
}

Task<void> Fetcher::run_probe(RegionRecord& region, OriginRequest like, Budgets budgets) {
  const Mono begun = scheduler_.now();
  const auto cancel = std::make_shared<OriginCancel>();
  open_.insert(cancel);
  OriginRequest request;
  request.region = region.name;
  request.key = std::move(like.key);
  request.target = std::move(like.target);
  request.range = "bytes=0-0";
  book_.asked(region);
  auto opened = co_await origin_.open(std::move(request), budgets, *cancel);
  open_.erase(cancel);
  if (!opened) {
    if (!cancel->cancelled()) book_.failed(region, begun, opened.error().text);
    co_return;
  }
  const auto status = (*opened)->head().status;
  if (classify(status, origin_.addressing(region.name)) == HeadClass::kFailed) {
    book_.failed(region, begun, fmt::format("{} to a probe", status));
  } else {
    book_.answered(region, begun);
  }
  co_await drain_small(std::move(*opened));
}

Task<void> Fetcher::run_rescue(std::shared_ptr<BodyStream::Rescue> rescue, Budgets budgets) {
  rescue->end = co_await run_race(rescue->race, budgets);
  rescue->done = true;
  rescue->changed.notify_all();
  if (rescue->stream != nullptr) rescue->stream->rescue_ended();
}

}  // namespace evershore::edge
