// Which descriptors have something to do: epoll, edge-triggered. For loop.cc.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <span>

#include "base/time.h"

namespace evershore::io {

class Poller {
 public:
  struct Event {
    void* whose;
    bool readable;  // or at its end, or broken: trying tells
    bool writable;  // the same
    bool finished;  // the peer sends nothing more
  };
  static constexpr Duration kForEver = Duration::max();

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Tells when the descriptor is readable, and each time it becomes so anew. False: the kernel has no memory for it, or cannot watch
  // such a thing.
  bool add(int fd, void* whose);
  // Tells once more what is now, and from then on of writing as well, if that is wanted.
  void ask(int fd, void* whose, bool writing_too);
  void remove(int fd);

  // Waits until there is an event, for `most` at most. Valid until the next call.
  std::span<const Event> wait(Duration most);

 private:
  static constexpr size_t kEventsMax = 128;
  int fd_;
  std::array<epoll_event, kEventsMax> raw_;
  std::array<Event, kEventsMax> events_;
};

}  // namespace evershore::io
