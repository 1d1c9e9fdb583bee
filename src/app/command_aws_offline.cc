// evershore aws export and cost: of the settings alone, without an account.
#include <fmt/format.h>

#include "app/aws_session.h"
#include "app/commands.h"
#include "app/load.h"
#include "aws/cost.h"
#include "aws/export.h"

namespace evershore::app {

int command_aws_export(const GlobalOptions& global, const AwsOptions& options) {
  const auto site = load_aws_site(global);
  if (!site) return complain(kUsage, site.error().text);
  const auto layout = aws::wanted(site->aws, site->site);
  if (options.format == "terraform") {
    fmt::print("{}", aws::terraform(layout));
    return kDone;
  }
  const bool secondary = options.part == "secondary";
  fmt::print("{}", aws::cloudformation(layout, secondary ? aws::StackPart::kSecondary : aws::StackPart::kPrimary));
  if (!secondary && !layout.buckets.empty()) {
    fmt::print(stderr, "evershore: this is the stack for {}; make the secondary's first, in {}: --part secondary\n",
               layout.buckets[0].region, layout.buckets[1].region);
  }
  return kDone;
}

int command_aws_cost(const GlobalOptions& global, const AwsOptions& options) {
  const auto site = load_aws_site(global);
  if (!site) return complain(kUsage, site.error().text);
  const auto layout = aws::wanted(site->aws, site->site);
  const auto estimate = aws::estimate(layout, {.stored_gb = options.stored_gb,
                                               .served_gb = options.served_gb,
                                               .written_gb = options.written_gb,
                                               .requests = options.requests,
                                               .writes = options.writes});
  fmt::print("{}", global.json ? aws::estimate_json(layout, estimate) : aws::estimate_text(layout, estimate));
  return kDone;
}

}  // namespace evershore::app
