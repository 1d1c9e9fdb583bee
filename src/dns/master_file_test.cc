#include "dns/master_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/master_text_entries.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Texts = std::vector<std::string>;

const dnswire::Name kOrigin = *dnswire::Name::parse("example.com");

struct MasterRecords {
  std::vector<MasterRecord> records;
  std::vector<MasterProblem> problems;
  std::deque<std::string> files;
};
MasterRecords read(const FileTexts& texts, const std::string& path = "/z/main") {
  MasterRecords found;
  auto facts = read_master_file(path, texts, kOrigin, [&](const MasterRecord& record) { found.records.push_back(record); });
  found.problems = std::move(facts.problems);
  found.files = std::move(facts.files);
  return found;
}
MasterRecords read_one(const std::string& text) { return read({{"/z/main", text}}); }

// "a.example.com. 60 A 192.0.2.1"
Texts records(const MasterRecords& read) {
  Texts out;
  for (const auto& record : read.records) {
    out.push_back(fmt::format("{} {} {} {}", record.owner.text(), record.ttl, dnswire::type_name(record.type),
                              dnswire::rdata_to_text(record.type, record.rdata)));
  }
  return out;
}
Texts problems(const MasterRecords& read) {
  Texts out;
  for (const auto& problem : read.problems) out.push_back(fmt::format("{}:{}: {}", problem.file, problem.line, problem.message));
  return out;
}

TEST(MasterFile, OwnersTtlsAndOriginsAreCarriedOn) {
  EXPECT_THAT(
      records(read_one(
          "a 5 A 192.0.2.1\n  A 192.0.2.2\n$TTL 1h30m\nb A 192.0.2.3\n$ORIGIN sub\nc A 192.0.2.4\n$ORIGIN example.org.\n@ A 192.0.2.5\n")),
      ElementsAre("a.example.com. 5 A 192.0.2.1", "a.example.com. 5 A 192.0.2.2", "b.example.com. 5400 A 192.0.2.3",
                  "c.sub.example.com. 5400 A 192.0.2.4", "example.org. 5400 A 192.0.2.5"));
}

// libldns builds such a name without looking at its length.
TEST(MasterFile, ANameThatIsTooLongWithTheOriginIsAProblem) {
  std::string origin;
  while (origin.size() < 230) origin += std::string(22, 'o') + ".";
  const auto found = read_one(fmt::format("$ORIGIN {}\nlong-{} TXT x\nshort TXT z\n", origin, std::string(30, 'n')));
  EXPECT_THAT(records(found), ElementsAre(fmt::format("short.{} 3600 TXT \"z\"", origin)));
  EXPECT_THAT(problems(found), ElementsAre("/z/main:2: the owner's name is too long, or broken"));
}

TEST(MasterFile, ParenthesesCommentsAndQuotesMayBeAnywhere) {
  const auto found = read_one("a 60 TXT ( \"x;y(\" ; a comment (\n  \"z\\\"\" )\r\n;only a comment\n\n\tA 192.0.2.1 ; end");
  EXPECT_THAT(problems(found), IsEmpty());
  EXPECT_THAT(records(found), ElementsAre("a.example.com. 60 TXT \"x;y(\" \"z\\\"\"", "a.example.com. 60 A 192.0.2.1"));
  EXPECT_EQ(found.records[1].line, 5U);
}

TEST(MasterFile, ServiceBindingsHaveTheEscapesOfTheirStandard) {
  const auto found = read_one(
      "$TTL 60\n@ SVCB 0 svc\ns HTTPS 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"\n 30 IN HTTPS 1 . ( port=53 ; a comment\n key7=x "
      ")\n"
      "g TYPE64 \\# 3 0001 00\nh SVCB \\# 3 0001 00\n");
  EXPECT_THAT(problems(found), IsEmpty());
  EXPECT_THAT(
      records(found),
      ElementsAre("example.com. 60 SVCB 0 svc.example.com.", "s.example.com. 60 HTTPS 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
                  testing::StartsWith("s.example.com. 30 HTTPS 1 . port=53"), "g.example.com. 60 SVCB 1 .", "h.example.com. 60 SVCB 1 ."));
  EXPECT_THAT(problems(read_one("a 60 HTTPS 1 . mandatory=port,port port=1\n")), ElementsAre(HasSubstr("/z/main:1: ")));
}

TEST(MasterFile, Line15_UnknownTypesAndKnownOnesInTheGenericForm) {
  EXPECT_THAT(
      records(read_one("a 60 TYPE65400 \\# 3 01 0203\nb 60 A \\# 4 C0000201\nc 60 TYPE1 \\# 4 C0000202\nd 60 CLASS1 TYPE65401 \\# 0\n")),
      ElementsAre("a.example.com. 60 TYPE65400 \\# 3 010203", "b.example.com. 60 A 192.0.2.1", "c.example.com. 60 A 192.0.2.2",
                  "d.example.com. 60 TYPE65401 \\# 0"));
}

TEST(MasterFile, EscapesStandForAnyByte) {
  EXPECT_THAT(records(read_one("a\\.b\\032\\$c 60 A 192.0.2.1\n\\@ 60 A 192.0.2.2\n")),
              ElementsAre("a\\.b\\032\\$c.example.com. 60 A 192.0.2.1", "\\@.example.com. 60 A 192.0.2.2"));
}

TEST(MasterFile, IncludesAreReadFromTheFolderOfTheFileThatNamesThem) {
  const FileTexts texts{{"/z/main", "$TTL 60\na A 192.0.2.1\n$INCLUDE sub/one\n$INCLUDE \"/abs\" deep\n A 192.0.2.9\n"},
                        {"/z/sub/one", " A 192.0.2.2\n$ORIGIN other\nb A 192.0.2.3\n$TTL 5\n$include two\n"},
                        {"/z/sub/two", "c A 192.0.2.4\n"},
                        {"/abs", "@ A 192.0.2.5\n"}};
  const auto found = read(texts);
  EXPECT_THAT(problems(found), IsEmpty());
  EXPECT_THAT(records(found),
              ElementsAre("a.example.com. 60 A 192.0.2.1", "a.example.com. 60 A 192.0.2.2", "b.other.example.com. 60 A 192.0.2.3",
                          "c.other.example.com. 5 A 192.0.2.4", "deep.example.com. 60 A 192.0.2.5", "a.example.com. 60 A 192.0.2.9"));
  EXPECT_EQ(*found.records[3].file, "/z/sub/two");
}

TEST(MasterFile, ProblemsNameTheFileTheyAreIn) {
  const FileTexts texts{{"/z/main", "$INCLUDE one\n$INCLUDE missing\n$INCLUDE\n$NOTHING x\na 60 A ("},
                        {"/z/one", "\na 60 A 192.0.2\nb 60 A 192.0.2.1 )\nc 60 TXT \"x\n"}};
  EXPECT_THAT(problems(read(texts)),
              ElementsAre(HasSubstr("/z/one:2: "), HasSubstr("/z/one:3: there is no opening"), HasSubstr("/z/one:4: the closing quote"),
                          HasSubstr("/z/main:2: /z/missing cannot be read"), HasSubstr("/z/main:3: \"$INCLUDE\" is not a directive"),
                          HasSubstr("/z/main:4: \"$NOTHING"), HasSubstr("/z/main:5: the closing parenthesis")));
}

TEST(MasterFile, AFileThatIncludesItselfIsRefused) {
  EXPECT_THAT(problems(read({{"/z/main", "$INCLUDE one\n"}, {"/z/one", "$INCLUDE ./main\n"}})),
              ElementsAre("/z/one:1: /z/main includes itself"));
}

TEST(MasterFile, DepthAndNumberOfIncludesAreLimited) {
  FileTexts chain{{"/z/main", "$INCLUDE f0\n"}};
  for (size_t i = 0; i <= kIncludeDepthMax; ++i) chain[fmt::format("/z/f{}", i)] = fmt::format("$INCLUDE f{}\n", i + 1);
  EXPECT_THAT(problems(read(chain)), ElementsAre(HasSubstr("files are included more than")));
  FileTexts wide{{"/z/main", ""}, {"/z/x", "a 60 A 192.0.2.1\n"}};
  for (size_t i = 0; i <= kIncludedFilesMax; ++i) wide["/z/main"] += "$INCLUDE x\n";
  EXPECT_THAT(problems(read(wide)), ElementsAre(HasSubstr("more is included than")));
}

TEST(MasterFile, IncludedFilesAreGatheredOnceEach) {
  FileTexts texts{{"/z/main", "$INCLUDE a\n$INCLUDE a\n ; $INCLUDE no\n$include \"b c\" x\n"}};
  Texts asked;
  add_included_files(texts, [&](const std::string& path) -> Result<std::string> {
    asked.push_back(path);
    if (path == "/z/d") return fail(Fault::kNotFound, "no");
    return path == "/z/a" ? "$INCLUDE d\n" : std::string();
  });
  EXPECT_THAT(asked, testing::UnorderedElementsAre("/z/a", "/z/b c", "/z/d"));
  EXPECT_THAT(texts, SizeIs(3));
}

TEST(MasterFile, GenerateMakesARecordForEachNumber) {
  EXPECT_THAT(records(read_one("$TTL 60\n$GENERATE 1-5/2 h$ A 10.0.0.$\n$GENERATE 9-10 ${-9,3} 5 IN CNAME x${1,4,x}-$$.$\n A 10.1.1.1\n")),
              ElementsAre("h1.example.com. 60 A 10.0.0.1", "h3.example.com. 60 A 10.0.0.3", "h5.example.com. 60 A 10.0.0.5",
                          "000.example.com. 5 CNAME x000a-\\$.9.example.com.", "001.example.com. 5 CNAME x000b-\\$.10.example.com.",
                          "001.example.com. 60 A 10.1.1.1"));
}

TEST(MasterFile, GenerateCountsInEveryBase) {
  const auto made = generate_records("26-26 ${0,0,d}.${0,4,o}.${0,3,x}.${0,3,X}.${0,5,n}.${0,1,N} A 10.0.0.1", 10);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->at(0), "26.0032.01a.01A.a.1.0.A.1 A 10.0.0.1");
}

TEST(MasterFile, BrokenGeneratesAreTold) {
  for (const auto* words : {"", "1-2", "1-2 a", "2-1 a A x", "1-2/0 a A x", "x-2 a A x", "1 a A x", "1-9999999999 a A x", "1-2 ${9 A x",
                            "1-2 ${a} A x", "1-2 ${0,0,q} A x", "1-2 ${0,101} A x", "1-2 ${-5} A x", "1-2 ${0,0,d,1} A x"}) {
    EXPECT_FALSE(generate_records(words, 100).has_value()) << words;
  }
  EXPECT_TRUE(generate_records("1-100 h$ A 10.0.0.$", 100).has_value());
  EXPECT_FALSE(generate_records("0-100 h$ A 10.0.0.$", 100).has_value());
  EXPECT_THAT(problems(read_one("\n$GENERATE 1-3 h$ A 10.0.0\n")), ElementsAre(HasSubstr("/z/main:2: ")));
}

}  // namespace
}  // namespace evershore::dns
