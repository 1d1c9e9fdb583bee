// One probe of one target: asks, judges the answer, says how long it took. Own thread: the loop's.
#pragma once

#include <memory>

#include "health/plan.h"
#include "io/fault_board.h"
#include "io/http_client.h"
#include "io/loop.h"

namespace evershore::health {

// Lets a probe that is under way be given up. Own thread.
class ProbeCancel {
 public:
  virtual ~ProbeCancel() = default;
  virtual void cancel() = 0;
};

class Prober {
 public:
  struct Options {
    const io::FaultBoard* faults = nullptr;  // faults that a drill puts in front of addresses; may be null
  };
  // `loop` and `options.faults` outlive the prober; it outlives its probes.
  Prober(io::Loop& loop, Options options);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // Every probe is a fresh connection. Certificates are not verified (as Route 53 does it), but for a region's own check: what the
  // edge would refuse to talk to is no region to send users to. Ends by `timeout`, whatever hangs:
  // look-up, connection, handshake, answer or body. ProbeResult::self_late is set where a time-out may be our own fault.
  // `*under_way` is set while the probe waits and null otherwise.
  Task<ProbeResult> probe(ProbeTarget target, Duration timeout, ProbeCancel** under_way);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::health
