#include "dns/transfer_notify.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;

const Name kApex = *Name::parse("example.com");

std::map<Name, TransferZone> zones(uint32_t serial) {
  auto zone = std::make_shared<PlainZone>(PlainZone{.apex = kApex, .contents = {}});
  zone->contents[kApex][dnswire::kTypeSoa] = {.ttl = 3'600, .rdata = {*dnswire::rdata_from_text(dnswire::kTypeSoa, "ns. h. 1 2 3 4 5")}};
  set_serial(*zone, serial);
  return {{kApex, {.content = zone, .serial = serial, .journal = {}}}};
}

TEST(Notify, IsDueAtOnceForEachNewSerialAndOnlyForThat) {
  NotifyQueue queue;
  const Mono now{};
  queue.take(zones(1), now);
  EXPECT_EQ(queue.due(now), std::vector{kApex});
  queue.take(zones(1), now);
  EXPECT_TRUE(queue.due(now).empty());
  queue.take(zones(2), now + 1ms);
  EXPECT_EQ(queue.due(now + 1ms), std::vector{kApex});
  queue.take({}, now);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(Notify, IsRepeatedAfterDelaysThatDoubleAndThenNoMore) {
  NotifyQueue queue;
  Mono now{};
  queue.take(zones(1), now);
  std::vector<Duration> delays;
  for (uint32_t i = 0; i < kNotifyAttemptsMax; ++i) {
    EXPECT_EQ(queue.due(now).size(), 1U);
    EXPECT_TRUE(queue.due(now).empty());
    if (queue.next() == kNever) break;
    delays.push_back(queue.next() - now);
    EXPECT_TRUE(queue.due(queue.next() - 1ms).empty());
    now = queue.next();
  }
  EXPECT_EQ(delays, (std::vector<Duration>{500ms, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}));
  EXPECT_EQ(queue.next(), kNever);
  EXPECT_EQ(queue.at(kApex).state.why, "no answer");
}

TEST(Notify, AnAnswerBelongsToTheLastNotice) {
  NotifyQueue queue;
  queue.take(zones(1), Mono{});
  queue.due(Mono{});
  queue.at(kApex).id = 5;
  EXPECT_EQ(queue.find(kApex, 4), nullptr);
  EXPECT_EQ(queue.find(*Name::parse("example.org"), 5), nullptr);
  ASSERT_NE(queue.find(kApex, 5), nullptr);
  queue.at(kApex).state.acknowledged = true;
  EXPECT_EQ(queue.find(kApex, 5), nullptr);
}

TEST(Notify, TheNoticeCarriesTheNewSoa) {
  const auto zone = zones(4711).at(kApex);
  const auto parsed = dnswire::parse_response(build_notify(zone, 9));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->id, 9);
  EXPECT_EQ(parsed->flags, 0x2400);
  EXPECT_EQ(parsed->question_type, dnswire::kTypeSoa);
  EXPECT_EQ(parsed->answers.at(0).value(), "ns. h. 4711 2 3 4 5");
}

TEST(Notify, OnlyAnswersToNoticesAreRead) {
  auto packet = build_notify(zones(1).at(kApex), 9);
  EXPECT_FALSE(parse_notify_answer(packet).has_value());
  packet[2] |= 0x80;
  packet[3] = 5;
  const auto answer = parse_notify_answer(packet);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->zone, kApex);
  EXPECT_EQ(answer->rcode, dnswire::Rcode::kRefused);
  packet[2] = 0x84;  // an ordinary answer
  EXPECT_FALSE(parse_notify_answer(packet).has_value());
}

}  // namespace
}  // namespace evershore::dns
