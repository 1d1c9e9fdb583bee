#include "wire/dns/message.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/writer.h"

namespace evershore::dnswire {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes query_bytes(const QueryOptions& options = {}) { return build_query(*Name::parse("wWw.example.com"), kTypeA, 0x1234, options); }

Verdict verdict_of(const Bytes& packet) {
  Query query;
  return parse_query(packet, query);
}

Bytes with_records(size_t answers, size_t additionals, std::string_view records) {
  auto packet = query_bytes();
  store16(&packet[6], answers);
  store16(&packet[10], additionals);
  packet.insert(packet.end(), records.begin(), records.end());
  return packet;
}

const std::string_view kOpt("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);

TEST(ParseQuery, ReadsAPlainQuery) {
  Query query;
  EXPECT_EQ(parse_query(query_bytes({.recursion_desired = true}), query), Verdict::kOk);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.flags, kFlagRd);
  EXPECT_EQ(query.type, kTypeA);
  EXPECT_EQ(query.klass, kClassIn);
  EXPECT_EQ(query.name_bytes, 17U);
  EXPECT_EQ(query.question_bytes, 21U);
  EXPECT_FALSE(query.edns.present);
}

TEST(ParseQuery, EveryTruncationIsRefusedAndNoneReadsPastTheEnd) {
  for (const auto& whole : {query_bytes(), query_bytes({.edns_payload_bytes = 1400, .nsid = true})}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const Bytes part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));  // its own allocation, for the sanitizer
      EXPECT_EQ(verdict_of(part), size < kHeaderBytes ? Verdict::kDrop : Verdict::kFormErr) << size;
    }
    EXPECT_EQ(verdict_of(whole), Verdict::kOk);
  }
}

TEST(ParseQuery, AnAnswerIsDroppedSilently) {
  auto packet = query_bytes();
  packet[2] |= 0x80;
  EXPECT_EQ(verdict_of(packet), Verdict::kDrop);
}

TEST(ParseQuery, NoQuestionOrTwoAreMalformed) {
  auto packet = query_bytes();
  packet[5] = 0;
  EXPECT_EQ(verdict_of(packet), Verdict::kFormErr);
  packet[5] = 2;
  EXPECT_EQ(verdict_of(packet), Verdict::kFormErr);
}

TEST(ParseQuery, EveryOtherOpcodeIsNotImplemented) {
  for (int opcode = 1; opcode < 16; ++opcode) {
    auto packet = query_bytes();
    packet[2] = static_cast<uint8_t>(opcode << 3);
    EXPECT_EQ(verdict_of(packet), Verdict::kNotImp) << opcode;
  }
}

TEST(ParseQuery, PointersAndReservedLabelTypesInTheQuestionAreMalformed) {
  for (const uint8_t length : {0x40, 0x80, 0xC0}) {
    auto packet = query_bytes();
    packet[kHeaderBytes] = length;
    EXPECT_EQ(verdict_of(packet), Verdict::kFormErr);
  }
}

TEST(ParseQuery, ANameOf255BytesPassesAndOneOf256DoesNot) {
  for (const size_t last : {61U, 62U}) {
    Bytes packet(kHeaderBytes);
    packet[5] = 1;
    for (const size_t length : {size_t{63}, size_t{63}, size_t{63}, last}) {
      packet.push_back(static_cast<uint8_t>(length));
      packet.insert(packet.end(), length, 'x');
    }
    packet.insert(packet.end(), {0, 0, 1, 0, 1});
    EXPECT_EQ(verdict_of(packet), last == 61 ? Verdict::kOk : Verdict::kFormErr);
  }
}

TEST(ParseQuery, ReadsEdns) {
  Query query;
  EXPECT_EQ(parse_query(query_bytes({.edns_payload_bytes = 1400, .dnssec_ok = true, .nsid = true}), query), Verdict::kOk);
  EXPECT_TRUE(query.edns.present);
  EXPECT_TRUE(query.edns.dnssec_ok);
  EXPECT_TRUE(query.edns.wants_nsid);
  EXPECT_EQ(query.edns.payload_bytes, 1400);
}

TEST(ParseQuery, ALaterEdnsVersionIsBadVers) {
  Query query;
  EXPECT_EQ(parse_query(query_bytes({.edns_payload_bytes = 1400, .edns_version = 1}), query), Verdict::kBadVers);
  EXPECT_GT(query.question_bytes, 0U);
}

TEST(ParseQuery, TwoOptsOrAnOwnedOneOrOneInTheAnswerSectionAreMalformed) {
  EXPECT_EQ(verdict_of(with_records(0, 1, kOpt)), Verdict::kOk);
  EXPECT_EQ(verdict_of(with_records(0, 2, std::string(kOpt) + std::string(kOpt))), Verdict::kFormErr);
  EXPECT_EQ(verdict_of(with_records(0, 1, "\1a" + std::string(kOpt))), Verdict::kFormErr);
  EXPECT_EQ(verdict_of(with_records(1, 0, kOpt)), Verdict::kFormErr);
}

TEST(ParseQuery, UnknownOptionsArePassedOverAndCutOnesAreMalformed) {
  std::string opt(kOpt);
  opt[10] = 6;
  EXPECT_EQ(verdict_of(with_records(0, 1, opt + std::string("\xff\xfe\0\2ab", 6))), Verdict::kOk);
  EXPECT_EQ(verdict_of(with_records(0, 1, opt + std::string("\xff\xfe\0\3ab", 6))), Verdict::kFormErr);
}

TEST(ParseQuery, BytesAfterTheLastRecordAreMalformed) { EXPECT_EQ(verdict_of(with_records(0, 0, "x")), Verdict::kFormErr); }

TEST(WriteOpt, CarriesPayloadDnssecOkExtendedRcodeAndNsid) {
  const std::string nsid = "node-1";
  Bytes packet = query_bytes();
  packet[2] |= 0x80;
  store16(&packet[10], 1);
  const OptFields fields{.payload_bytes = 1232, .extended_rcode = 1, .dnssec_ok = true, .nsid = as_bytes(nsid)};
  const size_t at = packet.size();
  packet.resize(at + opt_bytes(fields));
  EXPECT_EQ(write_opt(fields, &packet[at]), opt_bytes(fields));
  const auto response = parse_response(packet);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->rcode, Rcode::kBadVers);
  EXPECT_EQ(response->edns.payload_bytes, 1232);
  EXPECT_TRUE(response->edns.dnssec_ok);
  EXPECT_EQ(response->nsid, "node-1");
}

Bytes message_of(const Writer& body, size_t answers) {
  auto packet = query_bytes();
  store16(&packet[6], answers);
  packet.insert(packet.end(), body.bytes().begin(), body.bytes().end());
  return packet;
}

TEST(Writer, CompressesOwnersAndTheNamesOfOldTypesAndReadsBack) {
  const auto www = *Name::parse("wWw.example.com");
  const auto mail = *Name::parse("mail.example.com");
  Writer writer(query_bytes().size());
  writer.remember(www, kHeaderBytes);
  writer.put_record(www, kTypeMx, 60, std::string("\0\12", 2) + std::string(mail.wire()));
  writer.put_record(mail, kTypeSrv, 60, std::string("\0\1\0\2\0\3", 6) + std::string(mail.wire()));
  writer.put_record(mail, kTypeA, 60, "\1\2\3\4");
  EXPECT_EQ(writer.pointers().size(), 4U);
  const auto response = parse_response(message_of(writer, 3));
  ASSERT_TRUE(response.has_value()) << response.error().text;
  EXPECT_EQ(response->answers[0].value(), "10 mail.example.com.");
  EXPECT_EQ(response->answers[1].value(), "1 2 3 mail.example.com.");
  EXPECT_EQ(response->answers[2].owner, mail);
  EXPECT_EQ(response->answers[2].value(), "1.2.3.4");
}

TEST(Writer, KeepsLetterCaseRatherThanCompress) {
  Writer writer(query_bytes().size());
  writer.remember(*Name::parse("www.example.com"), kHeaderBytes);
  writer.put_name(*Name::parse("www.EXAMPLE.com"), true);
  EXPECT_EQ(writer.bytes().substr(0, 12), "\3www\7EXAMPLE");
}

TEST(Writer, NeverPointsBeyondWhatFourteenBitsReach) {
  Writer writer(0);
  writer.put(std::string(17'000, 'x'));
  const auto late = *Name::parse("late.example.com");
  writer.put_name(late, true);
  writer.put_name(late, true);
  EXPECT_TRUE(writer.pointers().empty());
}

TEST(ParseResponse, EveryTruncationFailsWithoutReadingPastTheEnd) {
  const auto www = *Name::parse("wWw.example.com");
  Writer writer(query_bytes().size());
  writer.remember(www, kHeaderBytes);
  writer.put_record(www, kTypeCname, 60, Name::parse("a.example.net")->wire());
  writer.put_record(*Name::parse("a.example.net"), kTypeTxt, 60, "\3abc");
  const auto whole = message_of(writer, 2);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(parse_response(part).has_value()) << size;
  }
  EXPECT_TRUE(parse_response(whole).has_value());
}

TEST(ParseResponse, RefusesPointersThatDoNotPointBack) {
  Writer writer(query_bytes().size());
  writer.put16(0xC000 | query_bytes().size());  // at itself
  writer.put(std::string_view("\0\1\0\1\0\0\0\0\0\0", 10));
  EXPECT_FALSE(parse_response(message_of(writer, 1)).has_value());
}

}  // namespace
}  // namespace evershore::dnswire
