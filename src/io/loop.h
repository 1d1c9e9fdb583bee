// One thread's event loop: time, turns, timers, readiness of file descriptors, name look-ups, signals. Boost.Asio's
// io_context is inside and stays inside (io/loop.cc): including this header costs nothing to compile.
// All members are for the loop's own thread unless they say otherwise.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace evershore::io {

class FdWatch;

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

  // Runs turns until stop(). The calling thread becomes the loop's thread.
  void run();
  void stop();  // any thread
  // Runs turns until `task` is done, then returns; for commands and tests.
  void run_until_done(Task<void> task);

  // How late the present turn's timers ran: a loop that is late distrusts the time-outs it sees (see ProbeResult::self_late).
  Duration lateness() const;

  // `callback` runs on this loop at each delivery. Call before other threads start (signal mask is inherited).
  void on_signal(int signal_number, std::move_only_function<void()> callback);

  // Host name or literal -> "ip" strings, both families; runs getaddrinfo beside the loop.
  Task<Result<std::vector<std::string>>> resolve(std::string host);

  struct Impl;
  Impl& impl() { return *impl_; }  // for io/ only

 private:
  std::unique_ptr<Impl> impl_;
};

enum class Ready : uint8_t { kReadable, kWritable };
enum class WaitEnd : uint8_t { kReady, kDeadline, kClosed };

// Readiness of one non-blocking descriptor, owned. At most one waiter for each direction. Destroying or close()ing it
// ends waits with kClosed (resumed by a post).
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
    WaitEnd end = WaitEnd::kReady;
    std::coroutine_handle<> handle = {};
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h);
    WaitEnd await_resume() const noexcept { return end; }
  };
  Waiter wait(Ready direction) { return Waiter{*this, direction}; }

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
