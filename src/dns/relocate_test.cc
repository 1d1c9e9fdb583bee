#include "dns/relocate.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/rdata.h"
#include "wire/dns/writer.h"

namespace evershore::dns {
namespace {

using dnswire::Name;

// A message with one question and, from `at` on, records that were prepared for another name.
struct Moved {
  std::vector<uint8_t> message;
  bool near = true;
};

Moved moved(const Name& question, const Name& name, size_t filler) {
  dnswire::Writer head(0);
  for (const size_t field : {size_t{7}, size_t{0x8400}, size_t{1}, size_t{4}, size_t{0}, size_t{0}}) head.put16(field);
  head.put_name(question, false);
  head.put16(1);
  head.put16(1);
  // A TXT of the question's fills the space; then the CNAME whose target the others answer for.
  head.put_record(question, dnswire::kTypeTxt, 60, std::string(1, '\0') + std::string(filler, '\0'));
  const size_t cname_at = head.size();
  head.put_record(question, dnswire::kTypeDname, 60, name.wire());
  const size_t name_at = head.size() - name.wire().size();
  EXPECT_GT(name_at, cname_at);

  dnswire::Writer body(dnswire::kHeaderBytes + name.wire().size() + 4);
  body.remember(name, dnswire::kHeaderBytes);
  body.put_record_of_question(dnswire::kTypeMx, 60, *dnswire::rdata_from_text(dnswire::kTypeMx, "5 mail.example.net"));
  body.put_record(*Name::parse("example.net"), dnswire::kTypeSoa, 60,
                  *dnswire::rdata_from_text(dnswire::kTypeSoa, "mail.example.net. host.mail.example.net. 1 2 3 4 5"));
  const auto bytes = head.bytes() + body.bytes();
  Moved out{.message = {as_bytes(bytes).begin(), as_bytes(bytes).end()}};
  out.near = relocate(out.message, {.at = head.size(), .records = 2, .name_at = name_at, .name_bytes = name.wire().size()});
  return out;
}

TEST(Relocate, owners_and_names_in_the_data_point_where_they_should) {
  const auto [message, near] = moved(*Name::parse("www.old.example.com"), *Name::parse("www.example.net"), 0);
  EXPECT_TRUE(near);
  const auto response = dnswire::parse_response(message);
  ASSERT_TRUE(response.has_value()) << response.error().text;
  ASSERT_EQ(response->answers.size(), 4U);
  EXPECT_EQ(response->answers[2].owner.text(), "www.example.net.");
  EXPECT_EQ(response->answers[2].value(), "5 mail.example.net.");
  EXPECT_EQ(response->answers[3].owner.text(), "example.net.");
  EXPECT_EQ(response->answers[3].value(), "mail.example.net. host.mail.example.net. 1 2 3 4 5");
}

TEST(Relocate, says_when_a_place_is_too_far_for_a_pointer) {
  EXPECT_TRUE(moved(*Name::parse("a"), *Name::parse("b.example.net"), 16'200).near);
  EXPECT_FALSE(moved(*Name::parse("a"), *Name::parse("b.example.net"), 16'400).near);
}

}  // namespace
}  // namespace evershore::dns
