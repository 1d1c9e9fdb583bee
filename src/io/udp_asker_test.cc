#include "io/udp_asker.h"

#include <gtest/gtest.h>

#include <array>

#include "base/text.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

Task<void> echo_once(WatchedUdp& at) {
  co_await at.watch.wait(Ready::kReadable);
  UdpSocket& server = *at.socket;
  const size_t count = server.receive();
  for (size_t i = 0; i < count; ++i) {
    const auto datagram = server.datagram(i);
    std::copy(datagram.begin(), datagram.end(), server.reply_buffer(i).begin());
    server.set_reply(i, datagram.size());
  }
  server.send_replies();
}

Task<void> ask(UdpAsker& asker, std::string& answer) {
  asker.send(as_bytes("who is there"));
  co_await asker.watch().wait(Ready::kReadable);
  std::array<uint8_t, 100> buffer{};
  const size_t size = asker.receive(buffer);
  answer = as_text(std::span(buffer).first(size));
}

Task<void> both(WatchedUdp& server, UdpAsker& asker, std::string& answer) {
  TaskScope scope;
  scope.spawn(echo_once(server));
  scope.spawn(ask(asker, answer));
  co_await scope.join();
}

TEST(UdpAsker, gets_the_answer_of_the_server_it_asks) {
  Loop loop;
  WatchedUdp server(loop, {"127.0.0.1", 0});
  auto asker = UdpAsker::open(loop, server.socket->local());
  ASSERT_TRUE(asker) << asker.error().text;
  std::string answer;
  loop.run_until_done(both(server, **asker, answer));
  EXPECT_EQ(answer, "who is there");
  std::array<uint8_t, 10> buffer{};
  EXPECT_EQ((*asker)->receive(buffer), 0u);
}

TEST(UdpAsker, needs_an_address_not_a_name) {
  Loop loop;
  EXPECT_FALSE(UdpAsker::open(loop, {"localhost", 53}));
}

}  // namespace
}  // namespace evershore::io
