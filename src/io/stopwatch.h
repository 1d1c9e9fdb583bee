// How long a piece of work takes, for counters: a loop's own time stands still while it works. Decides nothing.
#pragma once

#include <chrono>

#include "base/time.h"

namespace evershore::io {

class Stopwatch {
 public:
  Duration elapsed() const { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace evershore::io
