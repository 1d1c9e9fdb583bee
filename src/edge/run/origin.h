// The edge's door to the regions: open one object at one region. HttpOriginClient is behind it in production, a fake in
// tests. One loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "model/object.h"
#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

struct OriginRequest {
  std::string method = "GET";
  std::string region;
  ObjectKey key;
  // Of sites that forward requests; "" = the key says all.
  std::string target;    // path and query, instead of the key's
  http::Headers fields;  // of the client
  std::string body;
  // Fields to send, "" = none; verbatim.
  std::string range;
  std::string if_match;
  std::string if_none_match;
  std::string if_modified_since;
};

struct Budgets {
  Duration connect = std::chrono::milliseconds(300);
  Duration first_byte = std::chrono::seconds(2);
  Duration stall = std::chrono::seconds(3);
};

// An answer whose body is still on its way. Destroying it gives up the rest.
class OriginReply {
 public:
  virtual ~OriginReply() = default;
  virtual const http::ResponseHead& head() const = 0;
  // Next piece, valid until the next call; empty = the announced end. A break or a short body is an error.
  virtual Task<Result<std::span<const uint8_t>>> next() = 0;
  // The same; may read straight into `room`: then the piece lies there.
  virtual Task<Result<std::span<const uint8_t>>> next_into([[maybe_unused]] std::span<uint8_t> room) { return next(); }
  // Ends a pending next() with kClosed.
  virtual void cancel() = 0;
};

// Gives up a pending open(), which then ends with kClosed.
class OriginCancel {
 public:
  void cancel() {
    if (std::exchange(cancelled_, true)) return;
    if (on_cancel) on_cancel();
  }
  bool cancelled() const { return cancelled_; }
  std::function<void()> on_cancel;  // set by the Origin while it waits

 private:
  bool cancelled_ = false;
};

class Origin {
 public:
  virtual ~Origin() = default;
  // Waits for the head. kTimedOut: connect or first-byte budget; kRefused, kClosed, kBroken as usual; the text says what.
  // `cancel` lives until the return.
  virtual Task<Result<std::unique_ptr<OriginReply>>> open(OriginRequest request, Budgets budgets, OriginCancel& cancel) = 0;
  virtual Addressing addressing(std::string_view region) const = 0;
  // The region's breaker has opened: kept connections to it are probably dead.
  virtual void forget_connections(std::string_view region) = 0;
};

}  // namespace evershore::edge
