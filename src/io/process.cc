#include "io/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace evershore::io {
namespace {

// posix_spawn's two settings objects, with what every child gets.
struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnSetup() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);  // we ignore SIGPIPE; the child decides for itself
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string_view name_of(std::string_view assignment) { return assignment.substr(0, assignment.find('=')); }

std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
  std::vector<std::string> all = additions;
  for (char** at = environ; *at != nullptr; ++at) {
    bool replaced = false;
    for (const std::string& addition : additions) replaced = replaced || name_of(addition) == name_of(*at);
    if (!replaced) all.emplace_back(*at);
  }
  return all;
}

// The reading end of a pipe that holds `input` and then ends.
Result<int> pipe_with(std::string_view input) {
  if (input.size() > kProcessInputBytesMax) return fail(Fault::kInvalid, fmt::format("more than {} bytes of input", kProcessInputBytesMax));
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Fault::kBusy, "no pipe: " + std::string(std::strerror(errno)));
  const ssize_t put = input.empty() ? 0 : ::write(ends[1], input.data(), input.size());
  ::close(ends[1]);
  if (put == static_cast<ssize_t>(input.size())) return ends[0];
  ::close(ends[0]);
  return fail(Fault::kBroken, "the input did not fit the pipe");
}

// posix_spawn cannot ask for PR_SET_PDEATHSIG; util-linux's setpriv does, then becomes the program (the pid stays).
void set_parent_death_signal(std::vector<std::string>& argv) { argv.insert(argv.begin(), {"setpriv", "--pdeathsig", "KILL", "--"}); }

int spawn(pid_t& pid, ProcessOptions& options, int input_fd) {
  SpawnSetup setup;
  const char* output = options.output_path.empty() ? "/dev/null" : options.output_path.c_str();
  posix_spawn_file_actions_adddup2(&setup.actions, input_fd, 0);
  posix_spawn_file_actions_addopen(&setup.actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&setup.actions, 1, 2);
  std::vector<std::string> environment = environment_with(options.environment);
  const auto argv = pointers_to(options.argv);
  const auto envp = pointers_to(environment);
  return posix_spawnp(&pid, argv[0], &setup.actions, &setup.attributes, argv.data(), envp.data());
}

}  // namespace

std::string ProcessExit::text() const {
  if (signal_number != 0) return fmt::format("killed by signal {}", signal_number);
  return fmt::format("exit status {}", code);
}

Result<std::unique_ptr<Process>> Process::start(Loop& loop, ProcessOptions options) {
  EVERSHORE_ASSERT(!options.argv.empty());
  if (options.dies_with_us) set_parent_death_signal(options.argv);
  TRY(const int input_fd, pipe_with(options.input));
  pid_t pid = 0;
  const int code = spawn(pid, options, input_fd);
  ::close(input_fd);
  if (code != 0)
    return fail(code == ENOENT ? Fault::kNotFound : Fault::kBroken,
                fmt::format("cannot start {}: {}", options.argv[0], std::strerror(code)));
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // close-on-exec by itself
  if (pidfd < 0) {
    const int reason = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(Fault::kBroken, fmt::format("cannot watch {}: {}", options.argv[0], std::strerror(reason)));
  }
  return std::unique_ptr<Process>(new Process(loop, pid, pidfd));
}

Process::Process(Loop& loop, pid_t pid, int pidfd) : pid_(pid), watch_(loop, pidfd) {}

Process::~Process() {
  if (!running()) return;
  kill(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::reap() {
  int status = 0;
  if (exit_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
  exit_ = WIFSIGNALED(status) ? ProcessExit{.signal_number = WTERMSIG(status)} : ProcessExit{.code = WEXITSTATUS(status)};
}

bool Process::running() {
  reap();
  return !exit_.has_value();
}

// The number stays ours until the child is reaped, so it cannot hit a stranger.
void Process::kill(int signal_number) {
  if (!exit_) ::kill(-pid_, signal_number);
}

Task<Result<ProcessExit>> Process::wait(Mono deadline) {
  watch_.set_deadline(deadline);
  while (running()) {
    const WaitEnd end = co_await watch_.wait(Ready::kReadable);
    if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "nobody watches the process any more");
    if (end == WaitEnd::kDeadline && running()) co_return fail(Fault::kTimedOut, fmt::format("process {} still runs", pid_));
  }
  co_return *exit_;
}

}  // namespace evershore::io
