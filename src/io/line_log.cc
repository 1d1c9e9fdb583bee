#include "io/line_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

namespace evershore::io {

namespace {

constexpr auto kGather = std::chrono::milliseconds(20);  // between two rounds: lines leave together
constexpr int kPatienceMs = 100;                         // with a reader, between two looks at whether we are to end
constexpr mode_t kMode = 0640;

// Signals are for the control loop's thread: this one is started with all of them blocked.
std::thread quiet_thread(std::move_only_function<void()> work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

std::shared_ptr<const int> owned(int fd) {
  return {new int(fd), [](const int* each) {
            if (*each != STDOUT_FILENO) ::close(*each);
            delete each;
          }};
}

}  // namespace

void LineFeed::add(std::string_view line) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() + line.size() > kWaitingBytesMax) return dropped.add();
    waiting_ += line;
  }
  lines.add();
  if (!log_.awake_.load() && !log_.awake_.exchange(true)) log_.wake();
}

LineLog::LineLog(size_t feeds, Log log) : log_(log) {
  for (size_t i = 0; i < feeds; ++i) feeds_.push_back(std::unique_ptr<LineFeed>(new LineFeed(*this)));
  thread_ = quiet_thread([this] { run(); });
}

LineLog::~LineLog() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<void> LineLog::open(const std::string& path) {
  std::shared_ptr<const int> file;
  if (path == kStandardOutput) {
    file = owned(STDOUT_FILENO);
  } else if (!path.empty()) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode);
    if (fd < 0) return fail(Fault::kBroken, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    file = owned(fd);
  }
  const std::scoped_lock lock(mutex_);
  file_.swap(file);  // the old one closes when the thread has no use for it any more
  return {};
}

Result<void> LineLog::give_to(uint32_t user, uint32_t group) {
  const std::scoped_lock lock(mutex_);
  if (!file_ || *file_ == STDOUT_FILENO || ::fchown(*file_, user, group) == 0) return {};
  return fail(Fault::kBroken, std::strerror(errno));
}

void LineLog::wake() {
  const std::scoped_lock lock(mutex_);
  changed_.notify_one();
}

void LineLog::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || awake_; });
    awake_ = false;  // before the feeds are looked at: a line that comes later wakes us again
    const bool last = closing_;
    const auto file = file_;
    lock.unlock();
    const std::string text = take_waiting();
    if (file) write(*file, text);
    if (last) return;
    lock.lock();
    changed_.wait_for(lock, kGather, [this] { return closing_.load(); });
  }
}

std::string LineLog::take_waiting() {
  std::string all;
  for (const auto& feed : feeds_) {
    std::string some;
    {
      const std::scoped_lock lock(feed->mutex_);
      some.swap(feed->waiting_);
    }
    all = all.empty() ? std::move(some) : all + some;
  }
  return all;
}

void LineLog::write(int fd, std::string_view text) {
  while (!text.empty()) {
    const bool fine = put(fd, text);
    if (fine) continue;
    failures_.add();
    return;
  }
}

// Some of `text`, which is taken off it. A pipe or terminal may have a reader that does not read: it is given what it takes at once.
bool LineLog::put(int fd, std::string_view& text) {
  pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
  while (::poll(&ready, 1, kPatienceMs) == 0) {
    if (closing_) return false;
  }
  struct stat info = {};
  const bool file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const ssize_t put = ::write(fd, text.data(), file ? text.size() : std::min<size_t>(text.size(), PIPE_BUF));
  if (put < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (put < 0) {
    if (!std::exchange(troubled_, true)) log_.warn("the access log cannot be written, lines are lost: {}", std::strerror(errno));
    return false;
  }
  troubled_ = false;
  text.remove_prefix(static_cast<size_t>(put));
  return true;
}

}  // namespace evershore::io
