#include "aws/run/executor.h"

#include <fmt/format.h>

#include "base/sync.h"
#include "base/text.h"

namespace evershore::aws {

namespace {

struct Patience {
  Duration most;
  std::string_view text, advice;
};

Patience patience_for(WaitFor what, const ExecutorLimits& limits) {
  switch (what) {
    case WaitFor::kCertificateRecord: return {limits.in_sync, "until ACM has made the certificate's record", "run apply again"};
    case WaitFor::kCertificateIssued:
      return {limits.certificate, "until ACM has issued the certificate",
              "does the registrar point at the zone's name servers (`evershore aws status` shows them)? Then run apply again"};
    case WaitFor::kDistributionDeployed: return {limits.deployed, "until the distribution is deployed", "run it again"};
    case WaitFor::kInSync: return {limits.in_sync, "until all name servers have the change", "run it again"};
  }
  return {};
}

std::string value_of(const Known& known, const std::string& name) {
  const auto at = known.find(name);
  return at == known.end() ? "" : at->second;
}

}  // namespace

Executor::Executor(Scheduler& scheduler, AwsApi& api, ExecutorLimits limits, Tell tell)
    : scheduler_(scheduler), api_(api), limits_(limits), tell_(std::move(tell)) {}

Task<Result<void>> Executor::carry_out(Plan plan, Known known) {
  known_ = std::move(known);
  done_ = 0;
  for (const auto& step : plan.steps) {
    auto taken = co_await take(step, done_ + 1);
    if (!taken) co_return wrap(std::move(taken).error(), fmt::format("step {} of {}, {}", done_ + 1, plan.steps.size(), step.title));
    ++done_;
  }
  co_return Result<void>{};
}

Task<Result<void>> Executor::take(const Step& step, size_t number) {
  for (const auto what : step.before) {
    auto awaited = co_await await(what, number);
    if (!awaited) co_return awaited;
  }
  const Change change = filled(step.change, known_);
  if (const auto open = open_ref(change); !open.empty()) {
    co_return fail(Fault::kBroken, fmt::format("nothing has told what {} is", readable(open)));
  }
  tell_(number, fmt::format("{} {}: {}", verb_name(step.verb), step.title, step.why));
  if (const auto* versions = std::get_if<DeleteVersions>(&change)) {
    auto emptied = co_await empty_bucket(*versions);
    if (!emptied) co_return emptied;
  } else {
    auto made = co_await api_.change(change);
    // What is to go and is gone already is as wanted.
    const bool gone = !made && step.verb == Verb::kDelete && made.error().fault == Fault::kNotFound;
    if (!made && !gone) co_return std::unexpected(std::move(made).error());
    if (made) learn(step, *made);
  }
  for (const auto what : step.after) {
    auto awaited = co_await await(what, number);
    if (!awaited) co_return awaited;
  }
  co_return Result<void>{};
}

void Executor::learn(const Step& step, const Made& made) {
  for (const auto& [key, value] : made) {
    if (value.empty()) continue;
    if (key == "change") {
      known_["change"] = value;
    } else {
      known_[key.empty() ? step.part : fmt::format("{}.{}", step.part, key)] = value;
    }
  }
}

Task<Result<void>> Executor::await(WaitFor what, size_t number) {
  const auto patience = patience_for(what, limits_);
  const Mono end = scheduler_.now() + patience.most;
  Duration pause = limits_.poll_first;
  for (bool told = false;; told = true) {
    auto come = co_await come_true(what);
    if (!come) co_return std::unexpected(std::move(come).error());
    if (*come) co_return Result<void>{};
    if (scheduler_.now() >= end) {
      co_return fail(Fault::kTimedOut, fmt::format("waited {} {}; {}", format_duration(patience.most), patience.text, patience.advice));
    }
    if (!told) tell_(number, fmt::format("waiting {}", patience.text));
    co_await sleep_for(scheduler_, pause);
    pause = std::min(limits_.poll_max, pause * 2);
  }
}

Task<Result<bool>> Executor::come_true(WaitFor what) {
  switch (what) {
    case WaitFor::kInSync: {
      const auto change = value_of(known_, "change");
      if (change.empty()) co_return true;
      auto in_sync = co_await api_.in_sync(change);
      co_return in_sync;
    }
    case WaitFor::kCertificateRecord:
    case WaitFor::kCertificateIssued: {
      const auto arn = value_of(known_, "certificate");
      if (arn.empty()) co_return true;  // the settings give one
      auto found = co_await api_.certificate(arn);
      if (!found) co_return std::unexpected(std::move(found).error());
      if (found->status != "ISSUED" && found->status != "PENDING_VALIDATION")
        co_return fail(Fault::kRefused, fmt::format("certificate {} is {}: delete it, and apply requests another", arn, found->status));
      known_["certificate.record.name"] = found->record_name;
      known_["certificate.record.type"] = found->record_type;
      known_["certificate.record.value"] = found->record_value;
      co_return what == WaitFor::kCertificateIssued ? found->status == "ISSUED" : !found->record_name.empty();
    }
    case WaitFor::kDistributionDeployed: {
      const auto id = value_of(known_, "distribution");
      if (id.empty()) co_return true;
      auto status = co_await api_.distribution_status(id);
      if (!status) co_return std::unexpected(std::move(status).error());
      co_return *status == "Deployed";
    }
  }
  co_return true;
}

Task<Result<void>> Executor::empty_bucket(DeleteVersions change) {
  for (;;) {
    auto page = co_await api_.versions(change.region, change.name);
    if (!page) co_return std::unexpected(std::move(page).error());
    if (page->versions.empty()) co_return Result<void>{};
    change.versions = std::move(page->versions);
    auto deleted = co_await api_.change(change);
    if (!deleted) co_return std::unexpected(std::move(deleted).error());
  }
}

}  // namespace evershore::aws
