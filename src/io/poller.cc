#include "io/poller.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"

namespace evershore::io {

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) { EVERSHORE_ASSERT(fd_ >= 0); }
Poller::~Poller() { ::close(fd_); }

namespace {
constexpr uint32_t kReading = EPOLLIN | EPOLLRDHUP | EPOLLET;
}

bool Poller::add(int fd, void* whose) {
  epoll_event event = {.events = kReading, .data = {.ptr = whose}};
  return ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::ask(int fd, void* whose, bool writing_too) {
  epoll_event event = {.events = kReading | (writing_too ? EPOLLOUT : 0U), .data = {.ptr = whose}};
  ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) { ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

std::span<const Poller::Event> Poller::wait(Duration most) {
  int count = 0;
  if (most == kForEver) {
    count = ::epoll_wait(fd_, raw_.data(), static_cast<int>(raw_.size()), -1);
  } else {
    const auto left = std::max(std::chrono::ceil<std::chrono::nanoseconds>(most), std::chrono::nanoseconds::zero());
    const timespec until = {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
    count = ::epoll_pwait2(fd_, raw_.data(), static_cast<int>(raw_.size()), &until, nullptr);
    if (count < 0 && errno == ENOSYS) {  // before Linux 5.11: by milliseconds, rather late than early
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      count = ::epoll_wait(fd_, raw_.data(), static_cast<int>(raw_.size()), static_cast<int>(std::min<int64_t>(ms, 60'000)));
    }
  }
  for (int i = 0; i < count; ++i) {
    const auto& raw = raw_[static_cast<size_t>(i)];
    const bool ended = (raw.events & (EPOLLERR | EPOLLHUP)) != 0;
    events_[static_cast<size_t>(i)] = {raw.data.ptr, ended || (raw.events & EPOLLIN) != 0, ended || (raw.events & EPOLLOUT) != 0,
                                       (raw.events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0};
  }
  return std::span(events_).first(static_cast<size_t>(std::max(count, 0)));
}

}  // namespace evershore::io
