// [[alerts]]: who is told of what, how, and how often.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/secret.h"

namespace evershore {

enum class AlertFormat : uint8_t {
  kJson,          // a document of our own
  kSlack,         // {"text": "..."}: Slack, Mattermost, Rocket.Chat
  kAlertmanager,  // POST /api/v2/alerts of Prometheus' Alertmanager
};

struct MailSettings {
  std::string server;  // "smtp://mail.example.com:587", "smtps://..."; "" = no mail
  std::string from;
  std::vector<std::string> to;
  std::string user;  // "" = without signing in
  Secret password;
  bool starttls = true;  // of smtp://: nothing is sent before the connection is encrypted
  bool operator==(const MailSettings&) const = default;
};

struct AlertSettings {
  // "region" | "health_check" | "replication" | "conflict" | "delete_cap" | "dns" | "certificate" | "disk" | "clock"
  std::vector<std::string> on;
  std::string webhook;  // one of the three
  std::vector<std::string> exec;
  MailSettings mail;
  AlertFormat format = AlertFormat::kJson;
  Secret token;       // of a webhook: Authorization: Bearer
  Duration hold{};    // trouble must have lasted so long; 0 = told at once
  Duration repeat{};  // told again after so long while it lasts; 0 = once
  bool recovery = true;
  Duration group{};                               // news wait so long for others, to be told together; 0 = each by itself
  Duration behind = std::chrono::minutes(5);      // of "replication": a change that has been missing for longer
  uint32_t disk_free_percent = 10;                // of "disk": less of the node's file systems is free
  Duration clock_skew = std::chrono::seconds(5);  // of "clock": a region's clock and this node's are further apart
  bool operator==(const AlertSettings&) const = default;
};

}  // namespace evershore
