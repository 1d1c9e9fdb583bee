#include "io/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "io/deadline_wheel.h"
#include "io/poller.h"
#include "io/resolver.h"
#include "io/timer_queue.h"

namespace evershore::io {

namespace {
constexpr Duration kLatenessKept = Millis(100);
constexpr uint32_t kFreeOperationsPerTurn = 32;

// Signals are the process's, so this is, too: one more than the eventfd of the loop that wants one, 0 = none.
std::array<std::atomic<int>, NSIG> signal_fds;

void write_one(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);  // full: it is readable already
}
uint64_t read_count(int fd) {
  uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

extern "C" void on_process_signal(int number) {
  const int code = errno;
  const int fd = signal_fds[static_cast<size_t>(number)].load() - 1;
  if (fd >= 0) write_one(fd);
  errno = code;
}

int make_eventfd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  EVERSHORE_ASSERT(fd >= 0);
  return fd;
}
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

// What the poller hands back.
struct Watched {
  enum class Kind : uint8_t { kDescriptor, kWake, kSignal } kind;
};

struct SignalWatch : Watched {
  SignalWatch(int signal_number, std::move_only_function<void()> call)
      : Watched{Kind::kSignal}, number(signal_number), callback(std::move(call)) {}
  ~SignalWatch() {
    int ours = fd + 1;
    if (signal_fds[static_cast<size_t>(number)].compare_exchange_strong(ours, 0)) std::signal(number, SIG_DFL);
    ::close(fd);
  }
  int number;
  int fd = make_eventfd();
  std::move_only_function<void()> callback;
};

struct Loop::Impl : Watched {
  Impl() : Watched{Kind::kWake} { poller.add(wake_fd, static_cast<Watched*>(this)); }
  // Whatever a callback holds may still want to reach the loop when it goes.
  ~Impl() {
    take_brought();
    for (; !ready.empty(); ready.pop_front()) const Callback dropped = std::move(ready.front());
    closed.clear();
    ::close(wake_fd);
  }

  std::shared_ptr<LoopHandle::Mailbox> mailbox = std::make_shared<LoopHandle::Mailbox>();
  Poller poller;
  TimerQueue timers;
  DeadlineWheel wheel;
  std::vector<DeadlineWheel::Node*> expired;
  Mono alarm_at = kNever;  // when the first timer or deadline is due
  std::vector<std::unique_ptr<SignalWatch>> signals;
  std::vector<std::shared_ptr<FdWatch::Impl>> closed;  // in this turn: the poller may still name them

  int wake_fd = make_eventfd();
  std::mutex mutex;
  std::vector<Callback> brought;  // by other threads; under `mutex`
  std::atomic<bool> something_brought = false;
  std::deque<Callback> ready;
  bool stopping = false;

  std::optional<Mono> turn_time;  // empty until somebody asks in this turn
  uint32_t free_operations = 0;
  Duration last_lateness{};
  Mono last_late_at{};
  std::atomic<std::thread::id> runner{};  // whoever is inside run(), else none

  // Everything that the loop calls starts here.
  void begin_turn() {
    turn_time.reset();
    free_operations = 0;
  }
  Mono now() {
    if (!turn_time) turn_time = std::chrono::steady_clock::now();
    return *turn_time;
  }
  bool own_thread() const { return runner.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  void assert_own_thread() const { EVERSHORE_ASSERT(own_thread() || runner.load(std::memory_order_relaxed) == std::thread::id()); }

  void post(Callback callback);
  void take_brought();
  void run_ready();
  void run_until_stopped();
  void poll();
  void dispatch(const Poller::Event& event);
  // All timers and deadlines have one alarm; it is moved only when something comes before it.
  void wake_by(Mono when) { alarm_at = std::min(alarm_at, when); }
  void on_alarm();
  void run_timers();
  void end_expired_waits();
  void note_lateness(Mono due);
};

struct FdWatch::Impl : Watched, DeadlineWheel::Node, std::enable_shared_from_this<FdWatch::Impl> {
  struct Slot {
    Wake wake = nullptr;
    void* self = nullptr;
    Ready direction = Ready::kReadable;
  };

  explicit Impl(Loop::Impl& loop_impl) : Watched{Kind::kDescriptor}, loop(loop_impl) {}
  ~Impl() { loop.wheel.remove(*this); }

  Loop::Impl& loop;
  std::array<Slot, 2> slots;     // by role
  bool both_watched = false;     // writing, too, since somebody waited for it
  bool readable_missed = false;  // it became so while nobody waited
  bool peer_finished = false;    // the end was told of, perhaps together with the last bytes
  bool has_waiter() const { return slots[0].wake != nullptr || slots[1].wake != nullptr; }

  void on_ready(Ready direction);
  void wake_soon(Ready role);
  void wake_all(WaitEnd end);
};

void Loop::Impl::post(Callback callback) {
  if (own_thread()) {
    ready.push_back(std::move(callback));
    return;
  }
  {
    const std::scoped_lock lock(mutex);
    brought.push_back(std::move(callback));
    if (something_brought.exchange(true)) return;  // and so it has been woken
  }
  write_one(wake_fd);
}

void Loop::Impl::take_brought() {
  if (!something_brought.load()) return;
  std::vector<Callback> taken;
  {
    const std::scoped_lock lock(mutex);
    taken.swap(brought);
    something_brought = false;
  }
  for (Callback& callback : taken) ready.push_back(std::move(callback));
}

// What is posted meanwhile waits for the next round, so that nobody can keep the loop from its descriptors.
void Loop::Impl::run_ready() {
  for (size_t left = ready.size(); left > 0 && !stopping; --left) {
    Callback callback = std::move(ready.front());
    ready.pop_front();
    begin_turn();
    callback();
  }
}

void Loop::Impl::dispatch(const Poller::Event& event) {
  auto* const watched = static_cast<Watched*>(event.whose);
  begin_turn();
  if (watched->kind == Kind::kWake) {
    read_count(wake_fd);
  } else if (watched->kind == Kind::kSignal) {
    auto& signal = static_cast<SignalWatch&>(*watched);
    for (uint64_t left = read_count(signal.fd); left > 0; --left) signal.callback();
  } else {
    auto& watch = static_cast<FdWatch::Impl&>(*watched);
    watch.peer_finished |= event.finished;
    if (event.readable) watch.on_ready(Ready::kReadable);
    if (event.writable) watch.on_ready(Ready::kWritable);
  }
}

void Loop::Impl::poll() {
  begin_turn();
  const bool idle = ready.empty() && !something_brought.load() && !stopping;
  const auto events = poller.wait(!idle ? Duration::zero() : alarm_at == kNever ? Poller::kForEver : alarm_at - now());
  for (const auto& event : events) dispatch(event);
  closed.clear();
  begin_turn();
  if (alarm_at != kNever && alarm_at <= now()) on_alarm();
}

void Loop::Impl::run_until_stopped() {
  runner = std::this_thread::get_id();
  while (!stopping) {
    take_brought();
    run_ready();
    if (!stopping) poll();
  }
  stopping = false;
  runner = std::thread::id();
}

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
    if (watch->deadline <= at) watch->wake_all(WaitEnd::kDeadline);
    begin_turn();
  }
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

void Loop::post(Callback callback) { impl_->post(std::move(callback)); }

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

void Loop::run() { impl_->run_until_stopped(); }

// By a post: a stop that comes before run() is not lost, and what was posted before it still runs.
void Loop::stop() {
  impl_->post([this] {
    impl_->take_brought();
    impl_->ready.push_back([this] { impl_->stopping = true; });
  });
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
  while (!done) impl_->run_until_stopped();
}

Duration Loop::lateness() const { return now() - impl_->last_late_at < kLatenessKept ? impl_->last_lateness : Duration::zero(); }

void Loop::on_signal(int signal_number, std::move_only_function<void()> callback) {
  auto watch = std::make_unique<SignalWatch>(signal_number, std::move(callback));
  signal_fds[static_cast<size_t>(signal_number)] = watch->fd + 1;
  EVERSHORE_ASSERT(impl_->poller.add(watch->fd, static_cast<Watched*>(watch.get())));
  struct sigaction action = {};
  action.sa_handler = on_process_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal_number, &action, nullptr);
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

// A descriptor is registered once, edge-triggered, for reading, and for writing from the first wait for that on. A watch
// stays alive while its events are handed out (Loop::Impl::closed).
void FdWatch::Impl::on_ready(Ready direction) {
  bool waited = false;
  for (Slot& slot : slots) {
    if (slot.wake == nullptr || slot.direction != direction) continue;
    waited = true;
    const Slot taken = std::exchange(slot, {});
    taken.wake(taken.self, WaitEnd::kReady);  // may close or destroy the watch
  }
  if (!waited && direction == Ready::kReadable) readable_missed = true;
}

void FdWatch::Impl::wake_soon(Ready role) {
  loop.post([self = shared_from_this(), role] {
    Slot& slot = self->slots[static_cast<size_t>(role)];
    if (slot.wake == nullptr) return;  // woken already
    const Slot taken = std::exchange(slot, {});
    taken.wake(taken.self, WaitEnd::kReady);
  });
}

void FdWatch::Impl::wake_all(WaitEnd end) {
  for (Slot& slot : slots) {
    if (slot.wake == nullptr) continue;
    const Slot taken = std::exchange(slot, {});
    taken.wake(taken.self, end);
  }
}

FdWatch::FdWatch(Loop& loop, int fd) : loop_(&loop), fd_(fd), impl_(std::make_shared<Impl>(loop.impl())) {
  if (loop.impl().poller.add(fd, static_cast<Watched*>(impl_.get()))) return;
  ::close(fd);  // no memory for it in the kernel: born closed
  fd_ = -1;
}
FdWatch::~FdWatch() { close(); }

void FdWatch::close() {
  if (closed()) return;
  auto& loop = loop_->impl();
  loop.wheel.remove(*impl_);
  for (Impl::Slot& slot : impl_->slots) {
    if (slot.wake == nullptr) continue;
    const Impl::Slot taken = std::exchange(slot, {});
    loop_->post([taken] { taken.wake(taken.self, WaitEnd::kClosed); });
  }
  loop.poller.remove(fd_);  // a child that has not come to its exec yet would keep it alive there
  ::close(std::exchange(fd_, -1));
  loop.closed.push_back(impl_);
}

void FdWatch::set_deadline(Mono deadline) {
  impl_->deadline = deadline;
  if (closed() || deadline == kNever) return;
  // Without a waiter the wait to come places it.
  if (impl_->has_waiter()) loop_->impl().wake_by(loop_->impl().wheel.place(*impl_, loop_->now()));
}

void FdWatch::wait_then(Ready role, Ready direction, Known known, Wake wake, void* self) {
  if (closed()) {
    loop_->post([wake, self] { wake(self, WaitEnd::kClosed); });
    return;
  }
  Impl::Slot& slot = impl_->slots[static_cast<size_t>(role)];
  EVERSHORE_ASSERT(slot.wake == nullptr);
  slot = {wake, self, direction};
  const bool more = direction == Ready::kWritable && !impl_->both_watched;
  impl_->both_watched |= more;
  if (more || known == Known::kUnknown) {
    loop_->impl().poller.ask(fd_, static_cast<Watched*>(impl_.get()), impl_->both_watched);
  } else if (known == Known::kDrained && (impl_->readable_missed || impl_->peer_finished)) {
    impl_->wake_soon(role);
  }
  if (direction == Ready::kReadable) impl_->readable_missed = false;
  if (impl_->deadline != kNever) loop_->impl().wake_by(loop_->impl().wheel.place(*impl_, loop_->now()));
}

void FdWatch::Waiter::await_suspend(std::coroutine_handle<> h) {
  handle = h;
  watch.wait_then(
      direction, direction, known,
      [](void* self, WaitEnd how) {
        auto* waiter = static_cast<Waiter*>(self);
        waiter->end = how;
        waiter->handle.resume();
      },
      this);
}

}  // namespace evershore::io
