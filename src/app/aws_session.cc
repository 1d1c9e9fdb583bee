#include "app/aws_session.h"

#include <fmt/format.h>

#include "app/aws_keys.h"
#include "app/settings/settings.h"
#include "base/text.h"
#include "io/files.h"

namespace evershore::app {

namespace {

// Where services with one place are called: of the partition.
std::string home_region(const AwsSettings& settings) {
  if (settings.primary_region.starts_with("cn-")) return "cn-north-1";
  if (settings.primary_region.starts_with("us-gov-")) return "us-gov-west-1";
  return "us-east-1";
}

std::string fresh_nonce() {
  const auto bytes = io::random_bytes(8);
  return to_hex(bytes);
}

double chance() { return static_cast<double>(io::random_u64() >> 11) * 0x1p-53; }

}  // namespace

Result<AwsSite> load_aws_site(const GlobalOptions& global) {
  TRY(auto loaded, load_settings(global.settings_path));
  for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", format_problem(problem));
  if (!loaded.problems.empty()) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  if (!loaded.aws) return fail(Fault::kInvalid, fmt::format("{} has no [aws] section", global.settings_path));
  const auto site = loaded.settings.sites.at(loaded.aws->site);
  return AwsSite{std::move(*loaded.aws), site, std::move(loaded.settings)};
}

Result<std::unique_ptr<AwsSession>> AwsSession::open(const GlobalOptions& global) {
  TRY(auto site, load_aws_site(global));
  TRY(auto session, connect(global, site.aws));
  session->site_ = std::move(site);
  session->layout_ = aws::wanted(session->site_.aws, session->site_.site);
  return session;
}

Result<std::unique_ptr<AwsSession>> AwsSession::connect(const GlobalOptions& global, const AwsSettings& settings) {
  auto session = std::make_unique<AwsSession>();
  session->nonce_ = fresh_nonce();
  const Level level = global.log_level == Level::kInfo ? Level::kWarn : global.log_level;
  TRY(session->log_output_,
      io::LogOutput::open({.level = level, .format = global.log_json ? io::LogFormat::kJson : io::LogFormat::kText, .path = ""}));
  io::HttpClient::Options options;
  TRY(options.tls, io::TlsClientContext::make({}));
  session->http_ = std::make_unique<io::HttpClient>(session->loop_, std::move(options));
  session->transport_ = std::make_unique<aws::Transport>(*session->http_, settings.endpoint, home_region(settings));
  const auto environment = aws_environment();
  TRY(auto source, aws_key_source(environment, settings.profile, settings.assume_role));
  session->keys_ = std::make_unique<aws::Keys>(*session->transport_, session->loop_, std::move(source), metadata_service(environment));
  const Duration spacing = settings.endpoint.empty() ? aws::kRoute53Spacing : Duration::zero();
  session->client_ = std::make_unique<aws::Client>(session->loop_, *session->transport_, *session->keys_, spacing, chance,
                                                   Log(*session->log_output_, "aws"));
  session->api_ = std::make_unique<aws::LiveApi>(*session->client_);
  return session;
}

}  // namespace evershore::app
