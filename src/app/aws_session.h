// What every `evershore aws` command works with: settings, layout, credentials, and the door to the account.
#pragma once

#include <memory>
#include <string>

#include "app/commands.h"
#include "aws/layout.h"
#include "aws/run/live_api.h"
#include "base/result.h"
#include "io/log_sink.h"
#include "io/loop.h"
#include "model/aws_settings.h"
#include "model/settings.h"

namespace evershore::app {

// The settings' [aws] with its site; problems are printed to stderr as `check` prints them.
struct AwsSite {
  AwsSettings aws;
  SiteSettings site;
  Settings settings;
};
Result<AwsSite> load_aws_site(const GlobalOptions& global);

class AwsSession {
 public:
  static Result<std::unique_ptr<AwsSession>> open(const GlobalOptions& global);
  // Without settings file and layout: only the door.
  static Result<std::unique_ptr<AwsSession>> connect(const GlobalOptions& global, const AwsSettings& settings);

  io::Loop& loop() { return loop_; }
  aws::LiveApi& api() { return *api_; }
  const aws::Layout& layout() const { return layout_; }
  const AwsSite& site() const { return site_; }
  aws::Question question() const { return aws::question_of(layout_, site_.aws.primary_region); }
  const std::string& nonce() const { return nonce_; }

 private:
  AwsSite site_;
  aws::Layout layout_;
  std::string nonce_;
  std::unique_ptr<io::LogOutput> log_output_;
  io::Loop loop_;
  std::unique_ptr<io::HttpClient> http_;
  std::unique_ptr<aws::Transport> transport_;
  std::unique_ptr<aws::Keys> keys_;
  std::unique_ptr<aws::Client> client_;
  std::unique_ptr<aws::LiveApi> api_;
};

}  // namespace evershore::app
