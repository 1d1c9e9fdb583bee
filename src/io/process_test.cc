#include "io/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "base/sync.h"
#include "io/files.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

Task<void> wait_for(Process& process, Mono deadline, std::optional<Result<ProcessExit>>& out) { out = co_await process.wait(deadline); }

Result<ProcessExit> run(Loop& loop, Process& process, Duration budget) {
  std::optional<Result<ProcessExit>> end;
  loop.run_until_done(wait_for(process, loop.now() + budget, end));
  return std::move(*end);
}

TEST(Process, TellsTheExitStatus) {
  Loop loop;
  auto process = Process::start(loop, {.argv = {"sh", "-c", "exit 3"}});
  ASSERT_TRUE(process.has_value()) << process.error().text;
  const auto end = run(loop, **process, 10s);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->code, 3);
  EXPECT_FALSE(end->ok());
  EXPECT_EQ(end->text(), "exit status 3");
  EXPECT_FALSE((*process)->running());
}

TEST(Process, GetsItsInputItsEnvironmentAndItsOutputFile) {
  const ScratchDirectory directory;
  Loop loop;
  const std::string path = directory.file("out");
  auto process = Process::start(loop, {.argv = {"sh", "-c", "cat; echo \" $EVERSHORE_TEST\"; echo error >&2"},
                                       .environment = {"EVERSHORE_TEST=yes"},
                                       .input = "from stdin",
                                       .output_path = path});
  ASSERT_TRUE(process.has_value());
  EXPECT_TRUE(run(loop, **process, 10s)->ok());
  EXPECT_EQ(read_whole_file(path, 1000).value(), "from stdin yes\nerror\n");
}

TEST(Process, AWaitEndsAtItsDeadlineAndTheChildCanThenBeKilledWithItsChildren) {
  const ScratchDirectory directory;
  Loop loop;
  auto process = Process::start(loop, {.argv = {"sh", "-c", "sleep 1000 & wait"}});
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(run(loop, **process, 30ms).error().fault, Fault::kTimedOut);
  EXPECT_TRUE((*process)->running());
  (*process)->kill(SIGKILL);
  const auto end = run(loop, **process, 10s);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->signal_number, SIGKILL);
  EXPECT_EQ(end->text(), "killed by signal 9");
  (*process)->kill(SIGKILL);  // reaped: reaches nobody
}

TEST(Process, DestroyingARunningOneEndsIt) {
  Loop loop;
  auto process = Process::start(loop, {.argv = {"sleep", "1000"}});
  ASSERT_TRUE(process.has_value());
  const pid_t pid = (*process)->pid();
  process->reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

Task<void> nap(Loop& loop) { co_await sleep_for(loop, 5ms); }

TEST(Process, OneThatDiesWithUsEndsWithTheThreadThatStartedIt) {
  const ScratchDirectory directory;
  const std::string sign = directory.file("up");
  Loop loop;
  std::unique_ptr<Process> child;
  std::thread starter([&] {
    auto process = Process::start(loop, {.argv = {"sh", "-c", "touch " + sign + "; exec sleep 1000"}, .dies_with_us = true});
    ASSERT_TRUE(process.has_value());
    child = std::move(*process);
    while (!std::filesystem::exists(sign)) loop.run_until_done(nap(loop));
  });
  starter.join();
  const auto end = run(loop, *child, 10s);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->signal_number, SIGKILL);
}

TEST(Process, AProgramThatDoesNotExistIsAnError) {
  Loop loop;
  const auto process = Process::start(loop, {.argv = {"/no/such/program"}});
  EXPECT_EQ(process.error().fault, Fault::kNotFound);
}

TEST(Process, AnInputThatIsTooLongIsRefused) {
  Loop loop;
  const auto process = Process::start(loop, {.argv = {"cat"}, .input = std::string(kProcessInputBytesMax + 1, 'x')});
  EXPECT_EQ(process.error().fault, Fault::kInvalid);
  auto longest = Process::start(loop, {.argv = {"cat"}, .input = std::string(kProcessInputBytesMax, 'x')});
  ASSERT_TRUE(longest.has_value());
  EXPECT_TRUE(run(loop, **longest, 10s)->ok());
}

}  // namespace
}  // namespace evershore::io
