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

struct AlertSettings {
  std::vector<std::string> on;  // "region" | "health_check" | "replication" | "dns" | "certificate"
  std::string webhook;          // one of the two
  std::vector<std::string> exec;
  AlertFormat format = AlertFormat::kJson;
  Secret token;       // of a webhook: Authorization: Bearer
  Duration hold{};    // trouble must have lasted so long; 0 = told at once
  Duration repeat{};  // told again after so long while it lasts; 0 = once
  bool recovery = true;
  Duration behind = std::chrono::minutes(5);  // of "replication": a change that has been missing for longer
  bool operator==(const AlertSettings&) const = default;
};

}  // namespace evershore
