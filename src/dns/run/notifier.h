// Sends notices of change to the secondaries and hears their answers: one socket for each, on the control loop. Never waits in
// front of an answer: sending is one system call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "dns/transfer_notify.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/udp_asker.h"

namespace evershore::dns {

// One thread writes.
struct NotifierCounters {
  Counter sent;          // notices, repeated ones too
  Counter acknowledged;  //
  Counter given_up;      // notices that nobody acknowledged in all their repetitions
};

// How one secondary stands to one zone.
struct SecondaryStatus {
  std::string address;
  std::string zone;
  NotifyState state;
};

class Notifier {
 public:
  Notifier(io::Loop& loop, Log log) : loop_(loop), log_(log) {}
  ~Notifier();  // after stop()

  // The settings are sound (dns::validate, check). Secondaries that stay keep what they have acknowledged.
  void configure(const DnsSettings& settings, const TransferRules& rules);
  // Notices of every zone whose serial is new go out before this returns.
  void published(std::shared_ptr<const TransferSnapshot> zones);
  Task<void> stop();

  std::vector<SecondaryStatus> status() const;
  const NotifierCounters& counters() const { return counters_; }

 private:
  struct Secondary {
    std::string address;
    std::unique_ptr<io::UdpAsker> asker;
    NotifyQueue queue;
  };
  Task<void> serve(std::shared_ptr<Secondary> secondary);
  void send_due(Secondary& secondary);
  void send(Secondary& secondary, const Name& apex);
  void take_answers(Secondary& secondary);
  void take_answer(Secondary& secondary, std::span<const uint8_t> packet);

  io::Loop& loop_;
  Log log_;
  std::vector<dnswire::TsigKey> keys_;  // none or one: the one that signs
  std::vector<std::shared_ptr<Secondary>> secondaries_;
  std::shared_ptr<const TransferSnapshot> zones_ = std::make_shared<const TransferSnapshot>();
  NotifierCounters counters_;
  TaskScope tasks_;
};

}  // namespace evershore::dns
