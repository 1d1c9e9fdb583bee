// Asks a name server the same question every few milliseconds and notes when the answer changes. One loop's.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "app/demo/statistics.h"
#include "io/udp_asker.h"
#include "wire/dns/name.h"

namespace evershore::app::demo {

class DnsWatch {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(5);
  static constexpr size_t kChangesMax = 10'000;

  // An A question for `name`.
  static Result<std::unique_ptr<DnsWatch>> open(io::Loop& loop, const io::Endpoint& server, const std::string& name);

  void start();
  Task<void> finish();  // must have ended before the watch goes
  // The first entry is the first answer. "" stands for an answer without addresses.
  const std::vector<DnsChange>& changes() const { return changes_; }

 private:
  explicit DnsWatch(io::Loop& loop) : loop_(loop) {}
  Task<void> listen();
  void ask();
  void take(std::span<const uint8_t> datagram);

  io::Loop& loop_;
  std::unique_ptr<io::UdpAsker> asker_;
  dnswire::Name name_;
  uint16_t id_ = 0;
  TimerId timer_ = TimerId::kNone;
  std::vector<DnsChange> changes_;
  TaskScope scope_;
};

}  // namespace evershore::app::demo
