// One thread's event loop: time, turns, timers, readiness of file descriptors, name look-ups, signals.
// All members are for the loop's own thread unless they say otherwise.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace evershore::io {

class FdWatch;
class Resolver;

// A way to post to a loop that may be gone by then. Copyable, any thread.
class LoopHandle {
 public:
  // False (and the callback is dropped) when the loop no longer exists.
  bool post(Callback callback) const;

 private:
  friend class Loop;
  struct Mailbox;
  std::shared_ptr<Mailbox> mailbox_;
};

class Loop final : public Scheduler {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The turn's time: read once per turn, so cheap and the same for all that happens in one turn.
  Mono now() const override;
  Wall wall() const override;
  void post(Callback callback) override;  // any thread
  TimerId call_at(Mono when, Callback callback) override;
  void cancel(TimerId timer) override;

  LoopHandle handle() const;  // any thread

  // Runs turns until stop(). The calling thread becomes the loop's thread.
  void run();
  void stop();  // any thread; what was posted before still runs; asked for before run(): run() returns soon
  // Runs turns until `task` is done (whatever stop() says), then returns; for commands and tests.
  void run_until_done(Task<void> task);

  // How late the timers and deadlines of the last 100 ms ran: a loop that is late distrusts the time-outs it sees (see
  // ProbeResult::self_late). Zero when nothing was due.
  Duration lateness() const;

  // `callback` runs on this loop at each delivery. Call before other threads start (signal mask is inherited).
  void on_signal(int signal_number, std::move_only_function<void()> callback);

  // Host name or literal -> "ip" strings, both families, in the system's order; getaddrinfo runs beside the loop and a
  // literal never reaches it. kNotFound: there is no such name. kBusy: too many look-ups under way. kTimedOut at the deadline.
  Task<Result<std::vector<std::string>>> resolve(std::string host);
  Task<Result<std::vector<std::string>>> resolve_by(std::string host, Mono deadline);

  // True when this turn has done many operations that needed no waiting: the caller then gives way by a post, so that a
  // fast peer cannot keep the loop to itself. Counts the call. For io/ only.
  bool should_yield();

  struct Impl;
  Impl& impl() { return *impl_; }  // for io/ only

 private:
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<Resolver> resolver_;
};

// co_await yield(loop): goes on in a later turn.
struct Yield {
  Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    loop.post([waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};
inline Yield yield(Loop& loop) { return Yield{loop}; }

enum class Ready : uint8_t { kReadable, kWritable };
// What a waiter knows of its direction. The kernel tells of changes only: kUnknown costs a system call, which asks for what is now.
enum class Known : uint8_t {
  kUnknown,
  kTriedNow,  // a system call has just found nothing
  kDrained,   // some time before all that was there has been read; what has come since is remembered (reading only)
};
enum class WaitEnd : uint8_t { kReady, kDeadline, kClosed };

// Readiness of one non-blocking descriptor, owned. At most one waiter in each role. Destroying or close()ing it
// ends waits with kClosed (resumed by a post). kReady may be too early now and then: try, and wait again.
// Must not outlive its loop.
class FdWatch {
 public:
  FdWatch(Loop& loop, int fd);  // takes the descriptor
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int fd() const { return fd_; }
  Loop& loop() const { return *loop_; }
  void close();
  bool closed() const { return fd_ < 0; }

  // A wait in either direction ends with kDeadline at this time. kNever = no limit. One coarse list per loop: cheap to move.
  void set_deadline(Mono deadline);

  struct Waiter {
    FdWatch& watch;
    Ready direction;
    Known known;
    WaitEnd end = WaitEnd::kReady;
    std::coroutine_handle<> handle = {};
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h);
    WaitEnd await_resume() const noexcept { return end; }
  };
  Waiter wait(Ready direction, Known known = Known::kUnknown) { return Waiter{*this, direction, known}; }

  // The same without a coroutine: `wake(self, end)` is called once. `role` says who waits, the stream's reader or its
  // writer; both may wait for the same direction (a TLS read may have to write first).
  using Wake = void (*)(void* self, WaitEnd end);
  void wait_then(Ready role, Ready direction, Known known, Wake wake, void* self);
  void wait_then(Ready role, Ready direction, Wake wake, void* self) { wait_then(role, direction, Known::kUnknown, wake, self); }

 private:
  friend class Loop;
  struct Impl;
  Loop* loop_;
  int fd_;
  std::shared_ptr<Impl> impl_;
};

// Runs `make()`'s task on `loop` and resumes the caller on its own loop `home` with the result. Values only cross.
template <class T>
Task<T> call_on(Loop& loop, Loop& home, std::move_only_function<Task<T>()> make);

namespace loop_detail {
template <class T>
Task<void> run_there(std::move_only_function<Task<T>()> make, Loop& home, std::optional<T>& slot, std::coroutine_handle<> caller) {
  slot.emplace(co_await make());
  home.post([caller] { caller.resume(); });
}
template <class T>
struct CallOn {
  Loop& loop;
  Loop& home;
  std::move_only_function<Task<T>()> make;
  std::optional<T> slot = {};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    loop.post([this, caller] { spawn_detached(run_there<T>(std::move(make), home, slot, caller)); });
  }
  T await_resume() { return std::move(*slot); }
};
}  // namespace loop_detail

template <class T>
Task<T> call_on(Loop& loop, Loop& home, std::move_only_function<Task<T>()> make) {
  auto awaiter = loop_detail::CallOn<T>{loop, home, std::move(make)};
  T value = co_await awaiter;
  co_return value;
}

}  // namespace evershore::io
