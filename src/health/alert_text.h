// What a receiver of alerts is sent, in its own form. Pure.
#pragma once

#include <span>
#include <string>

#include "health/alert_desk.h"
#include "model/alert_settings.h"

namespace evershore::health {

inline constexpr size_t kAlertLinesMax = 50;  // in a message of several; the rest is only counted

// One line for people: "region east down: 3 of 3 probes failed".
std::string alert_line(const AlertNotice& notice);
// {"kind", "name", "state", "before", "why", "at" (ISO 8601), "node", "text" (alert_line), "trouble", "again"}
std::string alert_json(const AlertNotice& notice, const std::string& node);
// As the receiver takes it; `notices` is not empty. Several as kJson: {"node", "text", "trouble" (of any), "alerts" (each as alert_json)}.
// Alertmanager forgets an alert that is not told again, so its end is set to `now` only for a recovery.
std::string alert_body(AlertFormat format, std::span<const AlertNotice> notices, const std::string& node, Wall now);
// A whole message (RFC 5322), lines ended by CRLF. Whatever the notices hold, they add no field and end no message.
std::string alert_mail(const MailSettings& mail, std::span<const AlertNotice> notices, const std::string& node, Wall now);

}  // namespace evershore::health
