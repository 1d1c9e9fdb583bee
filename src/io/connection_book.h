// Counts the connections of clients over all servers that share it, in all and by client, and says when there are too many. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/networks.h"
#include "base/published.h"

namespace evershore::io {

struct ConnectionLimits {
  size_t connections_max = 20'000;
  uint32_t per_client_max = 0;  // an IPv4 address or an IPv6 /64; 0 = any number
  Networks exempt;              // clients that may have any number
};

class ConnectionBook {
 public:
  explicit ConnectionBook(ConnectionLimits limits);
  // For those that come from now on.
  void set_limits(ConnectionLimits limits);
  size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  // One connection; counted while this lives. The book outlives it.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept { swap(other); }
    Place& operator=(Place&& other) noexcept {
      swap(other);
      return *this;
    }
    ~Place();
    explicit operator bool() const { return book_ != nullptr; }
    // Counts it as this client's, once; false: the client has too many.
    bool belongs_to(std::string_view address);

   private:
    friend class ConnectionBook;
    void swap(Place& other) noexcept {
      std::swap(book_, other.book_);
      std::swap(client_, other.client_);
    }
    ConnectionBook* book_ = nullptr;
    uint64_t client_ = 0;  // 0 = nobody's
  };
  // An empty place: there are too many.
  Place enter();

 private:
  bool add_client(uint64_t client, uint32_t most);
  void remove_client(uint64_t client);

  Published<ConnectionLimits> limits_;
  std::atomic<size_t> connections_ = 0;
  std::mutex mutex_;
  std::unordered_map<uint64_t, uint32_t> clients_;  // under mutex_; those that have connections
};

}  // namespace evershore::io
