// evershore aws ...: wires the account's door to settings, plan and terminal.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "app/aws_session.h"
#include "app/commands.h"
#include "app/load.h"
#include "aws/plan_text.h"
#include "aws/run/executor.h"
#include "io/files.h"

namespace evershore::app {

namespace {

constexpr size_t kPlanBytesMax = 8 << 20;

using aws::Colour;

// The plan that `make` says, over the account as it is now.
using MakePlan = std::function<aws::Plan(const aws::Layout&, const aws::Present&)>;

struct Surveyed {
  aws::Present present;
  aws::Plan plan;
};

Task<void> survey(AwsSession& session, const MakePlan& make, Result<Surveyed>& out) {
  auto present = co_await session.api().read(session.question());
  if (!present) {
    out = std::unexpected(std::move(present).error());
    co_return;
  }
  auto plan = make(session.layout(), *present);
  out = Surveyed{std::move(*present), std::move(plan)};
}

Result<Surveyed> survey_now(AwsSession& session, const MakePlan& make) {
  Result<Surveyed> out = fail(Fault::kBroken, "nothing was read");
  session.loop().run_until_done(survey(session, make, out));
  return out;
}

Task<void> run_executor(aws::Executor& executor, aws::Plan plan, aws::Known known, Result<void>& out) {
  out = co_await executor.carry_out(std::move(plan), std::move(known));
}

MakePlan make_plan(AwsSession& session, const AwsOptions& options) {
  return [&session, &options](const aws::Layout& layout, const aws::Present& present) {
    return aws::plan(layout, present, {.nonce = session.nonce(), .take_over_records = options.take_over});
  };
}

void print_plan(const GlobalOptions& global, const aws::Plan& plan) {
  const Colour colour = stdout_is_terminal() ? Colour::kOn : Colour::kOff;
  fmt::print("{}", global.json ? aws::plan_json(plan) : aws::plan_text(plan, colour));
  std::fflush(stdout);
}

bool agreed(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1) return false;
  fmt::print("\n{} Type yes to go on: ", question);
  std::fflush(stdout);
  std::string line;
  return std::getline(std::cin, line) && line == "yes";
}

// Tells each step on a line; the plan's name servers at the end, which the registrar needs.
int carry_out(AwsSession& session, const GlobalOptions& global, const Surveyed& surveyed) {
  const size_t total = surveyed.plan.steps.size();
  const auto tell = [&](size_t number, const std::string& text) {
    if (!global.json) fmt::print("[{:2}/{}] {}\n", number, total, text);
    std::fflush(stdout);
  };
  aws::Executor executor(session.loop(), session.api(), {}, tell);
  Result<void> done;
  session.loop().run_until_done(run_executor(executor, surveyed.plan, aws::known_of(surveyed.present, session.layout()), done));
  if (!done) {
    return complain(kFailed, fmt::format("{}\n{} of {} steps are done and stay; run the same command again to go on from here",
                                         done.error().text, executor.done(), total));
  }
  if (!global.json) fmt::print("Done: {} steps.\n", total);
  if (const auto at = executor.known().find("zone.name_servers"); at != executor.known().end() && !global.json) {
    fmt::print("Name servers of the new zone, for the registrar: {}\n", at->second);
  }
  return kDone;
}

// Shown, agreed to, looked at again if that took time, and done.
int show_and_do(AwsSession& session, const GlobalOptions& global, const AwsOptions& options, const MakePlan& make,
                const std::string& question) {
  auto surveyed = survey_now(session, make);
  if (!surveyed) return complain(kFailed, surveyed.error().text);
  print_plan(global, surveyed->plan);
  if (!surveyed->plan.problems.empty()) return complain(kFailed, "nothing was done: solve what is in the way first");
  if (!options.plan_file.empty()) {
    auto text = io::read_whole_file(options.plan_file, kPlanBytesMax);
    if (!text) return complain(kUsage, text.error().text);
    if (aws::fingerprint_in(*text) != surveyed->plan.fingerprint())
      return complain(kAnswerIsNo,
                      fmt::format("{} is stale: the account or the settings have changed since; plan again", options.plan_file));
  }
  if (!surveyed->plan.differs()) return kDone;
  if (!options.yes) {
    if (!agreed(question)) return complain(kAnswerIsNo, "nothing was done (not agreed to; --yes agrees)");
    auto again = survey_now(session, make);
    if (!again) return complain(kFailed, again.error().text);
    if (again->plan.fingerprint() != surveyed->plan.fingerprint())
      return complain(kAnswerIsNo, "nothing was done: the account has changed since the plan was shown; plan again");
    surveyed = std::move(again);
  }
  return carry_out(session, global, *surveyed);
}

}  // namespace

int command_aws_plan(const GlobalOptions& global, const AwsOptions& options) {
  auto session = AwsSession::open(global);
  if (!session) return complain(kUsage, session.error().text);
  auto surveyed = survey_now(**session, make_plan(**session, options));
  if (!surveyed) return complain(kFailed, surveyed.error().text);
  print_plan(global, surveyed->plan);
  if (!options.out.empty()) {
    if (auto written = io::write_file_durably(options.out, aws::plan_json(surveyed->plan), 0644); !written)
      return complain(kFailed, written.error().text);
  }
  if (!surveyed->plan.problems.empty()) return complain(kAnswerIsNo, "apply would refuse this plan: something is in the way");
  return surveyed->plan.differs() ? kAnswerIsNo : kDone;
}

int command_aws_apply(const GlobalOptions& global, const AwsOptions& options) {
  auto session = AwsSession::open(global);
  if (!session) return complain(kUsage, session.error().text);
  return show_and_do(**session, global, options, make_plan(**session, options), "This is made now.");
}

int command_aws_destroy(const GlobalOptions& global, const AwsOptions& options) {
  auto session = AwsSession::open(global);
  if (!session) return complain(kUsage, session.error().text);
  const MakePlan make = [&options](const aws::Layout& layout, const aws::Present& present) {
    return aws::destroy_plan(layout, present, {.delete_objects = options.delete_objects});
  };
  return show_and_do(**session, global, options, make, "This is deleted now, for good.");
}

}  // namespace evershore::app
