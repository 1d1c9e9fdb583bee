// Task<T>: the one kind of coroutine in Evershore. Lazy (starts when awaited), owns its frame, single consumer, resumed on
// the thread that completes it (always its loop's). No exception leaves one.
//
// Rules (GCC and clang both have bugs around the rest, and so have people): named functions only, never capturing
// lambdas; parameters by value or by references that outlive the task; no default arguments; one co_await per
// statement, standing alone (`auto r = co_await f(a);`), never inside a condition or a braced list.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace evershore {

template <class T>
class Task;

namespace task_detail {

struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
    auto next = done.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
};

}  // namespace task_detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
      handle.promise().continuation = caller;
      return handle;
    }
    T await_resume() {
      if constexpr (!std::is_void_v<T>) return std::move(*handle.promise().value);
    }
  };
  Awaiter operator co_await() && {
    EVERSHORE_ASSERT(handle_);
    return Awaiter{handle_};
  }

 private:
  Handle handle_;
};

namespace task_detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() { return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this)); }

// A frame that owns itself: runs a task to its end and disappears.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

inline Detached run_detached(Task<void> task, size_t* live, std::coroutine_handle<>* joiner) {
  {
    Task<void> running = std::move(task);  // its frame is gone before the joiner goes on
    co_await std::move(running);
  }
  if (live != nullptr && --*live == 0 && *joiner) std::exchange(*joiner, {}).resume();
}

}  // namespace task_detail

// Owns tasks that run beside their starter. It must be empty when destroyed: close what they wait for, then join().
// One thread.
class TaskScope {
 public:
  TaskScope() = default;
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  ~TaskScope() { EVERSHORE_ASSERT(live_ == 0); }

  // Starts `task` at once, on this thread, up to its first wait.
  void spawn(Task<void> task) {
    ++live_;
    task_detail::run_detached(std::move(task), &live_, &joiner_);
  }
  size_t size() const { return live_; }

  // Resumes when no task is left. One joiner at a time.
  struct Join {
    TaskScope& scope;
    bool await_ready() const noexcept { return scope.live_ == 0; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      EVERSHORE_ASSERT(!scope.joiner_);
      scope.joiner_ = waiter;
    }
    void await_resume() const noexcept {}
  };
  Join join() { return Join{*this}; }

 private:
  size_t live_ = 0;
  std::coroutine_handle<> joiner_;
};

// Runs a task nobody waits for. Everything it refers to must live as long as the process (or as the simulated world).
inline void spawn_detached(Task<void> task) { task_detail::run_detached(std::move(task), nullptr, nullptr); }

// Runs all tasks side by side; results in their order. One thread.
template <class T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks);

namespace task_detail {
template <class T>
Task<void> store_result(Task<T> task, std::optional<T>& slot) {
  slot.emplace(co_await std::move(task));
}
}  // namespace task_detail

template <class T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> slots(tasks.size());
  TaskScope scope;
  for (size_t i = 0; i < tasks.size(); ++i) scope.spawn(task_detail::store_result(std::move(tasks[i]), slots[i]));
  co_await scope.join();
  std::vector<T> results;
  results.reserve(slots.size());
  for (auto& slot : slots) results.push_back(std::move(*slot));
  co_return results;
}

}  // namespace evershore
