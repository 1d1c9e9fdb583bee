// A few threads for file system calls that may take long, so that no loop waits for a disk.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/time.h"

namespace evershore::io {

// The destructor runs what was submitted, then joins.
class Workers {
 public:
  explicit Workers(size_t threads);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();
  void submit(Callback work);  // any thread

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Callback> waiting_;  // under mutex_; no longer than the callers that wait for it
  bool closing_ = false;          // under mutex_
  std::vector<std::thread> threads_;
};

// co_await on_worker<T>(workers, home, work): runs `work` on a worker and resumes on `home` with its value.
// What `work` refers to must outlive the wait, and `home` must run until then.
template <class T>
struct OnWorker {
  Workers& workers;
  Scheduler& home;
  std::function<T()> work;
  std::optional<T> value = {};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    workers.submit([this, caller] {
      value.emplace(work());
      home.post([caller] { caller.resume(); });
    });
  }
  T await_resume() { return std::move(*value); }
};

}  // namespace evershore::io
