// evershore aws import: an account's present layout as a settings file.
#include <fmt/format.h>

#include "app/aws_session.h"
#include "app/commands.h"
#include "app/load.h"
#include "aws/import.h"
#include "io/files.h"

namespace evershore::app {

namespace {

Task<void> take_survey(AwsSession& session, std::string host, std::string zone, Result<aws::Survey>& out) {
  out = co_await session.api().survey(std::move(host), std::move(zone));
}

// "assets.example.com" -> "example.com"
std::string parent_of(const std::string& host) { return host.substr(host.find('.') + 1); }

}  // namespace

int command_aws_import(const GlobalOptions& global, const AwsOptions& options) {
  AwsSettings settings;
  settings.primary_region = "us-east-1";
  settings.endpoint = options.endpoint;
  settings.profile = options.profile;
  const std::string zone = options.zone.empty() ? parent_of(options.host) : options.zone;
  auto session = AwsSession::connect(global, settings);
  if (!session) return complain(kUsage, session.error().text);
  Result<aws::Survey> survey = aws::Survey{};
  (*session)->loop().run_until_done(take_survey(**session, options.host, zone, survey));
  if (!survey) return complain(survey.error().fault == Fault::kNotFound ? kAnswerIsNo : kFailed, survey.error().text);
  const auto text = aws::settings_from(*survey);
  if (!text) return complain(kAnswerIsNo, text.error().text);
  if (options.out.empty()) {
    fmt::print("{}", *text);
    return kDone;
  }
  if (auto written = io::write_file_durably(options.out, *text, 0600); !written) return complain(kFailed, written.error().text);
  return kDone;
}

}  // namespace evershore::app
