// Zone transfers over real sockets: dig as the secondary, and a reader that does not read.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <thread>

#include "base/fake_scheduler.h"
#include "dns/run/dns_publisher.h"
#include "dns/run/dns_server.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Transfers : public testing::Test {
 protected:
  void start(DnsServerOptions options, size_t hosts = 3) {
    settings_.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}};
    for (size_t i = 0; i < hosts; ++i) {
      settings_.records.push_back({.name = fmt::format("h{}.example.com", i), .type = "A", .ttl = 60s, .values = {"192.0.2.1"}});
    }
    for (auto& record : long_texts_) settings_.records.push_back(std::move(record));
    const auto problems = publisher_.configure(settings_, {});
    ASSERT_TRUE(problems.empty()) << problems[0].message;
    options.transfers = &publisher_.transfers();
    auto server = DnsServer::start(loop_, {"127.0.0.1", 0}, publisher_.snapshots(), options);
    ASSERT_TRUE(server.has_value()) << server.error().text;
    server_ = std::move(*server);
    thread_ = std::thread([this] { loop_.run(); });
  }
  void TearDown() override { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.post([this] { spawn_detached(drain(*server_, loop_)); });
    thread_.join();
  }
  static Task<void> drain(DnsServer& server, io::Loop& loop) {
    co_await server.drain(loop.now() + 1s);
    loop.stop();
  }
  // Runs on the loop and waits for it.
  uint64_t counted(Counter TransferCounters::* counter) {
    std::promise<uint64_t> value;
    loop_.post([&] { value.set_value((server_->counters().tcp.served.transfers.*counter).get()); });
    return value.get_future().get();
  }
  std::string dig(const std::string& words) {
    const auto line =
        fmt::format("dig @127.0.0.1 -p {} +noall +answer +comments +norec +timeout=5 +retry=0 {} 2>&1", server_->local().port, words);
    FILE* pipe = ::popen(line.c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer;
    while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
    ::pclose(pipe);
    return out;
  }
  // More than any socket buffer takes.
  void make_the_zone_long() {
    for (size_t i = 0; i < 60'000; ++i) {
      long_texts_.push_back({.name = fmt::format("t{}.example.com", i), .type = "TXT", .ttl = 60s, .values = {std::string(250, 'x')}});
    }
  }
  int connect_slow() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int small = 4'096;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    const auto address = io::to_socket_address(server_->local());
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address->storage), address->size_bytes), 0);
    const auto query = dnswire::build_query(*dnswire::Name::parse("example.com"), dnswire::kTypeAxfr, 7);
    std::vector<uint8_t> frame(2);
    dnswire::store16(frame.data(), query.size());
    frame.insert(frame.end(), query.begin(), query.end());
    EXPECT_EQ(::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL), static_cast<ssize_t>(frame.size()));
    return fd;
  }

  FakeScheduler clock_;
  DnsPublisher publisher_{clock_, Log(), "node-1"};
  DnsSettings settings_;
  std::vector<RecordSettings> long_texts_;
  io::Loop loop_;
  std::unique_ptr<DnsServer> server_;
  std::thread thread_;
};

TEST_F(Transfers, Line29_DigGetsTheWholeZoneAndOnlyWhenAllowed) {
  if (::access("/usr/bin/dig", X_OK) != 0) GTEST_SKIP() << "dig (bind9-dnsutils) is not installed";
  start({});
  EXPECT_THAT(dig("example.com AXFR"), HasSubstr("Transfer failed"));
  settings_.transfer.allow = {"127.0.0.0/8"};
  EXPECT_TRUE(publisher_.configure(settings_, {}).empty());
  const auto all = dig("example.com AXFR");
  for (const auto* host : {"h0.example.com.", "h1.example.com.", "h2.example.com.", "ns1.example.com."}) EXPECT_THAT(all, HasSubstr(host));
  EXPECT_THAT(all, Not(HasSubstr("failed")));
}

TEST_F(Transfers, Line29_DigWithTheKeyGetsItAndWithoutDoesNot) {
  if (::access("/usr/bin/dig", X_OK) != 0) GTEST_SKIP() << "dig (bind9-dnsutils) is not installed";
  settings_.keys = {{.name = "k", .algorithm = "hmac-sha512", .secret = Secret("c2VjcmV0c2VjcmV0")}};
  settings_.transfer.keys = {"k"};
  start({}, 3'000);
  EXPECT_THAT(dig("example.com AXFR"), HasSubstr("failed"));
  EXPECT_THAT(dig("example.com AXFR -y hmac-sha512:k:c2VjcmV0c2VjcmVU"), HasSubstr("failed"));
  const auto all = dig("example.com AXFR -y hmac-sha512:k:c2VjcmV0c2VjcmV0");
  EXPECT_THAT(all, HasSubstr("h2999.example.com."));
  EXPECT_THAT(all, Not(HasSubstr("WARNING")));
  EXPECT_THAT(all, Not(HasSubstr("tsig verify failure")));
  // Ordinary questions too, over both transports.
  for (const auto* transport : {"+notcp", "+tcp"}) {
    const auto one = dig(fmt::format("h1.example.com A {} -y hmac-sha512:k:c2VjcmV0c2VjcmV0", transport));
    EXPECT_THAT(one, HasSubstr("192.0.2.1"));
    EXPECT_THAT(one, Not(HasSubstr("WARNING")));
  }
  EXPECT_THAT(dig("h1.example.com A -y hmac-sha512:other:c2VjcmV0c2VjcmV0"), HasSubstr("NOTAUTH"));
}

TEST_F(Transfers, AReaderThatDoesNotReadIsGivenUp) {
  settings_.transfer.allow = {"127.0.0.1"};
  make_the_zone_long();
  start({.tcp_idle_max = 100ms});
  const int fd = connect_slow();
  while (counted(&TransferCounters::unfinished) == 0) std::this_thread::yield();
  ::close(fd);
}

TEST_F(Transfers, MoreThanTheLimitAtOnceAreAskedToComeBack) {
  if (::access("/usr/bin/dig", X_OK) != 0) GTEST_SKIP() << "dig (bind9-dnsutils) is not installed";
  settings_.transfer.allow = {"127.0.0.1"};
  make_the_zone_long();
  start({.tcp_idle_max = 10s, .transfers_max = 1});
  const int fd = connect_slow();
  while (counted(&TransferCounters::whole) == 0) std::this_thread::yield();
  EXPECT_THAT(dig("example.com AXFR"), HasSubstr("failed"));
  EXPECT_EQ(counted(&TransferCounters::busy), 1U);
  ::close(fd);
  while (counted(&TransferCounters::unfinished) == 0) std::this_thread::yield();
  EXPECT_THAT(dig("example.com AXFR"), HasSubstr("t59999.example.com."));
}

}  // namespace
}  // namespace evershore::dns
