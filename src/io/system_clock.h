// The machine's own time, for threads that have no loop. Those that have one take its time, which stands still for a turn.
#pragma once

#include "base/time.h"

namespace evershore::io {

class SystemClock final : public Clock {
 public:
  Mono now() const override { return std::chrono::steady_clock::now(); }
  Wall wall() const override { return std::chrono::floor<Wall::duration>(std::chrono::system_clock::now()); }
};

}  // namespace evershore::io
