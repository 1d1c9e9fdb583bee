// What SQS is asked and answers (JSON protocol, 1.0): messages received for a while, then deleted. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace evershore::aws {

inline constexpr size_t kQueueBatchMax = 10;
inline constexpr std::string_view kQueueContentType = "application/x-amz-json-1.0";
inline constexpr std::string_view kQueueReceive = "AmazonSQS.ReceiveMessage",
                                  kQueueDelete = "AmazonSQS.DeleteMessageBatch";  // X-Amz-Target

struct QueueMessage {
  std::string id;
  std::string receipt;  // what it is deleted by; another one for each time it is received
  std::string body;
};

// Waits up to `wait` (20 s at most) for a message; what comes is hidden from others for `hidden`.
std::string receive_request(const std::string& queue_url, Duration wait, Duration hidden);
Result<std::vector<QueueMessage>> parse_received(std::string_view json);
// At most kQueueBatchMax.
std::string delete_request(const std::string& queue_url, std::span<const QueueMessage> messages);
// How many of them could not be deleted: they come again.
Result<size_t> parse_deleted(std::string_view json);

}  // namespace evershore::aws
