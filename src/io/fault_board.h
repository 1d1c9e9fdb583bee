// Faults that a drill puts in front of a region on purpose: every connection this node makes to that address then behaves
// as if the region were broken. Off (one relaxed load per request) unless a drill runs. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace evershore::io {

enum class FaultMode : uint8_t {
  kNone,
  kDown,       // connections are refused; running ones break
  kBlackhole,  // nothing is answered any more, nothing is refused
  kError,      // every request is answered 503
  kSlow,       // every answer begins kDrillSlowness later
  kCut,        // bodies break off in the middle
};

class FaultBoard {
 public:
  // `address` is "host:port" of the region's endpoint. kNone ends the fault.
  void set(const std::string& address, FaultMode mode) {
    std::scoped_lock lock(mutex_);
    if (mode == FaultMode::kNone) {
      faults_.erase(address);
    } else {
      faults_[address] = mode;
    }
    count_.store(faults_.size(), std::memory_order_release);
  }
  bool quiet() const { return count_.load(std::memory_order_acquire) == 0; }
  FaultMode mode(std::string_view address) const {
    if (quiet()) return FaultMode::kNone;
    std::scoped_lock lock(mutex_);
    const auto at = faults_.find(address);
    return at == faults_.end() ? FaultMode::kNone : at->second;
  }

 private:
  std::atomic<size_t> count_{0};
  mutable std::mutex mutex_;
  std::map<std::string, FaultMode, std::less<>> faults_;  // under mutex_
};

// "down" "blackhole" "error" "slow" "cut"
inline std::optional<FaultMode> fault_mode_of(std::string_view name) {
  if (name == "down") return FaultMode::kDown;
  if (name == "blackhole") return FaultMode::kBlackhole;
  if (name == "error") return FaultMode::kError;
  if (name == "slow") return FaultMode::kSlow;
  if (name == "cut") return FaultMode::kCut;
  return std::nullopt;
}

}  // namespace evershore::io
