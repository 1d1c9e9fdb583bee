// What status and /metrics say about publishing to Route 53.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aws/run/route53_publisher.h"
#include "console/metrics.h"

namespace evershore::app {

// [{"zone", "state": "waiting|published|failing", "in_sync", "problem", "changed_at"}]
nlohmann::json route53_json(const aws::Route53Publisher& publisher);
void route53_metrics(console::MetricsText& out, const aws::Route53Publisher& publisher);

}  // namespace evershore::app
