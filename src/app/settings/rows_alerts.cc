// The rows of [[alerts]].
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }

constexpr std::array<Option, 3> kFormats{{{"json"}, {"slack"}, {"alertmanager"}}};  // in the order of AlertFormat
constexpr std::array<Option, 9> kKinds{
    {{"region"}, {"health_check"}, {"replication"}, {"conflict"}, {"delete_cap"}, {"dns"}, {"certificate"}, {"disk"}, {"clock"}}};

std::vector<Row<AlertSettings>> mail_rows() {
  using S = AlertSettings;
  return {
      {"mail.server",
       FIELD(S, std::string, mail.server),
       {.default_text = "none"},
       Apply::kRestart,
       "A mail is sent instead, through this server: `smtp://host:587`, or `smtps://host:465`."},
      {"mail.from",
       FIELD(S, std::string, mail.from),
       {.most = 254, .default_text = "required with `mail.server`"},
       Apply::kRestart,
       "The sender's address."},
      {"mail.to", FIELD(S, Texts, mail.to), {.most = 20}, Apply::kRestart, "Addresses it goes to; required with `mail.server`."},
      {"mail.user",
       FIELD(S, std::string, mail.user),
       {.most = 256, .default_text = "none"},
       Apply::kRestart,
       "Signs in at the mail server as."},
      {"mail.password", FIELD(S, Secret, mail.password), {.default_text = "none"}, Apply::kRestart, "Literal, `env:NAME` or `file:PATH`."},
      {"mail.starttls",
       FIELD(S, bool, mail.starttls),
       {},
       Apply::kRestart,
       "With `smtp://`: encrypt before anything is sent, and fail where the server cannot. `false` is for a server on this machine."},
  };
}

// How it is told.
std::vector<Row<AlertSettings>> way_rows() {
  using S = AlertSettings;
  return {
      {"on",
       FIELD(S, Texts, on),
       {.required = true, .least = 1, .most = kKinds.size(), .options = kKinds},
       Apply::kRestart,
       "Which changes are told (docs/operating/alerts.md has what each of them means)."},
      {"webhook",
       FIELD(S, std::string, webhook),
       {.format = Format::kHttpUrl, .default_text = "none"},
       Apply::kRestart,
       "Where the change is posted."},
      {"exec", FIELD(S, Texts, exec), {.most = 64}, Apply::kRestart, "Program and arguments that are run instead; the text is its input."},
      {"format",
       Choice<S>{[](S& at, size_t option) { at.format = static_cast<AlertFormat>(option); },
                 [](const S& at) { return static_cast<size_t>(at.format); }},
       {.options = kFormats},
       Apply::kRestart,
       "`json`: a document of our own. `slack`: `{\"text\":\"...\"}`, as Slack, Mattermost and Rocket.Chat take it. `alertmanager`: what "
       "Prometheus' "
       "Alertmanager takes at `/api/v2/alerts`."},
      {"token",
       FIELD(S, Secret, token),
       {.default_text = "none"},
       Apply::kRestart,
       "Of a webhook: sent as `Authorization: Bearer`. Literal, `env:NAME` or `file:PATH`."},
  };
}

// By which rules.
std::vector<Row<AlertSettings>> rule_rows() {
  using S = AlertSettings;
  return {
      {"hold",
       FIELD(S, Duration, hold),
       {.longest = 24h},
       Apply::kRestart,
       "Trouble must have lasted so long to be told; what is over sooner is never told."},
      {"repeat",
       FIELD(S, Duration, repeat),
       {.longest = 24h * 7},
       Apply::kRestart,
       "Told again after so long while it lasts; `0s`: once (`alertmanager`: every minute, since it forgets)."},
      {"recovery", FIELD(S, bool, recovery), {}, Apply::kRestart, "Whether the end of trouble is told, too."},
      {"group",
       FIELD(S, Duration, group),
       {.longest = 1h},
       Apply::kRestart,
       "What is to be told waits so long for other news, and all of it goes out as one message; `0s`: each by itself."},
      {"behind",
       FIELD(S, Duration, behind),
       {.shortest = 1s, .longest = 24h * 30},
       Apply::kRestart,
       "For `replication`: a region is behind when a change has been missing there for longer."},
      {"disk_free",
       FIELD(S, uint32_t, disk_free_percent),
       {.least = 1, .most = 99},
       Apply::kRestart,
       "For `disk`: trouble when less than so many percent of a file system that the node writes to are free."},
      {"clock_skew",
       FIELD(S, Duration, clock_skew),
       {.shortest = 2s, .longest = 1h},
       Apply::kRestart,
       "For `clock`: trouble when a region's clock and this node's are further apart. S3 refuses requests from 15 minutes on."},
  };
}

std::vector<Row<AlertSettings>> joined(std::initializer_list<std::vector<Row<AlertSettings>>> parts) {
  std::vector<Row<AlertSettings>> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

std::span<const Row<AlertSettings>> alert_rows() {
  static const std::vector<Row<AlertSettings>> rows = joined({way_rows(), mail_rows(), rule_rows()});
  return rows;
}

}  // namespace evershore::app
