#include "dns/run/dns_server.h"

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "base/sync.h"
#include "base/text.h"
#include "dns/run/answerer.h"
#include "dns/run/frames.h"
#include "dns/run/udp_service.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

constexpr size_t kTcpAnswersBytesMax = 64 << 10;  // answers gathered before they are sent
constexpr size_t kLengthBytes = 2;
constexpr int kPortAttempts = 16;
constexpr Duration kHandshakeMax = std::chrono::seconds(3);

}  // namespace

struct DnsServer::Impl {
  Impl(io::Loop& on, const Published<CompiledSnapshot>& snapshots, DnsServerOptions server_options)
      : loop(on), options(std::move(server_options)), answerer(snapshots, options, Transport::kTcp, counters.tcp.served) {}

  struct Connection {
    std::unique_ptr<io::Stream> stream;
    std::string client;
    bool writing = false;
    Frames frames;
    std::vector<uint8_t> answers;
    std::vector<uint8_t> peer;  // its address, 4 or 16 bytes
    std::unique_ptr<TransferStream> transfer;
    Mono transfer_until{};
  };
  using Connections = std::list<Connection>;

  Task<void> accept_tcp();
  void admit(io::Listener::Accepted accepted);
  Task<void> serve_tcp(Connections::iterator connection);
  Task<bool> shake_hands(Connection& connection);
  bool answer_frames(Connection& connection);
  bool answer_frame(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Connection& connection);
  Asker asker_of(const Connection& connection) const;
  bool begin_transfer(std::span<const uint8_t> query, std::unique_ptr<TransferStream> stream, Connection& connection);
  void continue_transfer(Connection& connection);
  Mono write_deadline(const Connection& connection) const;
  uint64_t seconds() const {
    return static_cast<uint64_t>(std::chrono::floor<std::chrono::seconds>(loop.wall()).time_since_epoch().count());
  }
  void drop(Connections::iterator connection);

  io::Loop& loop;
  DnsServerOptions options;
  DnsServerCounters counters;
  Answerer answerer;
  size_t transfers_under_way = 0;
  std::unique_ptr<UdpService> udp;  // none for TLS
  std::unique_ptr<io::Listener> listener;
  Connections connections;
  std::map<std::string, size_t, std::less<>> per_client;
  std::array<uint8_t, dnswire::kMessageBytesMax> scratch;  // one TCP answer; used between two waits only
  bool draining = false;
  Mono drained_by = kNever;
  TaskScope tasks;
};

// --- TCP ---

Task<void> DnsServer::Impl::accept_tcp() {
  while (!draining) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    admit(std::move(*accepted));
  }
}

void DnsServer::Impl::admit(io::Listener::Accepted accepted) {
  size_t& of_client = per_client[accepted.peer.address];
  if (draining || connections.size() >= options.tcp_connections_max || of_client >= options.tcp_connections_per_client_max) {
    counters.tcp.refused.add();
    if (of_client == 0) per_client.erase(accepted.peer.address);
    return;
  }
  ++of_client;
  auto peer = address_bytes(accepted.peer.address);
  connections.push_back({.stream = std::move(accepted.stream),
                         .client = std::move(accepted.peer.address),
                         .frames = {},
                         .answers = {},
                         .peer = std::move(peer),
                         .transfer = nullptr});
  counters.tcp.connections.set(connections.size());
  tasks.spawn(serve_tcp(std::prev(connections.end())));
}

// Queries are answered in the order they come, as many as there are (RFC 7766 6.2.1.1). Only a whole query buys more
// time: bytes that trickle do not.
Task<void> DnsServer::Impl::serve_tcp(Connections::iterator at) {
  Connection& connection = *at;
  if (options.tls != nullptr) {
    const bool secured = co_await shake_hands(connection);
    if (!secured) {
      drop(at);
      co_return;
    }
  }
  connection.stream->set_deadline(loop.now() + options.tcp_idle_max);
  while (true) {
    const auto got = co_await connection.stream->read_some(connection.frames.space());
    if (!got || *got == 0) break;
    connection.frames.filled(*got);
    bool sound = true;
    while (sound) {
      sound = answer_frames(connection);
      if (connection.answers.empty()) break;
      connection.writing = true;
      connection.stream->set_deadline(write_deadline(connection));
      const std::array<std::span<const uint8_t>, 1> pieces{connection.answers};
      const auto sent = co_await connection.stream->write_pieces(pieces);
      connection.writing = false;
      connection.answers.clear();
      sound = sound && sent.has_value() && (!draining || connection.transfer != nullptr);
      // A fast reader of a large zone does not keep the loop from others.
      if (sound && connection.transfer != nullptr) co_await io::yield(loop);
    }
    if (!sound) break;
  }
  drop(at);
}

Task<bool> DnsServer::Impl::shake_hands(Connection& connection) {
  auto accepted = co_await io::tls_accept(options.tls, std::move(connection.stream), loop.now() + kHandshakeMax);
  if (!accepted || draining) co_return false;
  connection.stream = std::move(*accepted);
  co_return true;
}

Mono DnsServer::Impl::write_deadline(const Connection& connection) const {
  const Mono taken_by = std::min(loop.now() + options.tcp_idle_max, drained_by);
  return connection.transfer == nullptr ? taken_by : std::min(taken_by, connection.transfer_until);
}

// Answers the whole queries that have arrived, up to kTcpAnswersBytesMax; of a transfer, one message a turn. False: not DNS,
// hang up.
bool DnsServer::Impl::answer_frames(Connection& connection) {
  const CompiledSnapshot& snapshot = answerer.snapshot();
  if (connection.transfer != nullptr) {
    continue_transfer(connection);
    return true;
  }
  while (connection.answers.size() < kTcpAnswersBytesMax && connection.transfer == nullptr) {
    const auto query = connection.frames.next();
    if (!query) return true;
    if (!answer_frame(*query, snapshot, connection)) return false;
  }
  return true;
}

namespace {
void append_frame(std::vector<uint8_t>& out, std::span<const uint8_t> message) {
  const size_t at = out.size();
  out.resize(at + kLengthBytes);
  dnswire::store16(&out[at], message.size());
  out.insert(out.end(), message.begin(), message.end());
}
}  // namespace

Asker DnsServer::Impl::asker_of(const Connection& connection) const {
  Asker asker = answerer.asker_at(loop.now(), loop.wall());
  asker.address = connection.peer;
  return asker;
}

bool DnsServer::Impl::answer_frame(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Connection& connection) {
  Asker asker = asker_of(connection);
  DeskAnswer found;
  if (answerer.is_special(query)) found = answerer.look(query, asker);
  if (found.kind == DeskAnswer::Kind::kStream) return begin_transfer(query, std::move(found.stream), connection);
  if (found.kind == DeskAnswer::Kind::kReply) {
    append_frame(connection.answers, found.reply);
    return true;
  }
  const size_t bytes = found.signer ? answerer.answer_signed(query, snapshot, asker, *found.signer, scratch)
                                    : answerer.answer(query, snapshot, asker, scratch);
  if (bytes == 0) return false;
  append_frame(connection.answers, std::span(scratch).first(bytes));
  return true;
}

bool DnsServer::Impl::begin_transfer(std::span<const uint8_t> query, std::unique_ptr<TransferStream> stream, Connection& connection) {
  if (transfers_under_way >= options.transfers_max) {
    // Secondaries try again by themselves: SERVFAIL says that this is about now, not about them.
    counters.tcp.served.transfers.busy.add();
    append_frame(connection.answers, refusal_of(query, dnswire::Rcode::kServFail));
    return true;
  }
  ++transfers_under_way;
  connection.transfer = std::move(stream);
  connection.transfer_until = loop.now() + options.transfer_max;
  continue_transfer(connection);
  return true;
}

void DnsServer::Impl::continue_transfer(Connection& connection) {
  append_frame(connection.answers, connection.transfer->next(seconds()));
  if (!connection.transfer->done()) return;
  connection.transfer.reset();
  --transfers_under_way;
}

void DnsServer::Impl::drop(Connections::iterator connection) {
  const auto client = per_client.find(connection->client);
  if (--client->second == 0) per_client.erase(client);
  if (connection->transfer != nullptr) {
    --transfers_under_way;
    counters.tcp.served.transfers.unfinished.add();
  }
  if (connection->stream != nullptr) connection->stream->close();
  connections.erase(connection);
  counters.tcp.connections.set(connections.size());
}

// --- Start and end ---

Result<std::unique_ptr<DnsServer>> DnsServer::start(io::Loop& loop, const io::Endpoint& endpoint,
                                                    const Published<CompiledSnapshot>& snapshots, DnsServerOptions options) {
  std::unique_ptr<DnsServer> server(new DnsServer());
  server->impl_ = std::make_unique<Impl>(loop, snapshots, options);
  Impl& impl = *server->impl_;
  if (impl.options.tls != nullptr) {
    TRY(impl.listener, io::Listener::open(loop, endpoint));
    impl.tasks.spawn(impl.accept_tcp());
    return server;
  }
  for (int attempt = 1;; ++attempt) {
    TRY(impl.udp, UdpService::open(endpoint, snapshots, impl.options, impl.counters.udp));
    auto listener = io::Listener::open(loop, impl.udp->local());
    if (listener) {
      impl.listener = std::move(*listener);
      break;
    }
    // The port that the system chose for UDP may be taken for TCP; another time it is not.
    if (endpoint.port != 0 || attempt == kPortAttempts) return std::unexpected(std::move(listener).error());
  }
  loop.post([&impl] {
    if (!impl.draining) impl.udp->start();
  });
  impl.tasks.spawn(impl.accept_tcp());
  return server;
}

DnsServer::~DnsServer() = default;
io::Endpoint DnsServer::local() const { return impl_->listener->local(); }
void DnsServer::replace_tls(std::shared_ptr<io::TlsServerContext> tls) { impl_->options.tls = std::move(tls); }
const DnsServerCounters& DnsServer::counters() const { return impl_->counters; }

Task<void> DnsServer::drain(Mono deadline) {
  impl_->draining = true;
  impl_->drained_by = deadline;
  if (impl_->udp != nullptr) impl_->udp->stop();
  impl_->listener->close();
  for (auto& connection : impl_->connections) {
    if (connection.stream == nullptr) continue;  // shaking hands, for no longer than kHandshakeMax
    if (connection.writing || connection.transfer != nullptr) {
      connection.stream->set_deadline(deadline);
    } else {
      connection.stream->close();
    }
  }
  co_await impl_->tasks.join();
}

}  // namespace evershore::dns
