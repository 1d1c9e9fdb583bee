// Time comes in as an argument (pure code) or from a Clock& (loops). steady_clock::now(), system_clock::now() and
// sleep_for appear only in io/ and app/; scripts/lint says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace evershore {

using Duration = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;
using Mono = std::chrono::time_point<std::chrono::steady_clock, Duration>;  // never goes back; no calendar
using Wall = std::chrono::sys_time<std::chrono::microseconds>;              // calendar time, may jump

inline constexpr Mono kNever = Mono::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Mono now() const = 0;
  virtual Wall wall() const = 0;
};

using Callback = std::move_only_function<void()>;

enum class TimerId : uint64_t { kNone = 0 };

// One thread's turn-taker: io::Loop in production, sim::World in the deterministic test. Code that only needs time
// and turns takes a Scheduler&, and so runs unchanged in both.
class Scheduler : public Clock {
 public:
  // Runs `callback` on this scheduler's thread, after the present turn. Safe from any thread.
  virtual void post(Callback callback) = 0;
  // Own thread only. Runs `callback` once at or soon after `when` (resolution 1 ms).
  virtual TimerId call_at(Mono when, Callback callback) = 0;
  // Own thread only. A timer that has already fired, or kNone, is ignored.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace evershore
