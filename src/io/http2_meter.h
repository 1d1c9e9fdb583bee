// What an HTTP/2 client may do that costs it little and the server much, and for how long it is let. One connection's own; pure.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace evershore::io {

//   event          it is                                                       at once  per second
//   kReset         a request that ended before its answer, by the client           200         50   CVE-2023-44487, CVE-2025-8671
//   kControl       SETTINGS or PING, each of which we must acknowledge             100         20   CVE-2019-9512, -9515
//   kEmpty         DATA without a byte and without an end                          100         20   CVE-2019-9518
//   kBookkeeping   WINDOW_UPDATE and PRIORITY (and one more for each KiB of body  2000        500   CVE-2019-9511, -9513
//                  sent, which a window follows)
enum class Http2Event : uint8_t { kReset, kControl, kEmpty, kBookkeeping };
enum class Http2Verdict : uint8_t { kGoOn, kTooMuch };

class Http2Meter {
 public:
  static constexpr size_t kEvents = 4;

  explicit Http2Meter(Mono now);
  Http2Verdict note(Http2Event event, Mono now);
  void sent(uint64_t body_bytes);

 private:
  struct Bucket {
    double left = 0;
    Mono filled;
  };
  std::array<Bucket, kEvents> buckets_;
  uint64_t sent_bytes_ = 0;  // not yet turned into room for bookkeeping
};

}  // namespace evershore::io
