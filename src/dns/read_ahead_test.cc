#include "dns/read_ahead.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using Bytes = std::vector<uint8_t>;

std::shared_ptr<const CompiledSnapshot> zone_of(size_t names) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .file = "f", .nameservers = {"ns1.example.com"}}};
  std::string text = "* TXT other\nempty.above A 192.0.2.1\nalias CNAME host0\n";
  for (size_t i = 0; i < names; ++i) text += fmt::format("host{} A 10.0.{}.{}\n", i, i / 256 % 256, i % 256);
  settings.records = {{.name = "drawn.example.com",
                       .type = "A",
                       .policy = RecordPolicy::kWeighted,
                       .answers = {{.value = "192.0.2.1", .weight = 1}, {.value = "192.0.2.2", .weight = 3}}}};
  return compile(plain_zones(load_zones(settings, {{"f", text}}).zones, {}, {}, {}).zones, {});
}

Bytes query_for(const std::string& name) { return dnswire::build_query(*dnswire::Name::parse(name), dnswire::kTypeA, 1, {}); }

TEST(ReadAhead, is_for_zones_that_no_cache_holds) {
  EXPECT_FALSE(worth_reading_ahead(*zone_of(100)));
  EXPECT_TRUE(worth_reading_ahead(*zone_of(kReadAheadNames)));
}

TEST(ReadAhead, passes_over_what_is_no_question_for_a_name_of_ours) {
  const auto snapshot = zone_of(10);
  const Bytes whole = query_for("host3.example.com");
  std::vector<Bytes> packets = {
      {}, {1, 2, 3}, query_for("host3.example.com"), query_for("none.example.com"), query_for("elsewhere.example")};
  for (const auto* name : {"above.example.com", "drawn.example.com", "alias.example.com", "example.com"})
    packets.push_back(query_for(name));
  for (size_t size = 0; size < whole.size(); ++size) packets.emplace_back(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
  Bytes with_pointer(whole.begin(), whole.begin() + 12);
  for (const uint8_t byte : Bytes{1, 'a', 0xC0, 0}) with_pointer.push_back(byte);
  packets.push_back(with_pointer);
  std::vector<std::span<const uint8_t>> queries(packets.begin(), packets.end());
  ASSERT_GT(queries.size(), kReadAheadMax);
  read_ahead(queries, *snapshot);
  for (const auto& query : queries) read_ahead(std::span(&query, 1), *snapshot);

  Bytes out(kUdpAnswerBytesMax);
  AnswerCounters counters;
  out.resize(answer(whole, *snapshot, {}, out, counters));
  EXPECT_EQ(dnswire::parse_response(out)->answers.size(), 1U);
}

}  // namespace
}  // namespace evershore::dns
