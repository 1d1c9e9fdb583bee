#include "io/loop.h"

#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <mutex>
#include <thread>

#include "io/deadline_wheel.h"
#include "io/resolver.h"
#include "io/timer_queue.h"

namespace evershore::io {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr Duration kLatenessKept = Millis(100);
constexpr uint32_t kFreeOperationsPerTurn = 32;
}  // namespace

struct LoopHandle::Mailbox {
  std::mutex mutex;
  Loop* loop = nullptr;  // under mutex; null once the loop is gone
};

bool LoopHandle::post(Callback callback) const {
  const std::scoped_lock lock(mailbox_->mutex);
  if (mailbox_->loop == nullptr) return false;
  mailbox_->loop->post(std::move(callback));
  return true;
}

struct SignalWatch {
  SignalWatch(asio::io_context& context, int signal_number, std::move_only_function<void()> call)
      : set(context, signal_number), callback(std::move(call)) {}
  asio::signal_set set;
  std::move_only_function<void()> callback;
};

struct Loop::Impl {
  std::shared_ptr<LoopHandle::Mailbox> mailbox = std::make_shared<LoopHandle::Mailbox>();
  TimerQueue timers;
  DeadlineWheel wheel;  // before `context`: pending waits take themselves out when it goes
  std::vector<DeadlineWheel::Node*> expired;

  asio::io_context context{1};  // one thread runs it; posts from others stay allowed
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  asio::steady_timer alarm{context};
  Mono alarm_at = kNever;
  std::vector<std::unique_ptr<SignalWatch>> signals;

  std::optional<Mono> turn_time;  // empty until somebody asks in this turn
  uint32_t free_operations = 0;
  Duration last_lateness{};
  Mono last_late_at{};
  std::thread::id runner;  // whoever is inside run(), else none

  // Everything that the loop calls starts here.
  void begin_turn() {
    turn_time.reset();
    free_operations = 0;
  }
  Mono now() {
    if (!turn_time) turn_time = std::chrono::steady_clock::now();
    return *turn_time;
  }
  void assert_own_thread() const { EVERSHORE_ASSERT(runner == std::thread::id() || runner == std::this_thread::get_id()); }

  void run_context() {
    runner = std::this_thread::get_id();
    context.restart();
    context.run();
    runner = {};
  }
  // One alarm serves all timers and deadlines; it is moved only when something comes before it.
  void wake_by(Mono when) {
    if (when >= alarm_at) return;
    alarm_at = when;
    alarm.expires_at(when);
    alarm.async_wait([this](error_code error) {
      if (!error) on_alarm();
    });
  }
  void on_alarm();
  void run_timers();
  void end_expired_waits();
  void note_lateness(Mono due);
  void await_signal(SignalWatch& watch);
};

struct FdWatch::Impl : DeadlineWheel::Node, std::enable_shared_from_this<FdWatch::Impl> {
  struct Slot {
    Wake wake = nullptr;
    void* self = nullptr;
    Ready direction = Ready::kReadable;
  };

  explicit Impl(Loop::Impl& loop_impl) : loop(loop_impl), descriptor(loop.context) {}
  ~Impl() { loop.wheel.remove(*this); }

  Loop::Impl& loop;
  asio::posix::stream_descriptor descriptor;
  std::array<Slot, 2> slots;       // by role
  std::array<bool, 2> armed = {};  // by direction: a wait lies with the kernel, and serves whoever comes next
  bool has_waiter() const { return slots[0].wake != nullptr || slots[1].wake != nullptr; }

  void arm(Ready direction);
  void on_ready(Ready direction, WaitEnd end);
  void end_waits(WaitEnd end);
};

void Loop::Impl::note_lateness(Mono due) {
  const Mono at = now();
  last_lateness = std::max(at - due, at - last_late_at < kLatenessKept ? last_lateness : Duration::zero());
  last_late_at = at;
}

void Loop::Impl::on_alarm() {
  alarm_at = kNever;
  begin_turn();
  run_timers();
  begin_turn();
  end_expired_waits();
  wake_by(std::min(timers.next(), wheel.next_wake()));
}

// Timers that are added meanwhile wait for the next alarm, so that a timer that re-adds itself cannot hold the loop.
void Loop::Impl::run_timers() {
  const Mono at = now();
  const TimerId newest = timers.newest();
  while (auto timer = timers.take_due(at, newest)) {
    note_lateness(timer->due);
    timer->callback();
    begin_turn();
  }
}

void Loop::Impl::end_expired_waits() {
  const Mono at = now();
  wheel.take_expired(at, expired);
  if (expired.empty()) return;
  // Whoever wakes may destroy the others: hold them all before the first one runs.
  std::vector<std::shared_ptr<FdWatch::Impl>> held;
  held.reserve(expired.size());
  for (DeadlineWheel::Node* node : expired) held.push_back(static_cast<FdWatch::Impl*>(node)->shared_from_this());
  expired.clear();
  for (const auto& watch : held) {
    if (watch->has_waiter()) note_lateness(watch->deadline);
    if (watch->deadline <= at) watch->end_waits(WaitEnd::kDeadline);
    begin_turn();
  }
}

void Loop::Impl::await_signal(SignalWatch& watch) {
  watch.set.async_wait([this, &watch](error_code error, int) {
    if (error) return;
    begin_turn();
    watch.callback();
    await_signal(watch);
  });
}

Loop::Loop() : impl_(std::make_unique<Impl>()), resolver_(std::make_unique<Resolver>(*this)) {
  // A peer that went away must be an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  impl_->mailbox->loop = this;
}

Loop::~Loop() {
  const std::scoped_lock lock(impl_->mailbox->mutex);
  impl_->mailbox->loop = nullptr;
}

Mono Loop::now() const { return impl_->now(); }
Wall Loop::wall() const { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

void Loop::post(Callback callback) {
  asio::post(impl_->context, [impl = impl_.get(), callback = std::move(callback)]() mutable {
    impl->begin_turn();
    callback();
  });
}

TimerId Loop::call_at(Mono when, Callback callback) {
  impl_->assert_own_thread();
  const TimerId id = impl_->timers.add(when, now(), std::move(callback));
  impl_->wake_by(when);
  return id;
}

void Loop::cancel(TimerId timer) {
  impl_->assert_own_thread();
  impl_->timers.cancel(timer);
}

LoopHandle Loop::handle() const {
  LoopHandle handle;
  handle.mailbox_ = impl_->mailbox;
  return handle;
}

void Loop::run() { impl_->run_context(); }

// By a post: a stop that comes before run() is not lost, and what was posted before it still runs.
void Loop::stop() {
  asio::post(impl_->context, [this] { impl_->context.stop(); });
}

namespace {
Task<void> run_and_mark(Task<void> task, bool& done, Loop& loop) {
  co_await std::move(task);
  done = true;
  loop.stop();
}
}  // namespace

void Loop::run_until_done(Task<void> task) {
  bool done = false;
  // Started from inside the loop, so that the first turn is like all others.
  post([this, &done, task = std::move(task)]() mutable { spawn_detached(run_and_mark(std::move(task), done, *this)); });
  while (!done) impl_->run_context();
}

Duration Loop::lateness() const { return now() - impl_->last_late_at < kLatenessKept ? impl_->last_lateness : Duration::zero(); }

void Loop::on_signal(int signal_number, std::move_only_function<void()> callback) {
  auto watch = std::make_unique<SignalWatch>(impl_->context, signal_number, std::move(callback));
  impl_->await_signal(*watch);
  impl_->signals.push_back(std::move(watch));
}

Task<Result<std::vector<std::string>>> Loop::resolve(std::string host) { return resolver_->resolve(std::move(host), kNever); }
Task<Result<std::vector<std::string>>> Loop::resolve_by(std::string host, Mono deadline) {
  return resolver_->resolve(std::move(host), deadline);
}

bool Loop::should_yield() {
  if (++impl_->free_operations <= kFreeOperationsPerTurn) return false;
  impl_->free_operations = 0;
  return true;
}

// A descriptor is registered once, edge-triggered; async_wait re-arms it, so that a readiness between the failed
// system call and the wait is not lost. A wait whose waiter went away (deadline) stays armed for the next one.
void FdWatch::Impl::arm(Ready direction) {
  bool& is_armed = armed[static_cast<size_t>(direction)];
  if (is_armed) return;
  is_armed = true;
  const auto wait = direction == Ready::kReadable ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  descriptor.async_wait(wait, [self = shared_from_this(), direction](error_code error) {
    self->on_ready(direction, error ? WaitEnd::kClosed : WaitEnd::kReady);
  });
}

void FdWatch::Impl::on_ready(Ready direction, WaitEnd end) {
  loop.begin_turn();
  armed[static_cast<size_t>(direction)] = false;
  for (Slot& slot : slots) {
    if (slot.wake == nullptr || slot.direction != direction) continue;
    const Slot taken = std::exchange(slot, {});
    taken.wake(taken.self, end);  // may close or destroy the watch; this Impl is held by the handler
  }
}

void FdWatch::Impl::end_waits(WaitEnd end) {
  for (Slot& slot : slots) {
    if (slot.wake == nullptr) continue;
    const Slot taken = std::exchange(slot, {});
    taken.wake(taken.self, end);
  }
}

FdWatch::FdWatch(Loop& loop, int fd) : loop_(&loop), fd_(fd), impl_(std::make_shared<Impl>(loop.impl())) {
  error_code error;
  impl_->descriptor.assign(fd, error);
  if (!error) return;
  ::close(fd);  // no memory for it in the kernel: born closed
  fd_ = -1;
}
FdWatch::~FdWatch() { close(); }

void FdWatch::close() {
  if (closed()) return;
  fd_ = -1;
  loop_->impl().wheel.remove(*impl_);
  for (Impl::Slot& slot : impl_->slots) {
    if (slot.wake == nullptr) continue;
    const Impl::Slot taken = std::exchange(slot, {});
    loop_->post([taken] { taken.wake(taken.self, WaitEnd::kClosed); });
  }
  error_code ignored;
  impl_->descriptor.close(ignored);
}

void FdWatch::set_deadline(Mono deadline) {
  impl_->deadline = deadline;
  if (closed() || deadline == kNever) return;
  // Without a waiter the wait to come places it.
  if (impl_->has_waiter()) loop_->impl().wake_by(loop_->impl().wheel.place(*impl_, loop_->now()));
}

void FdWatch::wait_then(Ready role, Ready direction, Wake wake, void* self) {
  if (closed()) {
    loop_->post([wake, self] { wake(self, WaitEnd::kClosed); });
    return;
  }
  Impl::Slot& slot = impl_->slots[static_cast<size_t>(role)];
  EVERSHORE_ASSERT(slot.wake == nullptr);
  slot = {wake, self, direction};
  impl_->arm(direction);
  if (impl_->deadline != kNever) loop_->impl().wake_by(loop_->impl().wheel.place(*impl_, loop_->now()));
}

void FdWatch::Waiter::await_suspend(std::coroutine_handle<> h) {
  handle = h;
  watch.wait_then(
      direction, direction,
      [](void* self, WaitEnd how) {
        auto* waiter = static_cast<Waiter*>(self);
        waiter->end = how;
        waiter->handle.resume();
      },
      this);
}

}  // namespace evershore::io
