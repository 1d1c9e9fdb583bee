#include "io/connection_book.h"

#include <vector>

namespace evershore::io {

namespace {

// An IPv4 address, written as IPv6 or not, or the first 64 bits of an IPv6 address (what one subscriber has); 0 = none.
uint64_t client_of(std::span<const uint8_t> bytes) {
  constexpr uint64_t kVersion4 = 0xffff'ffff'0000'0000;  // no prefix of an IPv6 client
  uint64_t value = 0;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 8))) value = value << 8 | byte;
  if (bytes.size() == 4) return kVersion4 | value;
  if (bytes.size() != 16) return 0;
  if (value != 0) return value;
  uint64_t low = 0;
  for (const uint8_t byte : bytes.subspan(8)) low = low << 8 | byte;
  return kVersion4 | (low & 0xffff'ffff);  // ::ffff:192.0.2.1, ::1
}

}  // namespace

ConnectionBook::ConnectionBook(ConnectionLimits limits) : limits_(std::make_shared<const ConnectionLimits>(std::move(limits))) {}

void ConnectionBook::set_limits(ConnectionLimits limits) { limits_.publish(std::move(limits)); }

ConnectionBook::Place ConnectionBook::enter() {
  Place place;
  if (connections_.fetch_add(1, std::memory_order_relaxed) >= limits_.read()->connections_max) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
  } else {
    place.book_ = this;
  }
  return place;
}

bool ConnectionBook::add_client(uint64_t client, uint32_t most) {
  const std::scoped_lock lock(mutex_);
  auto& count = clients_[client];
  if (count >= most) return false;
  ++count;
  return true;
}

void ConnectionBook::remove_client(uint64_t client) {
  const std::scoped_lock lock(mutex_);
  const auto found = clients_.find(client);
  if (found != clients_.end() && --found->second == 0) clients_.erase(found);
}

bool ConnectionBook::Place::belongs_to(std::string_view address) {
  const auto limits = book_->limits_.read();
  if (limits->per_client_max == 0 || client_ != 0) return true;
  const auto bytes = address_bytes(address);
  const uint64_t client = client_of(bytes);
  if (client == 0 || limits->exempt.contains(bytes)) return true;
  if (!book_->add_client(client, limits->per_client_max)) return false;
  client_ = client;
  return true;
}

ConnectionBook::Place::~Place() {
  if (book_ == nullptr) return;
  book_->connections_.fetch_sub(1, std::memory_order_relaxed);
  if (client_ != 0) book_->remove_client(client_);
}

}  // namespace evershore::io
