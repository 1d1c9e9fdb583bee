// Answers where the asker may be forged: cookies, rate limiting, and refusals that are worth nothing to an attacker.
#include <gtest/gtest.h>

#include <algorithm>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using Bytes = std::vector<uint8_t>;
using dnswire::Rcode;

constexpr uint32_t kNow = 1'800'000'000;
constexpr std::array<uint8_t, 4> kClient{192, 0, 2, 1};
const Bytes kClientCookie{1, 2, 3, 4, 5, 6, 7, 8};

class AnswerAbuse : public testing::Test {
 protected:
  AnswerAbuse() {
    DnsSettings settings;
    settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}};
    settings.records = {{.name = "www.example.com", .type = "A", .values = {"192.0.2.1"}},
                        {.name = "big.example.com", .type = "TXT", .values = {std::string(200, 'x')}}};
    snapshot_ = compile(plain_zones(load_zones(settings, {}).zones, {}, {}, {}).zones, {.nsid = "node-1"});
  }

  Bytes ask(const Bytes& query, Transport transport = Transport::kUdp) {
    Bytes out(65'535);
    const Asker asker{.transport = transport,
                      .address = kClient,
                      .cookies = &secret_,
                      .seconds = kNow,
                      .limiter = &limiter_,
                      .encrypted = encrypted_,
                      .now_us = now_us_,
                      .keepalive_tenths = 100};
    out.resize(answer(query, *snapshot_, asker, out, counters_));
    return out;
  }

  dnswire::CookieSecret secret_{42};
  RateLimiter limiter_{5};
  bool encrypted_ = false;
  uint64_t now_us_ = 1'000'000;
  std::shared_ptr<const CompiledSnapshot> snapshot_;
  AnswerCounters counters_;
};

Bytes query(std::string_view name, uint16_t type = dnswire::kTypeA) { return dnswire::build_query(*Name::parse(name), type, 77); }

Bytes option(uint16_t code, const Bytes& value) {
  Bytes out(4);
  dnswire::store16(out.data(), code);
  dnswire::store16(&out[2], value.size());
  out.insert(out.end(), value.begin(), value.end());
  return out;
}

Bytes with_options(Bytes query, const Bytes& options) {
  dnswire::store16(&query[10], 1);
  const Bytes opt{0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, static_cast<uint8_t>(options.size() >> 8), static_cast<uint8_t>(options.size())};
  query.insert(query.end(), opt.begin(), opt.end());
  query.insert(query.end(), options.begin(), options.end());
  return query;
}
Bytes with_cookie(Bytes query, const Bytes& cookie) { return with_options(std::move(query), option(10, cookie)); }

// The cookie option of an answer: client's and server's part; empty if there is none.
Bytes cookie_in(const Bytes& answer) {
  const Bytes head{0, 10, 0, 24};
  const auto at = std::ranges::search(answer, head);
  return at.empty() ? Bytes{} : Bytes(at.end(), at.end() + 24);
}

bool contains(const Bytes& answer, const Bytes& part) { return !std::ranges::search(answer, part).empty(); }

Rcode rcode_of(const Bytes& answer) { return dnswire::parse_response(answer)->rcode; }
bool truncated(const Bytes& answer) { return dnswire::parse_response(answer)->truncated(); }

TEST_F(AnswerAbuse, AClientGetsACookieAndIsKnownByIt) {
  const auto first = cookie_in(ask(with_cookie(query("www.example.com"), kClientCookie)));
  ASSERT_EQ(first.size(), dnswire::kCookieBytes);
  EXPECT_TRUE(std::equal(kClientCookie.begin(), kClientCookie.end(), first.begin()));
  EXPECT_EQ(counters_.proven.get(), 0U);
  EXPECT_EQ(cookie_in(ask(with_cookie(query("www.example.com"), first))), first) << "a fresh one comes back as it is";
  EXPECT_EQ(counters_.proven.get(), 1U);
}

TEST_F(AnswerAbuse, AStaleCookieProvesItsClientAndIsRenewed) {
  const auto made = dnswire::make_server_cookie(secret_, kClientCookie, kClient, kNow - 3'000);
  Bytes cookie = kClientCookie;
  cookie.insert(cookie.end(), made.begin(), made.end());
  const auto renewed = cookie_in(ask(with_cookie(query("www.example.com"), cookie)));
  EXPECT_EQ(counters_.proven.get(), 1U);
  EXPECT_NE(renewed, cookie);
}

TEST_F(AnswerAbuse, ACookieOfAWrongLengthIsMalformed) {
  for (const size_t bytes : {0U, 7U, 9U, 15U, 41U}) {
    EXPECT_EQ(rcode_of(ask(with_cookie(query("www.example.com"), Bytes(bytes, 1)))), Rcode::kFormErr) << bytes;
  }
}

TEST_F(AnswerAbuse, ACookieWithoutAQuestionIsAnsweredWithOne) {
  const Bytes header{0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto first = ask(with_cookie(header, kClientCookie));
  EXPECT_EQ(rcode_of(first), Rcode::kBadCookie);
  EXPECT_EQ(rcode_of(ask(with_cookie(header, cookie_in(first)))), Rcode::kNoError);
  EXPECT_EQ(rcode_of(ask(header)), Rcode::kFormErr);
  EXPECT_EQ(rcode_of(ask(with_options(header, {}))), Rcode::kFormErr);
}

TEST_F(AnswerAbuse, EqualAnswersOverTheRateAreCutOrLeftOut) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(truncated(ask(query("www.example.com"))));
  const auto cut = ask(query("www.example.com"));
  EXPECT_TRUE(truncated(cut));
  EXPECT_EQ(cut.size(), query("www.example.com").size()) << "nothing but the question";
  EXPECT_TRUE(ask(query("www.example.com")).empty());
  EXPECT_EQ(counters_.limited.get(), 2U);
  EXPECT_FALSE(truncated(ask(query("big.example.com", dnswire::kTypeTxt)))) << "another answer has its own limit";
}

TEST_F(AnswerAbuse, NamesThatDoNotExistShareOneLimit) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rcode_of(ask(query("n" + std::to_string(i) + ".example.com"))), Rcode::kNxDomain);
  EXPECT_TRUE(truncated(ask(query("other.example.com"))));
}

TEST_F(AnswerAbuse, RefusalsShareOneLimitAndAreThenLeftOut) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rcode_of(ask(query("n" + std::to_string(i) + ".example.net"))), Rcode::kRefused);
  EXPECT_TRUE(ask(query("x.example.net")).empty());
  EXPECT_TRUE(ask(query("y.example.net")).empty());
}

TEST_F(AnswerAbuse, WhoHasACookieOrComesOverTcpIsNotLimited) {
  const auto cookie = cookie_in(ask(with_cookie(query("www.example.com"), kClientCookie)));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(truncated(ask(with_cookie(query("www.example.com"), cookie))));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(truncated(ask(query("www.example.com"), Transport::kTcp)));
  EXPECT_EQ(counters_.limited.get(), 0U);
}

TEST_F(AnswerAbuse, NoRefusalIsLargerThanItsQuestion) {
  const Bytes nsid = option(3, {});
  Bytes options = option(10, kClientCookie);
  options.insert(options.end(), nsid.begin(), nsid.end());
  std::vector<Bytes> refused{with_options(query("www.example.net"), options), with_options(query("www.example.com", 252), options),
                             query("www.example.net"), with_options(query("www.example.com"), {0, 10, 0, 1, 9})};
  Bytes not_a_query = query("www.example.com");
  not_a_query[2] = 0x28;
  refused.push_back(not_a_query);
  for (const auto& each : refused) EXPECT_LE(ask(each).size(), each.size());
}

TEST_F(AnswerAbuse, OverTcpARefusalSaysWhy) {
  const Bytes not_ours{0, 15, 0, 2, 0, 20};
  EXPECT_TRUE(contains(ask(with_options(query("www.example.net"), {}), Transport::kTcp), not_ours));
  const Bytes prohibited{0, 15, 0, 2, 0, 18};
  EXPECT_TRUE(contains(ask(with_options(query("example.com", 252), {}), Transport::kTcp), prohibited));
}

TEST_F(AnswerAbuse, AnswersArePaddedOverTlsForThoseWhoAsk) {
  const auto padded = with_options(query("www.example.com"), option(12, {0, 0}));
  EXPECT_LT(ask(padded, Transport::kTcp).size(), 200U) << "in the clear it would hide nothing";
  encrypted_ = true;
  EXPECT_EQ(ask(padded, Transport::kTcp).size(), 468U);
  EXPECT_LT(ask(with_options(query("www.example.com"), {}), Transport::kTcp).size(), 200U);
}

TEST_F(AnswerAbuse, KeepaliveIsToldOverTcpOnly) {
  const auto keepalive = with_options(query("www.example.com"), option(11, {}));
  const Bytes told{0, 11, 0, 2, 0, 100};
  EXPECT_TRUE(contains(ask(keepalive, Transport::kTcp), told));
  EXPECT_FALSE(contains(ask(keepalive), told));
}

}  // namespace
}  // namespace evershore::dns
