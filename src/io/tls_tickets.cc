#include "io/tls_tickets.h"

#include <algorithm>

#include "io/files.h"

namespace evershore::io {

namespace {
TlsTicketKey make_key(Mono now) {
  TlsTicketKey key{.made = now};
  fill_random(key.name);
  fill_random(key.encrypt);
  fill_random(key.authenticate);
  return key;
}
}  // namespace

void TlsTicketKeys::rotate(Mono now) {
  if (current_ && now - current_->made < kLifetime) return;
  const bool still_read = current_ && now - current_->made < 2 * kLifetime;
  previous_ = still_read ? current_ : std::nullopt;
  current_ = make_key(now);
}

TlsTicketKey TlsTicketKeys::for_new_ticket(Mono now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  return *current_;
}

std::optional<TlsTicketKeys::Found> TlsTicketKeys::find(std::span<const uint8_t> name, Mono now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  if (std::ranges::equal(name, current_->name)) return Found{*current_, true};
  const bool known = previous_ && now - previous_->made < 2 * kLifetime && std::ranges::equal(name, previous_->name);
  return known ? std::optional(Found{*previous_, false}) : std::nullopt;
}

}  // namespace evershore::io
