// Clients of an edge: an open loop of small GETs (each sent when it is due, whatever became of the others) and slow readers
// of large objects; every byte is checked. One loop's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/demo/statistics.h"
#include "base/counter.h"
#include "base/digest.h"
#include "base/task.h"
#include "io/http_client.h"

namespace evershore::app::demo {

// What to ask for and what the answer must be.
struct Target {
  std::string path;  // as on the wire
  uint64_t size_bytes = 0;
  Sha256 sha256{};
  // Set: an answer with another ETag is another version, which may differ. "": nobody changes the object.
  std::string etag;
};

struct LoadOptions {
  io::HttpOrigin edge;
  std::string host;  // the Host header
  std::vector<Target> targets;
  double requests_per_second = 500;
  uint64_t seed = 1;  // which targets in which order
};

// A sentence about something that went wrong.
struct Note {
  Mono at{};
  std::string text;
};

class Load {
 public:
  static constexpr size_t kInFlightMax = 4'000;  // beyond this, requests that are due count as failed
  static constexpr size_t kSamplesMax = 5'000'000;
  static constexpr size_t kNotesMax = 200;

  Load(io::Loop& loop, LoadOptions options);

  void start();
  // No more requests; ends when those under way have. Slow downloads are given up and not counted.
  Task<void> finish();
  // Read at `bytes_per_second`.
  void download(Target target, double bytes_per_second);

  const std::vector<Sample>& samples() const { return samples_; }
  const std::vector<Download>& downloads() const { return downloads_; }
  const std::vector<Note>& notes() const { return notes_; }
  size_t downloads_under_way() const { return downloading_; }
  uint64_t bad() const { return bad_.get(); }  // requests and downloads that were not good, so far; any thread

 private:
  // One answer, read to its end.
  struct Answer {
    Outcome outcome = Outcome::kGood;
    uint64_t bytes = 0;
    Duration longest_wait{};
    std::string error;
  };
  // `bytes_per_second` 0 = as fast as it comes.
  Task<Answer> get(const Target& target, double bytes_per_second);
  Task<void> read(io::HttpResponse& response, const Target& target, double bytes_per_second, Answer& answer);
  Task<void> one_request(const Target& target, Mono due);
  Task<void> one_download(Target target, double bytes_per_second);
  void tick();
  void begin_due(Mono now);
  void note(const std::string& path, const Answer& answer);

  io::Loop& loop_;
  const LoadOptions options_;
  io::HttpClient client_;
  uint64_t random_;
  Mono started_{};
  uint64_t begun_ = 0;
  size_t downloading_ = 0;
  bool finishing_ = false;
  TimerId timer_ = TimerId::kNone;
  std::vector<Sample> samples_;
  std::vector<Download> downloads_;
  std::vector<Note> notes_;
  Counter bad_;
  TaskScope scope_;
};

}  // namespace evershore::app::demo
