#include "io/loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

#include "base/sync.h"

namespace evershore::io {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

struct Pipe {
  Pipe() { EVERSHORE_ASSERT(::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC) == 0); }
  int reading() const { return fds[0]; }
  int writing() const { return fds[1]; }
  std::array<int, 2> fds = {};
};

Task<void> wait_into(FdWatch& watch, Ready direction, std::optional<WaitEnd>& end) { end = co_await watch.wait(direction); }

TEST(Loop, RunsTimersInOrderOfTimeThenOfArrival) {
  Loop loop;
  std::vector<int> order;
  const Mono start = loop.now();
  loop.call_at(start + 20ms, [&] {
    order.push_back(4);
    loop.stop();
  });
  loop.call_at(start + 10ms, [&] { order.push_back(2); });
  loop.call_at(start + 10ms, [&] { order.push_back(3); });
  const TimerId cancelled = loop.call_at(start + 5ms, [&] { order.push_back(0); });
  loop.call_at(start, [&] { order.push_back(1); });
  loop.cancel(cancelled);
  loop.cancel(cancelled);
  loop.cancel(TimerId::kNone);
  loop.run();
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
  EXPECT_GE(loop.now() - start, 20ms);
}

TEST(Loop, ATimerThatAddsItselfAgainLeavesRoomForOthers) {
  Loop loop;
  int rounds = 0;
  struct Again {
    static void add(Loop& on, int& count) {
      on.call_at(on.now(), [&on, &count] {
        ++count;
        add(on, count);
      });
    }
  };
  Again::add(loop, rounds);
  loop.call_at(loop.now() + 5ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_GT(rounds, 1);
}

TEST(Loop, TakesPostsFromOtherThreadsAndRunsAllOfThem) {
  Loop loop;
  constexpr int kThreads = 4, kEach = 1000;
  int sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        loop.post([&] {
          if (++sum == kThreads * kEach) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum, kThreads * kEach);
}

TEST(Loop, AStopBeforeTheRunIsNotLost) {
  Loop loop;
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.stop();
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(Loop, ToldTimeStandsStillWithinATurn) {
  Loop loop;
  loop.post([&] {
    const Mono first = loop.now();
    const Mono busy_until = std::chrono::steady_clock::now() + 2ms;
    while (std::chrono::steady_clock::now() < busy_until) {
    }
    EXPECT_EQ(loop.now(), first);
    loop.post([&loop, first] {
      EXPECT_GE(loop.now(), first + 2ms);
      loop.stop();
    });
  });
  loop.run();
}

TEST(Loop, KnowsThatItsTimersRanLate) {
  Loop loop;
  Duration lateness{};
  loop.post([&] {
    loop.call_at(loop.now() + 1ms, [&] {
      lateness = loop.lateness();
      loop.stop();
    });
    const Mono busy_until = std::chrono::steady_clock::now() + 50ms;  // the loop is held up
    while (std::chrono::steady_clock::now() < busy_until) {
    }
  });
  EXPECT_EQ(loop.lateness(), Duration::zero());
  loop.run();
  EXPECT_GE(lateness, 45ms);
  EXPECT_LT(lateness, 10s);
}

TEST(Loop, AHandleOutlivesTheLoop) {
  LoopHandle handle;
  {
    Loop loop;
    handle = loop.handle();
    EXPECT_TRUE(handle.post([&] { loop.stop(); }));
    loop.run();
  }
  EXPECT_FALSE(handle.post([] { FAIL() << "ran on a loop that is gone"; }));
}

TEST(Loop, DeliversASignalEachTime) {
  Loop loop;
  int delivered = 0;
  loop.on_signal(SIGUSR1, [&] {
    if (++delivered == 2) return loop.stop();
    ::raise(SIGUSR1);
  });
  loop.post([] { ::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(delivered, 2);
}

Task<void> resolve_into(Loop& loop, std::string host, Mono deadline, std::optional<Result<std::vector<std::string>>>& out) {
  out = co_await loop.resolve_by(std::move(host), deadline);
}

TEST(Resolve, ALiteralIsItsOwnAnswer) {
  for (const char* literal : {"192.0.2.7", "2001:db8::7"}) {
    Loop loop;
    std::optional<Result<std::vector<std::string>>> answer;
    loop.run_until_done(resolve_into(loop, literal, kNever, answer));
    ASSERT_TRUE(answer->has_value());
    EXPECT_THAT(**answer, ElementsAre(literal));
  }
}

TEST(Resolve, LocalhostIsTheLoopbackAddress) {
  Loop loop;
  std::optional<Result<std::vector<std::string>>> answer;
  loop.run_until_done(resolve_into(loop, "localhost", kNever, answer));
  ASSERT_TRUE(answer->has_value()) << answer->error().text;
  EXPECT_TRUE(std::ranges::find(**answer, "127.0.0.1") != (*answer)->end() || std::ranges::find(**answer, "::1") != (*answer)->end());
}

TEST(Resolve, ALookUpEndsAtItsDeadlineAndItsLateAnswerIsDropped) {
  Loop loop;
  std::optional<Result<std::vector<std::string>>> answer;
  // A deadline in the past comes before any thread can answer: the alarm is due at once, the answer needs a later turn.
  loop.run_until_done(resolve_into(loop, "localhost", loop.now() - 1s, answer));
  ASSERT_TRUE(answer.has_value());
  if (!answer->has_value()) EXPECT_EQ(answer->error().fault, Fault::kTimedOut);
}

TEST(FdWatch, WakesWhenBytesArriveEvenIfTheyCameBeforeTheWait) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  ASSERT_EQ(::write(pipe.writing(), "x", 1), 1);
  std::optional<WaitEnd> end;
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kReady);
}

TEST(FdWatch, EndsAWaitAtTheDeadlineAndTheNextWaitStillSeesBytes) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  const Mono start = loop.now();
  reading.set_deadline(start + 30ms);
  std::optional<WaitEnd> end;
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kDeadline);
  EXPECT_GE(loop.now() - start, 30ms);

  reading.set_deadline(kNever);
  ASSERT_EQ(::write(pipe.writing(), "x", 1), 1);
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kReady);
}

Task<void> wait_drained(Loop& loop, FdWatch& watch, int turns, std::optional<WaitEnd>& end) {
  for (int i = 0; i < turns; ++i) co_await yield(loop);  // long enough for the poller to tell, while nobody waits
  end = co_await watch.wait(Ready::kReadable, Known::kDrained);
}

TEST(FdWatch, RemembersWhatCameWhileNobodyWaited) {
  for (const int turns : {0, 1, 3}) {
    Loop loop;
    Pipe pipe;
    FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
    ASSERT_EQ(::write(pipe.writing(), "x", 1), 1);
    std::optional<WaitEnd> end;
    loop.run_until_done(wait_drained(loop, reading, turns, end));
    EXPECT_EQ(end, WaitEnd::kReady) << turns;
  }
}

Task<void> wait_drained_twice(Loop& loop, FdWatch& watch, FdWatch& other_end, std::array<std::optional<WaitEnd>, 2>& ends) {
  EVERSHORE_ASSERT(::write(other_end.fd(), "x", 1) == 1);
  other_end.close();
  co_await wait_drained(loop, watch, 0, ends[0]);
  co_await wait_drained(loop, watch, 1, ends[1]);
}

TEST(FdWatch, RemembersTheEndThatWasToldOfTogetherWithTheLastBytes) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  std::array<std::optional<WaitEnd>, 2> ends;
  reading.set_deadline(loop.now() + 5s);
  loop.run_until_done(wait_drained_twice(loop, reading, writing, ends));
  EXPECT_EQ(ends[0], WaitEnd::kReady);
  EXPECT_EQ(ends[1], WaitEnd::kReady);
}

TEST(FdWatch, ADeadlineCanMoveBothWaysWhileSomebodyWaits) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  const Mono start = loop.now();
  std::optional<WaitEnd> end;
  reading.set_deadline(start + 20ms);
  loop.post([&] { reading.set_deadline(start + 1h); });
  loop.call_at(start + 50ms, [&] {
    EXPECT_FALSE(end.has_value()) << "ended at the deadline that was moved away";
    reading.set_deadline(start + 60ms);
  });
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kDeadline);
  EXPECT_GE(loop.now() - start, 60ms);
  EXPECT_LT(loop.now() - start, 1min);
}

TEST(FdWatch, ADeadlineThatPassedBeforeTheWaitEndsIt) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  reading.set_deadline(loop.now() - 1s);
  std::optional<WaitEnd> end;
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kDeadline);
}

TEST(FdWatch, ClosingAndDestroyingEndWaitsByAPost) {
  Loop loop;
  Pipe closed, destroyed;
  FdWatch other_end(loop, closed.writing()), another_end(loop, destroyed.writing());
  FdWatch watch(loop, closed.reading());
  auto doomed = std::make_unique<FdWatch>(loop, destroyed.reading());
  std::optional<WaitEnd> first, second;
  TaskScope scope;
  scope.spawn(wait_into(watch, Ready::kReadable, first));
  scope.spawn(wait_into(*doomed, Ready::kReadable, second));
  loop.post([&] {
    watch.close();
    doomed.reset();
    EXPECT_FALSE(first.has_value());
    EXPECT_FALSE(second.has_value());
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_EQ(first, WaitEnd::kClosed);
  EXPECT_EQ(second, WaitEnd::kClosed);
  EXPECT_TRUE(watch.closed());
}

TEST(FdWatch, AWaitOnAClosedOneEndsAtOnce) {
  Loop loop;
  Pipe pipe;
  FdWatch reading(loop, pipe.reading()), writing(loop, pipe.writing());
  reading.close();
  std::optional<WaitEnd> end;
  loop.run_until_done(wait_into(reading, Ready::kReadable, end));
  EXPECT_EQ(end, WaitEnd::kClosed);
}

Task<std::thread::id> where_am_i(int& calls) {
  ++calls;
  co_return std::this_thread::get_id();
}

Task<void> call_from(Loop& home, Loop& there, std::thread::id& ran_on, std::thread::id& back_on, int& calls) {
  std::move_only_function<Task<std::thread::id>()> make = [&calls] { return where_am_i(calls); };
  ran_on = co_await call_on<std::thread::id>(there, home, std::move(make));
  back_on = std::this_thread::get_id();
}

TEST(CallOn, RunsOverThereAndComesBack) {
  Loop home, there;
  std::thread other([&] { there.run(); });
  const std::thread::id other_id = other.get_id();
  std::thread::id ran_on, back_on;
  int calls = 0;
  for (int i = 0; i < 100; ++i) home.run_until_done(call_from(home, there, ran_on, back_on, calls));
  there.stop();
  other.join();
  EXPECT_EQ(ran_on, other_id);
  EXPECT_EQ(back_on, std::this_thread::get_id());
  EXPECT_EQ(calls, 100);
}

}  // namespace
}  // namespace evershore::io
