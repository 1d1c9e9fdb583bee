// Queues that tell of changes in regions: each message goes the way of a webhook's body.
#include "app/node.h"
#include "aws/run/queue_reader.h"

namespace evershore::app {

// Those whose region's settings changed begin anew.
void Node::read_event_queues() {
  for (auto& reader : queue_readers_) reader->stop();
  if (!queue_client_) queue_client_ = std::make_unique<io::HttpClient>(loop_, io::HttpClient::Options{.tls = tls_client_});
  for (const auto& [name, region] : settings_.regions) {
    if (region.event_queue.empty()) continue;
    aws::QueueReaderOptions options{.url = region.event_queue,
                                    .region = region.signing_region,
                                    .keys = {.access_key = region.access_key.reveal(), .secret_key = region.secret_key.reveal()}};
    const auto take = [this](std::string body) { return webhook(std::move(body)); };
    queue_readers_.push_back(std::make_unique<aws::QueueReader>(loop_, *queue_client_, std::move(options), take, log_.named("events")));
    tasks_.spawn(queue_readers_.back()->run());
  }
}

void Node::stop_event_queues() {
  for (auto& reader : queue_readers_) reader->stop();
}

}  // namespace evershore::app
