// Keys of TLS session tickets: one set for all loops and over reloads, so that a client resumes wherever it comes back to. They change
// by themselves: a ticket that is stolen later tells nothing. Nothing of them is ever written down.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "base/time.h"

namespace evershore::io {

struct TlsTicketKey {
  std::array<uint8_t, 16> name{};
  std::array<uint8_t, 32> encrypt{};
  std::array<uint8_t, 32> authenticate{};
  Mono made{};
};

// Any thread.
class TlsTicketKeys {
 public:
  static constexpr Duration kLifetime =
      std::chrono::hours(2);  // of a ticket; a key makes tickets for so long, and reads them as long again

  TlsTicketKey for_new_ticket(Mono now);
  struct Found {
    TlsTicketKey key;
    bool current;  // else the client should get a new ticket
  };
  std::optional<Found> find(std::span<const uint8_t> name, Mono now);

 private:
  void rotate(Mono now);

  std::mutex mutex_;
  std::optional<TlsTicketKey> current_;   // under mutex_
  std::optional<TlsTicketKey> previous_;  // under mutex_
};

}  // namespace evershore::io
