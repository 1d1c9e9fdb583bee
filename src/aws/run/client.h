// Calls that come through: paced, signed with fresh keys and a corrected clock, tried again where that can help.
#pragma once

#include <functional>
#include <string>

#include "aws/run/keys.h"
#include "aws/run/transport.h"
#include "base/log.h"
#include "base/sync.h"

namespace evershore::aws {

// Route 53 allows 5 requests a second for the whole account: some are left for others.
inline constexpr Duration kRoute53Spacing = std::chrono::milliseconds(250);

class Client {
 public:
  // `chance` gives numbers from 0 to 1. `spacing`: between two calls to Route 53; nothing, where it is not AWS that is called.
  Client(Scheduler& scheduler, Transport& transport, Keys& keys, Duration spacing, std::function<double()> chance, Log log);

  // The answer, if it is a good one; else the error by its class (error_of). "Is there already", as the answer to a call that was
  // sent before without hearing of it, is a good one with an empty body.
  Task<Result<Answer>> send(Call call);

  // Calls that are under way, and new ones, end with kClosed.
  void stop();

  uint64_t calls() const { return calls_; }

 private:
  struct Try {
    Result<Answer> result;
    ErrorClass error = ErrorClass::kRefused;
    bool good = false;
  };
  Task<Try> try_once(Call call);
  Task<void> pace(Service service);
  void correct_clock(const Answer& answer);

  Scheduler& scheduler_;
  Transport& transport_;
  Keys& keys_;
  Duration spacing_;
  std::function<double()> chance_;
  Log log_;
  Duration clock_offset_{};  // what to add to our clock to be right
  Mono route53_free_{};
  uint64_t calls_ = 0;
  bool stopped_ = false;
  Signal stopping_;
};

}  // namespace evershore::aws
