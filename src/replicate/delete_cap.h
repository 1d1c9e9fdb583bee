// A limit on how many keys removals may take from other regions within a time: a bucket wiped by mistake must not wipe its
// replicas. What is held stays queued until the window has passed or somebody releases it. Pure.
//
//   now                   deletes in the window         becomes        answer
//   within the window     < the larger of both limits   one more used  kAllow
//   within the window     at the limit                  unchanged      kHold
//   past the window       any                           new window     kAllow
#pragma once

#include <cstdint>

#include "base/time.h"

namespace evershore::replicate {

struct DeleteCapRules {
  uint64_t keys = 1000;
  uint32_t percent_of_keys = 10;
  Duration window = std::chrono::hours(1);
};

struct DeleteCapState {
  Mono window_start{};
  uint64_t used = 0;
};

enum class DeleteVerdict : uint8_t { kAllow, kHold };

struct DeleteCapStep {
  DeleteCapState next;
  DeleteVerdict verdict = DeleteVerdict::kAllow;
};

DeleteCapStep delete_cap_step(const DeleteCapRules& rules, DeleteCapState at, uint64_t keys_in_site, Mono now);

}  // namespace evershore::replicate
