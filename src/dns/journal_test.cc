#include "dns/journal.h"

#include <gtest/gtest.h>

#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using dnswire::kTypeA;
using dnswire::kTypeSoa;

Name name(std::string_view text) { return *Name::parse(text); }

PlainZone zone(uint32_t serial, const std::map<std::string, std::vector<std::string>>& hosts, uint32_t ttl = 60) {
  PlainZone out{.apex = name("example.com"), .contents = {}};
  out.contents[out.apex][kTypeSoa] = {.ttl = 3'600, .rdata = {*dnswire::rdata_from_text(kTypeSoa, "ns. h. 1 2 3 4 5")}};
  for (const auto& [host, addresses] : hosts) {
    for (const auto& address : addresses) {
      auto& set = out.contents[name(host)][kTypeA];
      set.ttl = ttl;
      set.rdata.push_back(*dnswire::rdata_from_text(kTypeA, address));
    }
  }
  set_serial(out, serial);
  return out;
}

std::vector<std::string> texts(const std::vector<ZoneRecord>& records) {
  std::vector<std::string> out;
  for (const auto& record : records) out.push_back(record.owner.text() + " " + dnswire::rdata_to_text(record.type, record.rdata));
  return out;
}

using Texts = std::vector<std::string>;

TEST(Difference, NamesOnlyTheRecordsThatDiffer) {
  const auto from =
      zone(1, {{"a.example.com", {"10.0.0.1", "10.0.0.2"}}, {"b.example.com", {"10.0.0.3"}}, {"c.example.com", {"10.0.0.4"}}});
  const auto to = zone(2, {{"a.example.com", {"10.0.0.2", "10.0.0.9"}}, {"c.example.com", {"10.0.0.4"}}, {"d.example.com", {"10.0.0.5"}}});
  const auto difference = difference_between(from, to);
  EXPECT_EQ(texts(difference.removed), (Texts{"a.example.com. 10.0.0.1", "b.example.com. 10.0.0.3"}));
  EXPECT_EQ(texts(difference.added), (Texts{"a.example.com. 10.0.0.9", "d.example.com. 10.0.0.5"}));
  EXPECT_EQ(difference.from, 1U);
  EXPECT_EQ(difference.to, 2U);
}

TEST(Difference, AnotherTtlReplacesTheWholeSet) {
  const auto difference = difference_between(zone(1, {{"a.example.com", {"10.0.0.1"}}}, 60), zone(2, {{"a.example.com", {"10.0.0.1"}}}, 5));
  ASSERT_EQ(difference.removed.size(), 1U);
  ASSERT_EQ(difference.added.size(), 1U);
  EXPECT_EQ(difference.removed[0].ttl, 60U);
  EXPECT_EQ(difference.added[0].ttl, 5U);
}

std::shared_ptr<const Difference> step(uint32_t from, uint32_t to, size_t bytes = 100) {
  return std::make_shared<const Difference>(Difference{.from = from, .to = to, .bytes = bytes});
}

TEST(Journal, GivesTheStepsFromAKnownSerialOn) {
  Journal journal;
  for (uint32_t serial = 1; serial < 5; ++serial) journal.add(step(serial, serial + 1));
  const auto steps = journal.since(3);
  ASSERT_TRUE(steps.has_value());
  ASSERT_EQ(steps->size(), 2U);
  EXPECT_EQ(steps->front()->from, 3U);
  EXPECT_EQ(steps->back()->to, 5U);
  EXPECT_FALSE(journal.since(5).has_value());
  EXPECT_FALSE(journal.since(0).has_value());
}

TEST(Journal, ForgetsTheOldestBeyondItsLimits) {
  Journal journal;
  for (uint32_t serial = 0; serial <= kJournalDifferencesMax; ++serial) journal.add(step(serial, serial + 1));
  EXPECT_EQ(journal.size(), kJournalDifferencesMax);
  EXPECT_FALSE(journal.since(0).has_value());
  EXPECT_TRUE(journal.since(1).has_value());
  journal.add(step(kJournalDifferencesMax + 1, kJournalDifferencesMax + 2, kJournalBytesMax - 50));
  EXPECT_EQ(journal.size(), 1U);
  journal.add(step(kJournalDifferencesMax + 2, kJournalDifferencesMax + 3, kJournalBytesMax + 1));
  EXPECT_EQ(journal.size(), 0U);
}

TEST(Journal, AGapForgetsWhatWasBeforeIt) {
  Journal journal;
  journal.add(step(1, 2));
  journal.add(step(7, 8));
  EXPECT_FALSE(journal.since(1).has_value());
  EXPECT_TRUE(journal.since(7).has_value());
}

}  // namespace
}  // namespace evershore::dns
