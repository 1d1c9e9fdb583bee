#include "app/demo/dns_watch.h"

#include <algorithm>

#include "wire/dns/client.h"

namespace evershore::app::demo {

namespace {

// The addresses, sorted: their order is no change.
std::string answer_text(const dnswire::Response& response) {
  std::vector<std::string> values;
  for (const auto& record : response.answers) values.push_back(record.value());
  std::sort(values.begin(), values.end());
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

}  // namespace

Result<std::unique_ptr<DnsWatch>> DnsWatch::open(io::Loop& loop, const io::Endpoint& server, const std::string& name) {
  std::unique_ptr<DnsWatch> watch(new DnsWatch(loop));
  TRY(watch->name_, dnswire::Name::parse(name));
  TRY(watch->asker_, io::UdpAsker::open(loop, server));
  return watch;
}

void DnsWatch::start() {
  scope_.spawn(listen());
  ask();
}

void DnsWatch::ask() {
  asker_->send(dnswire::build_query(name_, dnswire::kTypeA, ++id_));
  timer_ = loop_.call_at(loop_.now() + kEvery, [this] { ask(); });
}

Task<void> DnsWatch::finish() {
  loop_.cancel(timer_);
  asker_->watch().close();
  co_await scope_.join();
}

Task<void> DnsWatch::listen() {
  std::array<uint8_t, 1'500> buffer{};
  while (!asker_->watch().closed()) {
    const io::WaitEnd end = co_await asker_->watch().wait(io::Ready::kReadable);
    if (end == io::WaitEnd::kClosed) co_return;
    for (size_t size = asker_->receive(buffer); size != 0; size = asker_->receive(buffer)) take(std::span(buffer).first(size));
  }
}

void DnsWatch::take(std::span<const uint8_t> datagram) {
  const auto response = dnswire::parse_response(datagram);
  if (!response || response->rcode != dnswire::Rcode::kNoError) return;
  auto text = answer_text(*response);
  if (!changes_.empty() && changes_.back().answer == text) return;
  if (changes_.size() < kChangesMax) changes_.push_back({std::chrono::steady_clock::now(), std::move(text)});
}

}  // namespace evershore::app::demo
