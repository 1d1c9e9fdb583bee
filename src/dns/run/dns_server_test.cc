#include "dns/run/dns_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <thread>

#include "base/fake_scheduler.h"
#include "base/text.h"
#include "dns/run/dns_publisher.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using dnswire::build_query;
using dnswire::kTypeA;
using testing::HasSubstr;

using Bytes = std::vector<uint8_t>;

// A blocking client with a limit, as a stub resolver would be.
class Client {
 public:
  Client(int type, const io::Endpoint& server) : fd_(::socket(AF_INET, type, 0)) {
    const auto address = io::to_socket_address(server);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address->storage), address->size_bytes), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::span<const uint8_t> bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // What one recv gives; empty = end or nothing in time.
  Bytes receive() const {
    Bytes buffer(65'536);
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    buffer.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return buffer;
  }
  // One message behind its length.
  Bytes receive_frame() const {
    const Bytes length = receive_exactly(2);
    return length.size() == 2 ? receive_exactly(dnswire::load16(length.data())) : Bytes{};
  }

 private:
  Bytes receive_exactly(size_t bytes) const {
    Bytes out(bytes);
    const ssize_t got = ::recv(fd_, out.data(), bytes, MSG_WAITALL);
    out.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return out;
  }
  int fd_;
};

Bytes framed(const Bytes& message) {
  Bytes out(2);
  dnswire::store16(out.data(), message.size());
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

Bytes query(std::string_view name, uint16_t type, uint16_t id) { return build_query(*dnswire::Name::parse(name), type, id); }

class Server : public testing::Test {
 protected:
  void SetUp() override {
    auto& settings = settings_;
    settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}};
    settings.records = {
        {.name = "www.example.com", .type = "A", .ttl = 60s, .values = {"192.0.2.1"}},
        {.name = "alias.example.com", .type = "CNAME", .ttl = 60s, .values = {"www.example.com"}},
        {.name = "big.example.com", .type = "A", .ttl = 60s, .values = {}},
        {.name = "text.example.com", .type = "TXT", .ttl = 60s, .values = {"hello there"}},
        {.name = "fail.example.com",
         .type = "CNAME",
         .ttl = 5s,
         .policy = RecordPolicy::kFailover,
         .answers = {{.role = "primary", .value = "p.example.net", .health_check = "p"}, {.role = "secondary", .value = "s.example.net"}}}};
    for (int i = 0; i < 200; ++i) settings.records[2].values.push_back(fmt::format("10.0.0.{}", i));
    const auto problems = publisher_.configure(settings, {});
    ASSERT_TRUE(problems.empty()) << problems[0].message;
  }

  void start(DnsServerOptions options = {}, const std::string& address = "127.0.0.1") {
    auto server = DnsServer::start(loop_, {address, 0}, publisher_.snapshots(), options);
    ASSERT_TRUE(server.has_value()) << server.error().text;
    server_ = std::move(*server);
    at_ = {"127.0.0.1", server_->local().port};
    thread_ = std::thread([this] { loop_.run(); });
  }

  static Task<void> drain(DnsServer& server, io::Loop& loop) {
    co_await server.drain(loop.now() + 1s);
    loop.stop();
  }

  void stop() {
    if (!thread_.joinable()) return;
    loop_.post([this] { spawn_detached(drain(*server_, loop_)); });
    thread_.join();
  }

  void TearDown() override { stop(); }

  std::string tool(const std::string& command) {
    const std::string line = fmt::format("{} 2>&1", command);
    FILE* pipe = ::popen(line.c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer;
    while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
    ::pclose(pipe);
    return out;
  }

  std::string tool_args() const { return fmt::format("@127.0.0.1 -p {} +timeout=5 +retry=0", at_.port); }

  DnsSettings settings_;
  FakeScheduler clock_;
  DnsPublisher publisher_{clock_, Log(), "node-1"};
  io::Loop loop_;
  std::unique_ptr<DnsServer> server_;
  io::Endpoint at_;
  std::thread thread_;
};

TEST_F(Server, AnswersOverUdp) {
  start();
  const Client client(SOCK_DGRAM, at_);
  client.send(query("wWw.example.com", kTypeA, 7));
  const auto response = dnswire::parse_response(client.receive());
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->id, 7);
  EXPECT_EQ(response->question->text(), "wWw.example.com.");
  EXPECT_EQ(response->answers.at(0).value(), "192.0.2.1");
}

TEST_F(Server, TellsWhyOverUdpAndTcpToThoseWhoMayKnow) {
  start({.why = &publisher_.why()});
  const auto ask = [&](std::string_view how) { return tool(fmt::format("kdig {} {} TXT _why.fail.example.com", tool_args(), how)); };
  EXPECT_THAT(ask("+notcp"), HasSubstr("NXDOMAIN"));
  settings_.why = {"127.0.0.0/8"};
  publisher_.configure(settings_, {});
  EXPECT_THAT(ask("+notcp +short"), HasSubstr("\"fail.example.com CNAME (failover, "));
  EXPECT_THAT(ask("+tcp +short"), HasSubstr("check p is "));
  EXPECT_THAT(tool(fmt::format("kdig {} TXT www.example.com", tool_args())), HasSubstr("NOERROR"));
}

TEST_F(Server, AnAnswerTooLongForUdpIsCutAndWholeOverTcp) {
  start();
  const Client udp(SOCK_DGRAM, at_);
  udp.send(query("big.example.com", kTypeA, 7));
  EXPECT_TRUE(dnswire::parse_response(udp.receive())->truncated());
  const Client tcp(SOCK_STREAM, at_);
  tcp.send(framed(query("big.example.com", kTypeA, 8)));
  EXPECT_EQ(dnswire::parse_response(tcp.receive_frame())->answers.size(), 200U);
}

TEST_F(Server, Line22_ManyQueriesInOnePieceAreAllAnswered) {
  start();
  const Client client(SOCK_STREAM, at_);
  Bytes all;
  for (uint16_t id = 0; id < 300; ++id) {
    const Bytes one = framed(query(id % 2 == 0 ? "www.example.com" : "big.example.com", kTypeA, id));
    all.insert(all.end(), one.begin(), one.end());
  }
  client.send(all);
  for (uint16_t id = 0; id < 300; ++id) {
    const auto response = dnswire::parse_response(client.receive_frame());
    ASSERT_TRUE(response.has_value()) << id;
    EXPECT_EQ(response->id, id);
    EXPECT_EQ(response->answers.size(), id % 2 == 0 ? 1U : 200U);
  }
}

TEST_F(Server, Line22_AQueryInSinglesBytesIsAnswered) {
  start();
  const Client client(SOCK_STREAM, at_);
  for (const uint8_t byte : framed(query("www.example.com", kTypeA, 9))) client.send({&byte, 1});
  EXPECT_EQ(dnswire::parse_response(client.receive_frame())->id, 9);
}

TEST_F(Server, Line22_IdleConnectionsAreClosedEvenIfBytesTrickle) {
  start({.tcp_idle_max = 50ms});
  const Client silent(SOCK_STREAM, at_);
  const Client trickling(SOCK_STREAM, at_);
  trickling.send(Bytes{0});
  EXPECT_TRUE(silent.receive().empty());
  EXPECT_TRUE(trickling.receive().empty());
}

TEST_F(Server, Line22_OneClientCannotTakeAllConnections) {
  start({.tcp_connections_per_client_max = 2});
  const Client first(SOCK_STREAM, at_);
  const Client second(SOCK_STREAM, at_);
  for (const auto* client : {&first, &second}) {
    client->send(framed(query("www.example.com", kTypeA, 1)));
    EXPECT_FALSE(client->receive_frame().empty());
  }
  const Client third(SOCK_STREAM, at_);
  EXPECT_TRUE(third.receive().empty());
  EXPECT_EQ(server_->counters().tcp.refused.get(), 1U);
}

TEST_F(Server, AnAnswerOverTcpEndsTheConnection) {
  start();
  const Client client(SOCK_STREAM, at_);
  auto message = query("www.example.com", kTypeA, 1);
  message[2] |= 0x80;
  client.send(framed(message));
  EXPECT_TRUE(client.receive().empty());
}

TEST_F(Server, Line37_BoundToAllAddressesItAnswersFromTheOneThatWasAsked) {
  start({}, "0.0.0.0");
  const Client client(SOCK_DGRAM, {"127.0.0.77", at_.port});  // connected: takes replies from there only
  client.send(query("www.example.com", kTypeA, 7));
  EXPECT_FALSE(client.receive().empty());
}

TEST_F(Server, ANewStateIsAnsweredAtOnce) {
  start();
  const Client client(SOCK_DGRAM, at_);
  const auto asked = [&] {
    client.send(query("fail.example.com", kTypeA, 7));
    return dnswire::parse_response(client.receive())->answers.at(0).value();
  };
  EXPECT_EQ(asked(), "p.example.net.");
  publisher_.update({.epoch = 1, .checks = {{.name = "p", .health = Health::kDown}}}, {}, {});
  EXPECT_EQ(asked(), "s.example.net.");
}

TEST_F(Server, Line40_DrainAnswersWhatHasArrivedAndEndsConnections) {
  start();
  const Client udp(SOCK_DGRAM, at_);
  const Client tcp(SOCK_STREAM, at_);
  tcp.send(framed(query("www.example.com", kTypeA, 1)));
  EXPECT_FALSE(tcp.receive_frame().empty());
  std::promise<void> sent;
  loop_.post([&] {
    udp.send(query("www.example.com", kTypeA, 2));  // lies in the socket while the loop is busy here
    spawn_detached(drain(*server_, loop_));
    sent.set_value();
  });
  sent.get_future().wait();
  EXPECT_FALSE(udp.receive().empty());
  EXPECT_TRUE(tcp.receive().empty());
  thread_.join();
}

TEST_F(Server, CountsWhatItDoes) {
  start();
  const Client client(SOCK_DGRAM, at_);
  for (const auto* name : {"www.example.com", "missing.example.com", "example.net"}) {
    client.send(query(name, kTypeA, 1));
    EXPECT_FALSE(client.receive().empty());
  }
  stop();
  const auto& counters = server_->counters().udp.served.answers;
  EXPECT_EQ(counters.queries_udp.get(), 3U);
  EXPECT_EQ(counters.by_rcode[0].get(), 1U);
  EXPECT_EQ(counters.by_rcode[3].get(), 1U);
  EXPECT_EQ(counters.by_rcode[5].get(), 1U);
}

TEST_F(Server, KdigUnderstandsTheAnswers) {
  if (::access("/usr/bin/kdig", X_OK) != 0) GTEST_SKIP() << "kdig (knot-dnsutils) is not installed";
  start();
  EXPECT_THAT(tool("kdig +short alias.example.com A " + tool_args()), HasSubstr("192.0.2.1"));
  EXPECT_THAT(tool("kdig +tcp +short text.example.com TXT " + tool_args()), HasSubstr("\"hello there\""));
  EXPECT_THAT(tool("kdig missing.example.com A " + tool_args()), HasSubstr("status: NXDOMAIN"));
  EXPECT_THAT(tool("kdig +nsid www.example.com A " + tool_args()), HasSubstr("node-1"));
  EXPECT_THAT(tool("kdig example.com ANY +noidn " + tool_args()), HasSubstr("status: NOERROR"));
}

TEST_F(Server, DigUnderstandsTheAnswers) {
  if (::access("/usr/bin/dig", X_OK) != 0) GTEST_SKIP() << "dig (bind9-dnsutils) is not installed";
  start();
  EXPECT_THAT(tool("dig +norec www.example.com A " + tool_args()), HasSubstr("flags: qr aa;"));
  EXPECT_THAT(tool("dig +norec example.com SOA +short " + tool_args()), HasSubstr("ns1.example.com. hostmaster.example.com."));
  EXPECT_THAT(tool("dig +norec big.example.com A " + tool_args()), HasSubstr("ANSWER: 200"));  // retries over TCP by itself
  EXPECT_THAT(tool("dig +norec +noedns www.example.com AAAA " + tool_args()), HasSubstr("AUTHORITY: 1"));
  EXPECT_THAT(tool("dig +norec +edns=1 +noednsneg www.example.com A " + tool_args()), HasSubstr("BADVERS"));
  EXPECT_THAT(tool("dig +norec example.net A " + tool_args()), HasSubstr("status: REFUSED"));
}

}  // namespace
}  // namespace evershore::dns
