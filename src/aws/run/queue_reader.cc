#include "aws/run/queue_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "wire/aws/call.h"

namespace evershore::aws {

namespace {
constexpr Duration kPauseFirst = std::chrono::seconds(1);
constexpr size_t kAnswerBytesMax = 16 << 20;  // ten messages of 256 KiB, escaped
}  // namespace

QueueReader::QueueReader(Scheduler& scheduler, io::HttpClient& client, QueueReaderOptions options, Sink sink, Log log)
    : scheduler_(scheduler), client_(client), options_(std::move(options)), sink_(std::move(sink)), log_(log), wake_(scheduler) {}

void QueueReader::stop() {
  stopping_ = true;
  wake_.notify_all();
}

Task<Result<std::string>> QueueReader::ask(std::string_view target, std::string body) {
  CO_TRY(auto url, io::parse_http_url(options_.url));
  io::HttpRequest request{.method = "POST", .target = "/", .body = std::move(body)};
  request.headers.set("host", url.origin.host_header());
  request.headers.set("content-type", kQueueContentType);
  request.headers.set("x-amz-target", target);
  s3::Signer signer(options_.keys, options_.region, "sqs");
  signer.sign(request.method, request.target, request.headers, to_hex(sha256(request.body)), scheduler_.wall());
  const io::HttpTimeouts timeouts{
      .connect = std::chrono::seconds(5), .first_byte = options_.wait + std::chrono::seconds(10), .stall = std::chrono::seconds(10)};
  auto fetching = client_.fetch(std::move(url.origin), std::move(request), timeouts, kAnswerBytesMax);
  CO_TRY(auto whole, co_await std::move(fetching));
  Answer answer{whole.head.status, std::move(whole.head.headers), std::move(whole.body)};
  if (answer.ok()) co_return std::move(answer.body);
  const auto error = parse_api_error(answer);
  co_return fail(fault_of(classify(answer.status, error.code)),
                 fmt::format("{}: {} {} {}", target, answer.status, error.code, error.message));
}

// The number of messages that came.
Task<Result<size_t>> QueueReader::take_batch() {
  auto receiving = ask(kQueueReceive, receive_request(options_.url, options_.wait, options_.hidden));
  CO_TRY(const auto received, co_await std::move(receiving));
  CO_TRY(auto messages, parse_received(received));
  if (messages.empty()) co_return 0;
  std::vector<Task<Result<size_t>>> taking;
  for (const auto& message : messages) taking.push_back(sink_(message.body));
  auto all = when_all(std::move(taking));
  const auto results = co_await std::move(all);
  std::vector<QueueMessage> done;
  std::optional<Error> failed;
  for (size_t i = 0; i < results.size(); ++i) {
    const bool useless = !results[i] && results[i].error().fault == Fault::kInvalid;
    if (useless) log_.warn("queue {}: message {} is of no use and is deleted: {}", options_.url, messages[i].id, results[i].error().text);
    if (!results[i] && !useless) failed = results[i].error();
    if (results[i] || useless) done.push_back(std::move(messages[i]));
  }
  taken_ += done.size();
  if (!done.empty()) {
    auto deleting = ask(kQueueDelete, delete_request(options_.url, done));
    CO_TRY(const auto deleted, co_await std::move(deleting));
    CO_TRY(const size_t left, parse_deleted(deleted));
    if (left > 0) log_.info("queue {}: {} messages could not be deleted and will come again", options_.url, left);
  }
  if (failed) co_return std::unexpected(*failed);
  co_return results.size();
}

Task<void> QueueReader::run() {
  Duration pause = kPauseFirst;
  while (!stopping_) {
    auto taking = take_batch();
    const auto taken = co_await std::move(taking);
    if (taken) {
      pause = kPauseFirst;
      continue;
    }
    if (stopping_) co_return;
    log_.warn("queue {}: {}; again in {}", options_.url, taken.error().text, format_duration(pause));
    co_await wake_.wait_until(scheduler_.now() + pause);
    pause = std::min(options_.pause_most, pause * 2);
  }
}

}  // namespace evershore::aws
