#include "io/udp.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "base/text.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

// A plain blocking client on loopback.
class Client {
 public:
  explicit Client(const Endpoint& server) : fd_(::socket(server.address.contains(':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
    const auto address = to_socket_address(server);
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    // Connected: the kernel then passes only datagrams from exactly the asked address and port.
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address->storage), address->size_bytes), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  void send(std::string_view text) const { EXPECT_EQ(::send(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size())); }
  std::string receive() const {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return got < 0 ? "nothing" : std::string(buffer.data(), static_cast<size_t>(got));
  }

 private:
  int fd_;
};

// Answers `count` datagrams with their own bytes in upper case.
void answer(UdpSocket& socket, size_t count) {
  while (count > 0) {
    const size_t got = socket.wait_and_receive();
    for (size_t i = 0; i < got; ++i) {
      const auto in = socket.datagram(i);
      if (in.empty()) continue;
      std::ranges::transform(in, socket.reply_buffer(i).begin(), [](uint8_t c) { return static_cast<uint8_t>(c - 32); });
      socket.set_reply(i, in.size());
    }
    EXPECT_LE(socket.send_replies(), got);
    count -= std::min(count, got);
  }
}

struct UdpTest : testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(UdpTest, RepliesComeFromTheAddressThatWasAsked) {
  const auto& [bound, asked] = GetParam();
  auto socket = UdpSocket::open({bound, 0});
  if (!socket) GTEST_SKIP() << socket.error().text;
  const Client client({asked, (*socket)->local().port});
  client.send("hello");
  answer(**socket, 1);
  EXPECT_EQ(client.receive(), "HELLO");
}

INSTANTIATE_TEST_SUITE_P(Addresses, UdpTest,
                         testing::Values(std::pair("127.0.0.1", "127.0.0.1"), std::pair("0.0.0.0", "127.0.0.1"),
                                         std::pair("0.0.0.0", "127.0.0.9"), std::pair("::1", "::1"), std::pair("::", "::1")),
                         [](const auto& row) { return "Row" + std::to_string(row.index); });

TEST(Udp, MoreThanABatchOfDatagramsIsAnsweredEachToItsSender) {
  auto socket = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(socket.has_value());
  std::vector<std::unique_ptr<Client>> clients;
  for (char c = 'a'; c <= 'z'; ++c) {
    clients.push_back(std::make_unique<Client>((*socket)->local()));
    clients.back()->send(std::string(1, c));
    clients.back()->send(std::string(2, c));
  }
  answer(**socket, 52);
  for (size_t i = 0; i < clients.size(); ++i) {
    EXPECT_EQ(clients[i]->receive(), std::string(1, static_cast<char>('A' + i)));
    EXPECT_EQ(clients[i]->receive(), std::string(2, static_cast<char>('A' + i)));
  }
}

TEST(Udp, TooLongDatagramsAreSeenAsEmpty) {
  auto socket = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(socket.has_value());
  const Client client((*socket)->local());
  client.send(std::string(UdpSocket::kDatagramBytesMax + 1, 'x'));
  client.send(std::string(UdpSocket::kDatagramBytesMax, 'y'));
  ASSERT_EQ((*socket)->receive(), 2U);
  EXPECT_TRUE((*socket)->datagram(0).empty());
  EXPECT_EQ((*socket)->datagram(1).size(), UdpSocket::kDatagramBytesMax);
}

TEST(Udp, TellsWhoAsked) {
  auto socket = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(socket.has_value());
  const Client client((*socket)->local());
  client.send("x");
  ASSERT_EQ((*socket)->receive(), 1U);
  EXPECT_EQ(to_hex((*socket)->peer_address(0)), "7f000001");
  EXPECT_GT((*socket)->peer_port(0), 0);
  EXPECT_EQ((*socket)->send_replies(), 0U);
  EXPECT_EQ((*socket)->receive(), 0U);
}

TEST(Udp, SeveralSocketsShareOneEndpoint) {
  const auto first = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(UdpSocket::open((*first)->local()).has_value());
}

TEST(Udp, AWaitEndsWhenItIsInterrupted) {
  auto socket = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(socket.has_value());
  std::promise<size_t> received;
  std::thread waiter([&] { received.set_value((*socket)->wait_and_receive()); });
  (*socket)->interrupt();
  EXPECT_EQ(received.get_future().get(), 0U);
  waiter.join();
}

TEST(Udp, WhatCameBeforeTheInterruptIsStillReceivedAndAnswered) {
  auto socket = UdpSocket::open({"127.0.0.1", 0});
  ASSERT_TRUE(socket.has_value());
  const Client client((*socket)->local());
  client.send("hello");
  (*socket)->interrupt();
  answer(**socket, 1);
  EXPECT_EQ(client.receive(), "HELLO");
  EXPECT_EQ((*socket)->wait_and_receive(), 0U);
}

}  // namespace
}  // namespace evershore::io
