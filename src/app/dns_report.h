// What status and /metrics say about zones, secondaries, names outside, and publishing elsewhere; for this folder's .cc files only.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aws/run/route53_publisher.h"
#include "console/metrics.h"
#include "dns/run/dns_publisher.h"
#include "dns/run/notifier.h"
#include "dns/run/outside_resolver.h"

namespace evershore::app {

std::string plain_name(const dns::Name& name);  // without the final dot

nlohmann::json zones_json(const dns::DnsPublisher& publisher);
nlohmann::json secondaries_json(const dns::Notifier& notifier);
nlohmann::json alias_targets_json(const dns::OutsideBook& book);
// [{"zone", "state": "waiting|published|failing", "in_sync", "problem", "changed_at"}]
nlohmann::json route53_json(const aws::Route53Publisher& publisher);
void route53_metrics(console::MetricsText& out, const aws::Route53Publisher& publisher);

}  // namespace evershore::app
