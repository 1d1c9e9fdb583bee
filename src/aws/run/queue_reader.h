// Takes messages off an SQS queue and hands them on, each at least once: a message is deleted only after it was taken in, and comes
// again if that did not happen within the time it is hidden.
#pragma once

#include <functional>
#include <string>

#include "base/log.h"
#include "base/sync.h"
#include "io/http_client.h"
#include "wire/aws/sqs.h"
#include "wire/s3/sigv4.h"

namespace evershore::aws {

struct QueueReaderOptions {
  std::string url;     // of the queue
  std::string region;  // in signatures
  s3::Credentials keys;
  Duration wait = std::chrono::seconds(5);         // of one long poll; a stop waits for it
  Duration hidden = std::chrono::minutes(2);       // from others, while it is in work
  Duration pause_most = std::chrono::seconds(30);  // after failures
};

// One thread: the loop's. Everything given outlives it; destroy it after run() has ended.
class QueueReader {
 public:
  // Takes one message in, durably: the number of keys in it. kInvalid: it is of no use and never will be.
  using Sink = std::function<Task<Result<size_t>>(std::string body)>;
  QueueReader(Scheduler& scheduler, io::HttpClient& client, QueueReaderOptions options, Sink sink, Log log);

  Task<void> run();
  void stop();
  uint64_t taken() const { return taken_; }

 private:
  Task<Result<size_t>> take_batch();
  Task<Result<std::string>> ask(std::string_view target, std::string body);

  Scheduler& scheduler_;
  io::HttpClient& client_;
  const QueueReaderOptions options_;
  Sink sink_;
  Log log_;
  Signal wake_;
  bool stopping_ = false;
  uint64_t taken_ = 0;
};

}  // namespace evershore::aws
