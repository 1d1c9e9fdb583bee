// A log of lines from many loops that a thread of its own writes: whoever hands in a line waits for no disk and no reader. What
// does not fit is counted, not kept.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/result.h"

namespace evershore::io {

class LineLog;

// One loop's way into the log. Outlived by the log.
class LineFeed {
 public:
  static constexpr size_t kWaitingBytesMax = 1 << 20;

  // From one thread. `line` ends with a line's end.
  void add(std::string_view line);

  Counter lines;
  Counter dropped;

 private:
  friend class LineLog;
  explicit LineFeed(LineLog& log) : log_(log) {}
  LineLog& log_;
  std::mutex mutex_;
  std::string waiting_;  // under mutex_
};

class LineLog {
 public:
  static constexpr std::string_view kStandardOutput = "stdout";

  LineLog(size_t feeds, Log log);
  ~LineLog();  // writes what waits; the feeds' loops have ended
  LineFeed& feed(size_t index) { return *feeds_[index]; }

  // Lines go there from now on, those that wait too: to a file, which is made with mode 0640 and appended to, to kStandardOutput, or "" to
  // nowhere. After failure all stays as it was. One thread. The same path again: the file is opened anew.
  Result<void> open(const std::string& path);
  // Makes the file another user's.
  Result<void> give_to(uint32_t user, uint32_t group);
  uint64_t failures() const { return failures_.get(); }  // lines' batches that could not be written; any thread

 private:
  friend class LineFeed;
  void wake();
  void run();
  std::string take_waiting();
  void write(int fd, std::string_view text);
  bool put(int fd, std::string_view& text);

  Log log_;
  std::vector<std::unique_ptr<LineFeed>> feeds_;
  std::atomic<bool> awake_ = false;  // somebody has handed in a line since the last round
  Counter failures_;
  bool troubled_ = false;  // of the thread
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> closing_ = false;
  std::shared_ptr<const int> file_;  // under mutex_; null = nowhere
  std::thread thread_;
};

}  // namespace evershore::io
