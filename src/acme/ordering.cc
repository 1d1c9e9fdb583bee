#include "acme/ordering.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/assert.h"

namespace evershore::acme {

namespace {

bool is_success(uint16_t status) { return status / 100 == 2; }

}  // namespace

//   step            what came                          next             out
//   kDirectory      Begin                              kDirectory       GET the directory
//                   directory, account known           kOrder           as below, with or without an order
//                   directory, no account              kAccount         POST newAccount
//   any POST        and no nonce is there              kNonce           HEAD newNonce, then that POST
//   any POST        problem badNonce                   same             the same POST with the answer's nonce, kBadNoncesMax times
//   any             429, 503 or rateLimited            kEnded           give up until Retry-After
//   any             accountDoesNotExist (known one)    kAccount         POST newAccount
//   kAccount        2xx with Location                  kNewOrder        POST newOrder
//   kOrder          (an order of a time before) 4xx, invalid   kNewOrder   POST newOrder
//   kOrder          pending                            kAuthorization   ask for each authorization
//                   ready                              kFinalize        POST the certificate request
//                   processing                         kOrder           wait, ask again, kPollsMax times
//                   valid                              kDownload        ask for the chain
//                   invalid                            kEnded           give up
//   kAuthorization  valid, more there                  kAuthorization   the next one
//                   pending with our challenge         kAuthorization   keep its proof; the next one
//                   all seen, proofs to publish        kPublishing      publish them
//                   all seen, nothing to prove         kOrder           ask how the order stands
//   kPublishing     Published                          kChallenge       say of each that it is there
//   kChallenge      2xx, all said                      kPolling         ask for each authorization
//   kPolling        pending                            kPolling         wait, ask again, kPollsMax times
//                   valid, all through                 kOrder           ask how the order stands
//                   invalid                            kEnded           give up with the authority's reason
//   kFinalize       2xx                                kOrder           as its answer says
//                   orderNotReady                      kOrder           wait, ask how it stands
//   kDownload       2xx                                kEnded           deliver
//   any             anything else                      kEnded           give up
Action Ordering::advance(const Event& event, Wall now) {
  EVERSHORE_ASSERT(step_ != Step::kEnded);
  now_ = now;
  if (std::holds_alternative<Begin>(event)) {
    return send(Step::kDirectory, Send{.method = Method::kGet, .url = wish_.directory_url, .signer = Signer::kNobody});
  }
  if (const auto* none = std::get_if<NoAnswer>(&event)) return no_answer(none->why);
  if (const auto* none = std::get_if<Unpublished>(&event)) return give_up(fmt::format("{}: {}", names_text(), none->why));
  if (std::holds_alternative<Published>(event)) {
    EVERSHORE_ASSERT(step_ == Step::kPublishing);
    at_ = 0;
    return next_challenge();
  }
  if (std::holds_alternative<Waited>(event)) return again();
  return take(std::get<Answer>(event));
}

Action Ordering::take(const Answer& answer) {
  if (const auto nonce = answer.headers.find("replay-nonce")) nonce_ = *nonce;
  if (step_ == Step::kNonce) {
    if (!is_success(answer.status) || nonce_.empty())
      return give_up(fmt::format("{}: {} gives no nonce (status {})", names_text(), wish_.authority, answer.status));
    return again();
  }
  if (!is_success(answer.status)) return refused(answer, read_problem(answer.body));
  bad_nonces_ = 0;
  switch (step_) {
    case Step::kDirectory: return take_directory(answer);
    case Step::kAccount: return take_account(answer);
    case Step::kNewOrder:
    case Step::kOrder:
    case Step::kFinalize: return take_order(answer);
    case Step::kAuthorization: return take_authorization(answer);
    case Step::kChallenge: ++at_; return next_challenge();
    case Step::kPolling: return take_polled(answer);
    case Step::kDownload: return take_certificate(answer);
    case Step::kNonce:
    case Step::kPublishing:
    case Step::kEnded: break;
  }
  return give_up("an answer that nothing asked for");
}

Action Ordering::refused(const Answer& answer, const Problem& problem) {
  // RFC 8555 6.5: the answer brings a nonce that is good.
  if (problem.type == "badNonce" && ++bad_nonces_ <= kBadNoncesMax) return again();
  if (problem.type == "accountDoesNotExist" && step_ != Step::kAccount && !known_.account_url.empty()) {
    known_ = {};
    return ask_account();
  }
  const bool gone = answer.status == 404 || answer.status == 403 || answer.status == 400 || answer.status == 401;
  if (step_ == Step::kOrder && resumed_ && gone) return new_order();
  if (step_ == Step::kFinalize && problem.type == "orderNotReady") return poll(Step::kOrder, known_.order_url, answer.headers);
  auto why = explain(problem, names_text(), wish_.authority, wish_.kind);
  if (problem.type.empty()) why += fmt::format(" (status {})", answer.status);
  return give_up(std::move(why), retry_after(answer.headers, now_));
}

Action Ordering::take_directory(const Answer& answer) {
  auto directory = read_directory(answer.body);
  if (!directory) return give_up(fmt::format("{}: {}", wish_.directory_url, directory.error().text));
  directory_ = *std::move(directory);
  return known_.account_url.empty() ? ask_account() : ask_order();
}

Action Ordering::take_account(const Answer& answer) {
  const auto location = answer.headers.get("location");
  if (location.empty()) return give_up(fmt::format("{} makes an account without telling its URL", wish_.authority));
  known_.account_url = location;
  return ask_order();
}

Action Ordering::take_order(const Answer& answer) {
  auto order = read_order(answer.body);
  if (!order) return give_up(fmt::format("{}: {}: {}", names_text(), wish_.authority, order.error().text));
  if (step_ == Step::kNewOrder) {
    known_.order_url = answer.headers.get("location");
    if (known_.order_url.empty())
      return give_up(fmt::format("{}: {} makes an order without telling its URL", names_text(), wish_.authority));
  }
  const bool was_resumed = resumed_;
  order_ = *std::move(order);
  switch (order_.status) {
    case Status::kPending:
      if (!proofs_.empty()) return poll(Step::kOrder, known_.order_url, answer.headers);
      at_ = 0;
      return next_authorization();
    case Status::kReady: return post(Step::kFinalize, order_.finalize, finalize_payload(wish_.request_der));
    case Status::kProcessing: return poll(Step::kOrder, known_.order_url, answer.headers);
    case Status::kValid: return post(Step::kDownload, order_.certificate, "");
    case Status::kInvalid: break;
  }
  if (was_resumed) return new_order();
  return give_up(explain(order_.problem.value_or(Problem{.type = "", .detail = "the order is invalid", .identifier = ""}), names_text(),
                         wish_.authority, wish_.kind));
}

Action Ordering::take_authorization(const Answer& answer) {
  auto authorization = read_authorization(answer.body, wish_.kind);
  if (!authorization) return give_up(fmt::format("{}: {}: {}", names_text(), wish_.authority, authorization.error().text));
  const auto& url = order_.authorizations[at_];
  if (authorization->status == Status::kInvalid) {
    if (resumed_) return new_order();
    return give_up(explain(authorization->problem.value_or(Problem{}), authorization->host, wish_.authority, wish_.kind));
  }
  if (authorization->status == Status::kPending) {
    const auto host = authorization->host.starts_with("*.") ? authorization->host.substr(2) : authorization->host;
    if (!authorization->challenge)
      return give_up(fmt::format("{}: {} offers no {} for it; set edge.acme.challenge to another one", authorization->host, wish_.authority,
                                 challenge_name(wish_.kind)));
    proofs_.push_back({host, *authorization->challenge, url});
  }
  ++at_;
  return next_authorization();
}

Action Ordering::take_polled(const Answer& answer) {
  auto authorization = read_authorization(answer.body, wish_.kind);
  if (!authorization) return give_up(fmt::format("{}: {}: {}", names_text(), wish_.authority, authorization.error().text));
  const auto& proof = proofs_[at_];
  if (authorization->status == Status::kInvalid)
    return give_up(explain(authorization->problem.value_or(Problem{}), proof.host, wish_.authority, wish_.kind));
  if (authorization->status != Status::kValid) return poll(Step::kPolling, proof.authorization_url, answer.headers);
  polls_ = 0;
  if (++at_ < proofs_.size()) return post(Step::kPolling, proofs_[at_].authorization_url, "");
  return post(Step::kOrder, known_.order_url, "");
}

Action Ordering::take_certificate(const Answer& answer) {
  step_ = Step::kEnded;
  return Deliver{answer.body};
}

Action Ordering::ask_account() {
  return send(Step::kAccount, SendNewAccount{.url = directory_.new_account, .nonce = "", .needs_binding = directory_.needs_binding});
}

Action Ordering::ask_order() {
  if (known_.order_url.empty()) return new_order();
  resumed_ = true;
  return post(Step::kOrder, known_.order_url, "");
}

Action Ordering::new_order() {
  resumed_ = false;
  known_.order_url.clear();
  proofs_.clear();
  return post(Step::kNewOrder, directory_.new_order, new_order_payload(wish_.names));
}

Action Ordering::next_authorization() {
  if (at_ < order_.authorizations.size()) return post(Step::kAuthorization, order_.authorizations[at_], "");
  if (proofs_.empty()) return post(Step::kOrder, known_.order_url, "");
  step_ = Step::kPublishing;
  return Publish{proofs_};
}

Action Ordering::next_challenge() {
  if (at_ < proofs_.size()) return post(Step::kChallenge, proofs_[at_].challenge.url, "{}");
  at_ = 0;
  return post(Step::kPolling, proofs_.front().authorization_url, "");
}

// What Retry-After asks for, within reason; else longer each time.
Action Ordering::poll(Step step, const std::string& url, const http::Headers& headers) {
  if (++polls_ > kPollsMax)
    return give_up(fmt::format("{}: {} has not decided after {} questions", names_text(), wish_.authority, kPollsMax));
  const auto growing = std::min<Duration>(kPollFirst * (1U << std::min(polls_ - 1, 10U)), kPollLongest);
  step_ = step;
  last_ = {step, as_account(url, "")};
  return Wait{std::clamp<Duration>(retry_after(headers, now_).value_or(growing), kPollFirst, kPollLongest)};
}

Action Ordering::post(Step step, std::string url, std::string payload) {
  return send(step, as_account(std::move(url), std::move(payload)));
}

Send Ordering::as_account(std::string url, std::string payload) const {
  return {.method = Method::kPost,
          .url = std::move(url),
          .signer = Signer::kAccount,
          .payload = std::move(payload),
          .nonce = "",
          .account_url = known_.account_url};
}

// Sends it, after a nonce has been asked for if there is none. A nonce is good once (RFC 8555 6.5).
Action Ordering::send(Step step, Action action) {
  last_ = {step, action};
  auto* plain = std::get_if<Send>(&action);
  const bool signs = plain == nullptr || plain->signer != Signer::kNobody;
  if (signs && nonce_.empty()) {
    step_ = Step::kNonce;
    return Send{.method = Method::kHead, .url = directory_.new_nonce, .signer = Signer::kNobody};
  }
  step_ = step;
  if (!signs) return action;
  (plain != nullptr ? plain->nonce : std::get<SendNewAccount>(action).nonce) = std::exchange(nonce_, "");
  return action;
}

Action Ordering::again() {
  EVERSHORE_ASSERT(last_.has_value());
  auto [step, action] = *last_;
  return send(step, std::move(action));
}

Action Ordering::no_answer(const std::string& why) {
  step_ = Step::kEnded;
  return GiveUp{.why = fmt::format("{}: {}", names_text(), why), .not_before = std::nullopt, .order_stands = true};
}

Action Ordering::give_up(std::string why, std::optional<Duration> not_before) {
  step_ = Step::kEnded;
  return GiveUp{.why = std::move(why), .not_before = not_before};
}

std::string Ordering::names_text() const { return fmt::format("{}", fmt::join(wish_.names, ", ")); }

}  // namespace evershore::acme
