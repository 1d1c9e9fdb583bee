// A child process: started, signalled, waited for without holding up the loop (pidfd). It leads a process group of its
// own, so that what it starts goes with it and the terminal's Ctrl-C does not reach it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/loop.h"

namespace evershore::io {

struct ProcessOptions {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH; at least one
  std::vector<std::string> environment;  // "NAME=value", on top of ours
  std::string input;                     // what it finds on stdin, at most kProcessInputBytesMax; then end of file
  std::string output_path;               // stdout and stderr are appended here; "" = thrown away
  bool dies_with_us = false;             // killed by the kernel when the thread that started it ends, however it ends
};
inline constexpr size_t kProcessInputBytesMax = 60'000;  // fits a pipe whole

struct ProcessExit {
  int code = 0;           // exit status, when `signal_number` is 0
  int signal_number = 0;  // what killed it
  bool ok() const { return code == 0 && signal_number == 0; }
  std::string text() const;  // "exit status 3", "killed by signal 9"
};

class Process {
 public:
  static Result<std::unique_ptr<Process>> start(Loop& loop, ProcessOptions options);
  // A child that still runs is killed with its group and reaped.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();  // not yet ended; reaps
  // To the child and its group; ignored once it has been reaped.
  void kill(int signal_number);
  // Ends when the child has, or with kTimedOut at `deadline` (the child then still runs). One waiter at a time; may be called again.
  Task<Result<ProcessExit>> wait(Mono deadline);

 private:
  Process(Loop& loop, pid_t pid, int pidfd);
  void reap();
  pid_t pid_;
  FdWatch watch_;
  std::optional<ProcessExit> exit_;
};

}  // namespace evershore::io
