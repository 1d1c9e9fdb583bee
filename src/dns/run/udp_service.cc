#include "dns/run/udp_service.h"

#include <algorithm>
#include <array>

#include "dns/read_ahead.h"
#include "io/system_clock.h"

namespace evershore::dns {

namespace {

constexpr size_t kBatchesAtEndMax = 1'024;  // what lies in the socket when stopping; a flood must not hold the exit
static_assert(io::UdpSocket::kDatagramBytesMax >= kUdpAnswerBytesMax);
static_assert(io::UdpSocket::kBatch <= kReadAheadMax);

}  // namespace

Result<std::unique_ptr<UdpService>> UdpService::open(const io::Endpoint& endpoint, const Published<CompiledSnapshot>& snapshots,
                                                     const DnsServerOptions& options, UdpCounters& counters) {
  TRY(auto socket, io::UdpSocket::open(endpoint));
  return std::unique_ptr<UdpService>(new UdpService(std::move(socket), snapshots, options, counters));
}

UdpService::UdpService(std::unique_ptr<io::UdpSocket> socket, const Published<CompiledSnapshot>& snapshots, const DnsServerOptions& options,
                       UdpCounters& counters)
    : socket_(std::move(socket)), counters_(counters), answerer_(snapshots, options, Transport::kUdp, counters.served) {}

UdpService::~UdpService() { stop(); }

void UdpService::start() {
  thread_ = std::thread([this] { serve(); });
}

void UdpService::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_release);
  socket_->interrupt();
  thread_.join();
}

void UdpService::serve() {
  while (!stopping_.load(std::memory_order_acquire)) answer_batch(socket_->wait_and_receive());
  for (size_t i = 0; i < kBatchesAtEndMax; ++i) {
    const size_t got = socket_->receive();
    if (got == 0) return;
    answer_batch(got);
  }
}

void UdpService::read_batch_ahead(size_t datagrams, const CompiledSnapshot& snapshot) {
  std::array<std::span<const uint8_t>, io::UdpSocket::kBatch> queries;
  for (size_t i = 0; i < datagrams; ++i) queries[i] = socket_->datagram(i);
  read_ahead(std::span(queries).first(datagrams), snapshot);
}

void UdpService::answer_batch(size_t datagrams) {
  const CompiledSnapshot& snapshot = answerer_.snapshot();
  if (datagrams > 1 && worth_reading_ahead(snapshot)) read_batch_ahead(datagrams, snapshot);
  const io::SystemClock clock;
  Asker asker = answerer_.asker_at(clock.now(), clock.wall());
  size_t replies = 0;
  for (size_t i = 0; i < datagrams; ++i) {
    asker.address = socket_->peer_address(i);
    if (socket_->datagram(i).empty() || !worth_answering(asker.address, socket_->peer_port(i))) {
      counters_.ignored.add();
      continue;
    }
    const size_t bytes = answer_datagram(i, snapshot, asker);
    socket_->set_reply(i, bytes);
    replies += bytes > 0 ? 1 : 0;
  }
  if (replies > 0) counters_.unsent.add(replies - socket_->send_replies());
}

size_t UdpService::answer_datagram(size_t index, const CompiledSnapshot& snapshot, Asker& asker) {
  const auto query = socket_->datagram(index);
  const auto out = socket_->reply_buffer(index);
  if (!answerer_.is_special(query)) return answerer_.answer(query, snapshot, asker, out);
  auto found = answerer_.look(query, asker);
  if (found.kind == DeskAnswer::Kind::kReply) {
    if (found.reply.size() > kUdpAnswerBytesMax) return 0;
    std::ranges::copy(found.reply, out.begin());
    return found.reply.size();
  }
  return found.signer ? answerer_.answer_signed(query, snapshot, asker, *found.signer, out) : answerer_.answer(query, snapshot, asker, out);
}

}  // namespace evershore::dns
