#include "dns/run/notifier.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/sync.h"
#include "io/test_support.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const TransferSnapshot> snapshot(uint32_t serial) {
  const auto apex = *Name::parse("example.com");
  auto zone = std::make_shared<PlainZone>(PlainZone{.apex = apex, .contents = {}});
  zone->contents[apex][dnswire::kTypeSoa] = {.ttl = 3'600, .rdata = {*dnswire::rdata_from_text(dnswire::kTypeSoa, "ns. h. 1 2 3 4 5")}};
  set_serial(*zone, serial);
  auto out = std::make_shared<TransferSnapshot>();
  out->zones[apex] = {.content = zone, .serial = serial, .journal = {}};
  return out;
}

// A secondary that takes `deaf` notices in silence, then answers; over when it has answered.
Task<void> secondary(io::WatchedUdp& at, size_t deaf, uint8_t rcode) {
  io::UdpSocket& socket = *at.socket;
  for (size_t heard = 0; heard <= deaf;) {
    const io::WaitEnd end = co_await at.watch.wait(io::Ready::kReadable);
    if (end != io::WaitEnd::kReady) co_return;
    const size_t got = socket.receive();
    for (size_t i = 0; i < got; ++i) {
      if (heard++ < deaf) continue;
      const auto notice = socket.datagram(i);
      std::ranges::copy(notice, socket.reply_buffer(i).begin());
      socket.reply_buffer(i)[2] |= 0x80;
      socket.reply_buffer(i)[3] = rcode;
      socket.set_reply(i, notice.size());
    }
    socket.send_replies();
  }
}

Task<void> until_heard(io::Loop& loop, const Notifier& notifier) {
  const auto done = [&] {
    const auto all = notifier.status();
    return !all.empty() && (all[0].state.acknowledged || all[0].state.why.starts_with("answers"));
  };
  const Mono limit = loop.now() + 10s;
  while (!done() && loop.now() < limit) co_await sleep_for(loop, 1ms);
}

Task<void> play(io::Loop& loop, io::WatchedUdp& at, Notifier& notifier, size_t deaf, uint8_t rcode) {
  TaskScope scope;
  scope.spawn(secondary(at, deaf, rcode));
  notifier.published(snapshot(7));
  co_await scope.join();
  co_await until_heard(loop, notifier);
}

Task<void> finish(Notifier& notifier) { co_await notifier.stop(); }

struct Notices : testing::Test {
  Notices() : udp(loop, {"127.0.0.1", 0}), notifier(loop, Log()) {}
  ~Notices() override { loop.run_until_done(finish(notifier)); }
  void configure(TransferRules rules = {}) {
    DnsSettings settings;
    settings.transfer.notify = {io::format_endpoint(udp.socket->local())};
    notifier.configure(settings, rules);
  }
  io::Loop loop;
  io::WatchedUdp udp;
  Notifier notifier;
};

TEST_F(Notices, AreAcknowledged) {
  configure();
  loop.run_until_done(play(loop, udp, notifier, 0, 0));
  ASSERT_EQ(notifier.status().size(), 1U);
  EXPECT_TRUE(notifier.status()[0].state.acknowledged);
  EXPECT_EQ(notifier.status()[0].state.serial, 7U);
  EXPECT_EQ(notifier.counters().sent.get(), 1U);
  EXPECT_EQ(notifier.counters().acknowledged.get(), 1U);
}

TEST_F(Notices, AreRepeatedUntilHeard) {
  configure();
  loop.run_until_done(play(loop, udp, notifier, 1, 0));
  EXPECT_TRUE(notifier.status()[0].state.acknowledged);
  EXPECT_EQ(notifier.counters().sent.get(), 2U);
}

TEST_F(Notices, ARefusalIsShown) {
  configure();
  loop.run_until_done(play(loop, udp, notifier, 0, 5));
  EXPECT_FALSE(notifier.status()[0].state.acknowledged);
  EXPECT_EQ(notifier.status()[0].state.why, "answers REFUSED");
}

TEST_F(Notices, WithAKeyAnUnsignedAnswerIsNotBelieved) {
  TransferRules rules;
  rules.keys = {{*Name::parse("k"), HmacKind::kSha256, "secret"}};
  rules.key_names = {*Name::parse("k")};
  configure(rules);
  // The echo carries our own signature, which is not one over ours.
  loop.run_until_done(play(loop, udp, notifier, 0, 0));
  EXPECT_FALSE(notifier.status()[0].state.acknowledged);
  EXPECT_EQ(notifier.status()[0].state.why, "answers without our key's signature");
}

TEST_F(Notices, ASecondaryThatIsTakenOutIsForgotten) {
  configure();
  notifier.published(snapshot(7));
  notifier.configure({}, {});
  EXPECT_TRUE(notifier.status().empty());
}

}  // namespace
}  // namespace evershore::dns
