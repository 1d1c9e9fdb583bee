#include "health/alert_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::health {
namespace {

using Json = nlohmann::json;

const Wall kNow{std::chrono::seconds(1'800'000'000)};
const MailSettings kMail{.server = "smtp://mail", .from = "evershore@example.com", .to = {"ops@example.com", "boss@example.com"}};

AlertNotice notice(const std::string& name, const std::string& state) {
  return {.kind = state == "up" ? AlertNotice::Kind::kRecovery : AlertNotice::Kind::kTrouble,
          .event = {.kind = "region", .name = name, .state = state, .before = "", .why = "probes", .at = kNow},
          .since = kNow};
}

std::vector<AlertNotice> many(size_t count) { return std::vector<AlertNotice>(count, notice("east", "down")); }

std::string body_of(const std::string& mail) {
  std::string base64 = mail.substr(mail.find("\r\n\r\n") + 4);
  std::erase_if(base64, [](char c) { return c == '\r' || c == '\n'; });
  return std::string(as_text(from_base64(base64).value()));
}

TEST(AlertText, of_several_is_one_document) {
  const std::vector<AlertNotice> both{notice("east", "down"), notice("west", "up")};
  const auto json = Json::parse(alert_body(AlertFormat::kJson, both, "node-1", kNow));
  EXPECT_EQ(json["text"], "region east down: probes\nregion west up: probes");
  EXPECT_EQ(json["trouble"], true);
  ASSERT_EQ(json["alerts"].size(), 2u);
  EXPECT_EQ(json["alerts"][1], Json::parse(alert_json(both[1], "node-1")));
  EXPECT_EQ(Json::parse(alert_body(AlertFormat::kSlack, both, "node-1", kNow))["text"],
            "[node-1] region east down: probes\nregion west up: probes");
  const auto manager = Json::parse(alert_body(AlertFormat::kAlertmanager, both, "node-1", kNow));
  ASSERT_EQ(manager.size(), 2u);
  EXPECT_FALSE(manager[0].contains("endsAt"));
  EXPECT_TRUE(manager[1].contains("endsAt"));
}

TEST(AlertText, is_bounded_however_many_there_are) {
  const auto text = Json::parse(alert_body(AlertFormat::kSlack, many(kAlertLinesMax + 7), "n", kNow))["text"].get<std::string>();
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<ptrdiff_t>(kAlertLinesMax));
  EXPECT_TRUE(text.ends_with("\nand 7 more")) << text;
}

TEST(AlertMail, says_what_where_and_since_when) {
  const auto mail = alert_mail(kMail, many(1), "node-1", kNow);
  EXPECT_TRUE(
      mail.starts_with("From: Evershore <evershore@example.com>\r\nTo: ops@example.com, boss@example.com\r\n"
                       "Subject: [node-1] region east down\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"))
      << mail;
  EXPECT_TRUE(body_of(mail).starts_with("region east down: probes\r\n\r\nregion east: since 2027-01-15T08:00:00Z\r\n")) << body_of(mail);
  EXPECT_TRUE(alert_mail(kMail, many(3), "node-1", kNow).contains("Subject: [node-1] region east down, and 2 more\r\n"));
}

TEST(AlertMail, holds_no_field_or_line_that_a_server_made_up) {
  auto evil = notice("east\r\nBcc: all@example.com", "down");
  evil.event.why = "a\r\n.\r\nMAIL FROM:<x>\xff";
  const auto mail = alert_mail(kMail, {&evil, 1}, "n\r\nX: y", kNow);
  EXPECT_FALSE(mail.contains("\r\nBcc:"));
  EXPECT_FALSE(mail.contains("\r\nX:"));
  EXPECT_FALSE(mail.contains("\r\n.\r\n"));
  for (const auto line : split(mail, '\n')) EXPECT_LE(line.size(), 998u);
}

}  // namespace
}  // namespace evershore::health
