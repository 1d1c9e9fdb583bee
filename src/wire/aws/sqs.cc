#include "wire/aws/sqs.h"

#include <nlohmann/json.hpp>

#include "base/assert.h"

namespace evershore::aws {

namespace {
using Json = nlohmann::json;

int64_t seconds(Duration span) { return std::chrono::duration_cast<std::chrono::seconds>(span).count(); }

std::string text_of(const Json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

Result<Json> parse_object(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Fault::kBroken, "the queue's answer is no JSON object");
  return json;
}
}  // namespace

std::string receive_request(const std::string& queue_url, Duration wait, Duration hidden) {
  return Json{{"QueueUrl", queue_url},
              {"MaxNumberOfMessages", kQueueBatchMax},
              {"WaitTimeSeconds", seconds(wait)},
              {"VisibilityTimeout", seconds(hidden)}}
      .dump();
}

// Without messages there may be no list at all.
Result<std::vector<QueueMessage>> parse_received(std::string_view text) {
  TRY(const auto json, parse_object(text));
  std::vector<QueueMessage> messages;
  const auto list = json.find("Messages");
  if (list == json.end() || !list->is_array()) return messages;
  for (const auto& entry : *list) {
    QueueMessage message{.id = text_of(entry, "MessageId"), .receipt = text_of(entry, "ReceiptHandle"), .body = text_of(entry, "Body")};
    if (message.receipt.empty()) return fail(Fault::kBroken, "the queue gave a message without a receipt");
    messages.push_back(std::move(message));
  }
  return messages;
}

std::string delete_request(const std::string& queue_url, std::span<const QueueMessage> messages) {
  EVERSHORE_ASSERT(!messages.empty() && messages.size() <= kQueueBatchMax);
  Json entries = Json::array();
  for (size_t i = 0; i < messages.size(); ++i) entries.push_back({{"Id", std::to_string(i)}, {"ReceiptHandle", messages[i].receipt}});
  return Json{{"QueueUrl", queue_url}, {"Entries", std::move(entries)}}.dump();
}

Result<size_t> parse_deleted(std::string_view text) {
  TRY(const auto json, parse_object(text));
  const auto failed = json.find("Failed");
  return failed != json.end() && failed->is_array() ? failed->size() : 0;
}

}  // namespace evershore::aws
