#include "dns/run/outside_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "base/sync.h"
#include "dns/lookup_test_support.h"
#include "io/test_support.h"
#include "wire/dns/message.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::address;
using testing_support::name;
using testing_support::reply;
using testing_support::Said;

// A resolver on loopback that says what it is told to say; over UDP and TCP on one port.
class FakeResolver {
 public:
  using Packets = std::vector<std::vector<uint8_t>>;
  using Answer = std::function<Packets(const LookupQuestion& question, uint16_t id, bool tcp)>;

  FakeResolver(io::Loop& loop, Answer answer) : answer_(std::move(answer)) {
    // The kernel chooses a port for one of the two; it may be taken for the other.
    for (int tries = 0; tries < 50 && listener_ == nullptr; ++tries) {
      udp_.emplace(loop, io::Endpoint{"127.0.0.1", 0});
      if (auto listener = io::Listener::open(loop, udp_->socket->local())) listener_ = std::move(*listener);
    }
    EVERSHORE_ASSERT(listener_ != nullptr);
    tasks_.spawn(serve_udp());
    tasks_.spawn(serve_tcp());
  }
  io::Endpoint endpoint() const { return udp_->socket->local(); }
  size_t asked = 0;
  void set(Answer answer) { answer_ = std::move(answer); }
  Task<void> stop() {
    udp_->watch.close();
    listener_->close();
    co_await tasks_.join();
  }

 private:
  Packets answer(std::span<const uint8_t> packet, bool tcp) {
    dnswire::Query query;
    if (dnswire::parse_query(packet, query) != dnswire::Verdict::kOk) return {};
    ++asked;
    const auto asked_name = dnswire::Name::from_wire(as_text(packet.subspan(dnswire::kHeaderBytes, query.name_bytes)));
    return answer_({*asked_name, query.type}, query.id, tcp);
  }
  Task<void> serve_udp() {
    while (true) {
      const io::WaitEnd end = co_await udp_->watch.wait(io::Ready::kReadable);
      if (end != io::WaitEnd::kReady) co_return;
      const size_t got = udp_->socket->receive();
      for (size_t i = 0; i < got; ++i) {
        // One reply a datagram: a second packet is for tests of what comes first.
        const auto packets = answer(udp_->socket->datagram(i), false);
        if (packets.empty()) continue;
        std::ranges::copy(packets.front(), udp_->socket->reply_buffer(i).begin());
        udp_->socket->set_reply(i, packets.front().size());
      }
      udp_->socket->send_replies();
    }
  }
  Task<void> serve_tcp() {
    while (true) {
      auto accepted = co_await listener_->accept();
      if (!accepted) co_return;
      std::array<uint8_t, 512> buffer;
      auto got = co_await accepted->stream->read_some(buffer);
      if (!got || *got < 2) continue;
      auto packets = answer(std::span(buffer).subspan(2, *got - 2), true);
      if (packets.empty()) continue;
      std::vector<uint8_t> framed(2);
      dnswire::store16(framed.data(), packets.front().size());
      framed.insert(framed.end(), packets.front().begin(), packets.front().end());
      const std::span<const uint8_t> bytes(framed);
      auto written = co_await accepted->stream->write_all(bytes);
      if (!written) continue;
    }
  }

  Answer answer_;
  std::optional<io::WatchedUdp> udp_;
  std::unique_ptr<io::Listener> listener_;
  TaskScope tasks_;
};

constexpr const char* kName = "www.example.net";
const Said kNobody{.authorities = {{"example.net", "SOA", 60, "ns. h. 1 2 3 4 60"}}};

FakeResolver::Answer says(std::string text, uint32_t ttl = 60) {
  return [text, ttl](const LookupQuestion& question, uint16_t id, bool) -> FakeResolver::Packets {
    if (question.type != dnswire::kTypeA) return {reply(question, id, kNobody)};
    return {reply(question, id, {.answers = {{kName, "A", ttl, text}}})};
  };
}
FakeResolver::Answer silent() {
  return [](const LookupQuestion&, uint16_t, bool) -> FakeResolver::Packets { return {}; };
}
FakeResolver::Answer refuses() {
  return [](const LookupQuestion& question, uint16_t id, bool) -> FakeResolver::Packets {
    return {reply(question, id, {.rcode = dnswire::Rcode::kServFail})};
  };
}

Task<void> stop_all(OutsideResolver& outside, std::vector<FakeResolver*> fakes) {
  co_await outside.stop();
  for (auto* fake : fakes) co_await fake->stop();
}

Task<void> until(io::Loop& loop, std::function<bool()> condition) {
  const Mono limit = loop.now() + 15s;
  while (!condition() && loop.now() < limit) co_await sleep_for(loop, 1ms);
}

struct Outside : testing::Test {
  Outside() {
    outside.set_hooks({.on_addresses = [this] { ++changes; },
                       .on_trouble =
                           [this](const Name&, OutsideBook::Trouble trouble, const std::string& why) {
                             troubles.push_back(trouble);
                             last_why = why;
                           }});
  }
  ~Outside() override {
    std::vector<FakeResolver*> all;
    for (auto& fake : fakes) all.push_back(fake.get());
    loop.run_until_done(stop_all(outside, all));
  }
  FakeResolver& add(FakeResolver::Answer answer) {
    fakes.push_back(std::make_unique<FakeResolver>(loop, std::move(answer)));
    resolvers.push_back(fakes.back()->endpoint());
    return *fakes.back();
  }
  void start() {
    outside.configure(resolvers);
    outside.add({name(kName)});
  }
  void wait_for(std::function<bool()> condition) { loop.run_until_done(until(loop, std::move(condition))); }
  std::vector<std::string> known() {
    const auto all = outside.addresses();
    const auto at = all.find({name(kName), dnswire::kTypeA});
    return at == all.end() ? std::vector<std::string>{} : at->second.rdata;
  }

  io::Loop loop;
  OutsideResolver outside{loop, Log()};
  std::vector<std::unique_ptr<FakeResolver>> fakes;
  std::vector<io::Endpoint> resolvers;
  size_t changes = 0;
  std::vector<OutsideBook::Trouble> troubles;
  std::string last_why;
};

Task<void> wait_first(io::Loop& loop, OutsideResolver& outside) { co_await outside.first_outcomes(loop.now() + 10s); }

TEST_F(Outside, asks_for_both_families_and_tells_of_the_addresses) {
  auto& fake = add(says("192.0.2.1"));
  start();
  loop.run_until_done(wait_first(loop, outside));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  EXPECT_EQ(fake.asked, 2U);
  EXPECT_EQ(changes, 1U);
  EXPECT_EQ(outside.counters().answered.get(), 1U);
  EXPECT_EQ(outside.counters().nothing.get(), 1U);
}

TEST_F(Outside, without_a_resolver_nothing_is_asked_and_nobody_waits) {
  start();
  EXPECT_FALSE(outside.waiting_for_first());
  EXPECT_EQ(outside.counters().asked.get(), 0U);
}

TEST_F(Outside, a_short_ttl_is_asked_for_again_and_a_change_seen) {
  auto& fake = add(says("192.0.2.1", 1));
  start();
  wait_for([&] { return !known().empty(); });
  fake.set(says("192.0.2.2", 1));
  wait_for([&] { return known() == std::vector{address("192.0.2.2")}; });
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.2")));
  EXPECT_EQ(changes, 2U);
}

TEST_F(Outside, a_truncated_answer_is_asked_for_over_tcp) {
  add([](const LookupQuestion& question, uint16_t id, bool tcp) -> FakeResolver::Packets {
    if (!tcp) return {reply(question, id, {.truncated = true})};
    return says("192.0.2.7")(question, id, tcp);
  });
  start();
  loop.run_until_done(wait_first(loop, outside));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.7")));
}

TEST_F(Outside, an_answer_with_another_id_is_passed_over) {
  size_t forged = 0;
  auto& fake = add([&](const LookupQuestion& question, uint16_t id, bool tcp) -> FakeResolver::Packets {
    if (forged++ < 2) return {reply(question, static_cast<uint16_t>(id + 1), {.answers = {{kName, "A", 60, "192.0.2.66"}}})};
    return says("192.0.2.1")(question, id, tcp);
  });
  start();
  loop.run_until_done(wait_first(loop, outside));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  EXPECT_GT(fake.asked, 2U);
}

TEST_F(Outside, the_next_resolver_is_asked_when_one_is_silent_or_fails_and_then_first) {
  auto& dead = add(silent());
  auto& failing = add(refuses());
  auto& good = add(says("192.0.2.1", 1));
  start();
  loop.run_until_done(wait_first(loop, outside));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  const size_t asked = dead.asked + failing.asked;
  wait_for([&] { return good.asked >= 4; });
  EXPECT_EQ(dead.asked + failing.asked, asked);
  EXPECT_THAT(troubles, ElementsAre());
}

TEST_F(Outside, nobody_there_is_noticed_at_once_and_what_is_known_stays) {
  auto& fake = add(says("192.0.2.1", 1));
  start();
  wait_for([&] { return !known().empty(); });
  loop.run_until_done(fake.stop());
  wait_for([&] { return !troubles.empty(); });
  EXPECT_THAT(troubles, ElementsAre(OutsideBook::Trouble::kBegins));
  EXPECT_THAT(last_why, HasSubstr("resolver 127.0.0.1:"));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  EXPECT_EQ(changes, 1U);
}

TEST_F(Outside, failure_and_return_are_told_and_the_word_for_nothing_counts) {
  auto& fake = add(says("192.0.2.1", 1));
  start();
  wait_for([&] { return !known().empty(); });
  fake.set(refuses());
  wait_for([&] { return troubles.size() == 1; });
  EXPECT_THAT(last_why, HasSubstr("SERVFAIL"));
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  fake.set([](const LookupQuestion& question, uint16_t id, bool) -> FakeResolver::Packets { return {reply(question, id, kNobody)}; });
  wait_for([&] { return troubles.size() == 2; });
  EXPECT_THAT(known(), ElementsAre());
  EXPECT_EQ(changes, 2U);
}

TEST_F(Outside, what_was_saved_is_known_before_anybody_is_asked) {
  outside.restore("www.example.net. A 30 192.0.2.5\n");
  start();
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.5")));
  EXPECT_EQ(outside.saved(), "www.example.net. A 30 192.0.2.5\n");
}

TEST_F(Outside, stopping_ends_look_ups_that_wait) {
  add(silent());
  start();
  wait_for([&] { return outside.counters().asked.get() == 2; });
  const Mono before = loop.now();
  loop.run_until_done(stop_all(outside, {}));
  EXPECT_LT(loop.now() - before, 500ms);
}

}  // namespace
}  // namespace evershore::dns
