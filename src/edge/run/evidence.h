// What requests of users say about a region's health, on top of its checks.
#pragma once

#include <string_view>

#include "model/health.h"

namespace evershore::edge {

class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  // Any thread; must not block. Every failure is reported, successes at most ten a second, region and loop.
  virtual void report(std::string_view region, ProbeResult result) = 0;
};

}  // namespace evershore::edge
