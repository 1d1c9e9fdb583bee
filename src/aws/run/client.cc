#include "aws/run/client.h"

#include "aws/retry.h"
#include "base/text.h"
#include "wire/http/date.h"

namespace evershore::aws {

Client::Client(Scheduler& scheduler, Transport& transport, Keys& keys, Duration spacing, std::function<double()> chance, Log log)
    : scheduler_(scheduler),
      transport_(transport),
      keys_(keys),
      spacing_(spacing),
      chance_(std::move(chance)),
      log_(log),
      stopping_(scheduler) {}

Task<void> Client::pace(Service service) {
  if (service != Service::kRoute53) co_return;
  const Mono at = std::max(scheduler_.now(), route53_free_);
  route53_free_ = at + spacing_;
  co_await sleep_until(scheduler_, at);
}

void Client::correct_clock(const Answer& answer) {
  const auto date = http::parse_http_date(answer.headers.get("date"));
  if (!date) return;
  if (std::chrono::abs(*date - scheduler_.wall()) < std::chrono::minutes(1)) return;  // it is not the clock
  clock_offset_ = *date - scheduler_.wall();
  log_.warn("this machine's clock is {} from AWS's; calls are signed with theirs", format_duration(std::chrono::abs(clock_offset_)));
}

void Client::stop() {
  stopped_ = true;
  transport_.stop();
  stopping_.notify_all();
}

Task<Client::Try> Client::try_once(Call call) {
  co_await pace(call.service);
  ++calls_;
  auto keys = co_await keys_.get();
  if (!keys) co_return Try{std::unexpected(std::move(keys).error()), ErrorClass::kRefused};
  const Wall now = scheduler_.wall() + std::chrono::floor<std::chrono::microseconds>(clock_offset_);
  auto answer = co_await transport_.exchange(call, &*keys, now);
  if (!answer) co_return Try{std::move(answer), ErrorClass::kTransient};  // no answer at all
  if (answer->ok()) co_return Try{std::move(answer), {}, true};
  const auto error = classify(answer->status, parse_api_error(*answer).code);
  co_return Try{std::move(answer), error};
}

Task<Result<Answer>> Client::send(Call call) {
  for (uint32_t tries = 1;; ++tries) {
    if (stopped_) co_return fail(Fault::kClosed, call.name + ": stopping");
    auto made = co_await try_once(call);
    if (made.good) co_return std::move(made.result);
    if (tries > 1 && made.error == ErrorClass::kAlreadyThere) co_return Answer{};
    const auto step = after_failure(made.error, tries, chance_());
    if (step.after == After::kGiveUp) {
      if (!made.result) co_return std::unexpected(std::move(made.result).error());
      co_return std::unexpected(error_of(call, *made.result));
    }
    if (step.after == After::kRenewKeys) keys_.forget();
    if (step.after == After::kCorrectClock && made.result) correct_clock(*made.result);
    log_.debug("{}: try {} failed, again in {}", call.name, tries, format_duration(step.wait));
    co_await stopping_.wait_until(scheduler_.now() + step.wait);
  }
}

}  // namespace evershore::aws
