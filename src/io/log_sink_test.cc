#include "io/log_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/files.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string logged(LogFormat format, Level level, const std::function<void(Log)>& act) {
  const ScratchDirectory directory;
  auto output = LogOutput::open({.level = level, .format = format, .path = directory.file("log")});
  EVERSHORE_ASSERT(output.has_value());
  act(Log(**output, "health"));
  return read_whole_file(directory.file("log"), 10'000).value();
}

TEST(LogOutput, WritesTextForPeople) {
  const auto text = logged(LogFormat::kText, Level::kInfo, [](Log log) { log.warn("origin {} down", "east"); });
  EXPECT_THAT(text, MatchesRegex("20..-..-.. ..:..:..\\.... warn\\w* +health: origin east down\n"));
}

TEST(LogOutput, ALineEndInsideStartsNoLine) {
  const auto text = logged(LogFormat::kText, Level::kInfo, [](Log log) { log.info("a\nfake line"); });
  EXPECT_THAT(text, EndsWith("health: a\\x0afake line\n"));
}

TEST(LogOutput, WritesOneJsonObjectALine) {
  const auto text = logged(LogFormat::kJson, Level::kInfo, [](Log log) { log.error("say \"hi\"\n\xff \xc3\xa9"); });
  EXPECT_THAT(text, HasSubstr("\"level\":\"error\",\"area\":\"health\",\"text\":\"say \\\"hi\\\"\\u000a\\ufffd \xc3\xa9\"}\n"));
  EXPECT_THAT(text, HasSubstr("{\"time\":\"20"));
}

TEST(LogOutput, KeepsToItsLevel) {
  const auto text = logged(LogFormat::kText, Level::kWarn, [](Log log) {
    log.info("too fine");
    log.warn("wanted");
  });
  EXPECT_THAT(text, Not(HasSubstr("too fine")));
  EXPECT_THAT(text, HasSubstr("wanted"));
}

TEST(LogOutput, TheLevelCanBeChangedLater) {
  const ScratchDirectory directory;
  auto output = LogOutput::open({.level = Level::kError, .path = directory.file("log")});
  EXPECT_FALSE((*output)->wants(Level::kInfo));
  (*output)->set_level(Level::kDebug);
  EXPECT_TRUE((*output)->wants(Level::kDebug));
}

TEST(LogOutput, APlaceThatCannotBeWrittenIsAnError) {
  const ScratchDirectory directory;
  ASSERT_TRUE(write_file_durably(directory.file("file"), "", 0600).has_value());
  EXPECT_FALSE(LogOutput::open({.path = directory.file("file/log")}).has_value());
}

TEST(LogLevel, IsReadByName) {
  EXPECT_EQ(parse_level("warn").value(), Level::kWarn);
  EXPECT_FALSE(parse_level("loud").has_value());
  EXPECT_EQ(parse_log_format("json").value(), LogFormat::kJson);
  EXPECT_FALSE(parse_log_format("xml").has_value());
}

}  // namespace
}  // namespace evershore::io
