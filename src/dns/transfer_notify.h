// Telling a secondary that a zone has changed (RFC 1996): which notice is due when, and what its answer means. No sockets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "dns/transfer.h"

namespace evershore::dns {

inline constexpr Duration kNotifyRetryFirst = std::chrono::milliseconds(500);  // then twice as long each time,
inline constexpr Duration kNotifyRetryMax = std::chrono::seconds(60);          // up to this,
inline constexpr uint32_t kNotifyAttemptsMax = 10;  // and so often: about 4 min. After that the secondary's own refresh remains.
inline constexpr uint32_t kNotifyWarnAfter = 3;     // unanswered notices in a row that are worth a warning

struct NotifyState {
  uint32_t serial = 0;
  bool acknowledged = false;
  uint32_t attempts = 0;  // for this serial
  std::string why;        // "no answer", "answers REFUSED"; "" while there is nothing to complain of
};

// The notices for one secondary.
//
//   event                         becomes
//   another serial                due at once, attempts 0
//   sent, attempts < max          due again after a delay that doubles
//   sent, attempts = max          never due
//   answer NOERROR to this one    acknowledged, never due
//   answer with another code      as unanswered, with the code as reason
class NotifyQueue {
 public:
  struct Entry {
    NotifyState state;
    Mono next = kNever;
    uint16_t id = 0;          // of the last notice sent
    std::string request_mac;  // of the same; "" = unsigned
    bool complained = false;  // there was a warning, so the end of it is worth a line
  };
  // Zones that are not in `zones` any more are forgotten.
  void take(const std::map<Name, TransferZone>& zones, Mono now);
  // What is to be sent now; each then counts as sent.
  std::vector<Name> due(Mono now);
  Mono next() const;  // kNever: nothing waits
  Entry& at(const Name& zone) { return entries_.at(zone); }
  const std::map<Name, Entry>& entries() const { return entries_; }
  // The entry that an answer with this ID belongs to; nullptr: none waits for it.
  Entry* find(const Name& zone, uint16_t id);

 private:
  std::map<Name, Entry> entries_;
};

// The notice itself, with the new SOA as a hint.
std::vector<uint8_t> build_notify(const TransferZone& zone, uint16_t id);

struct NotifyAnswer {
  uint16_t id = 0;
  Name zone;
  dnswire::Rcode rcode = dnswire::Rcode::kNoError;
};
// nullopt: not an answer to a notice.
std::optional<NotifyAnswer> parse_notify_answer(std::span<const uint8_t> packet);

}  // namespace evershore::dns
