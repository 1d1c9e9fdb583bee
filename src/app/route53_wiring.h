// dns.publish = "route53": the node's decided records, as Route 53 is to have them, and the client that brings them there.
#pragma once

#include <memory>
#include <vector>

#include "aws/run/route53_publisher.h"
#include "dns/plain_zone.h"
#include "io/loop.h"
#include "model/settings.h"

namespace evershore::app {

// The present state of every record that the settings list, by zone: of one with a choice among clients, what a server without
// policies would say. ALIAS records as the addresses that they have now.
std::vector<aws::ZoneWish> wishes_of(const DnsSettings& settings, const std::vector<dns::PlainZone>& zones);

class Route53Wiring {
 public:
  // Credentials by the usual chain (`dns.route53` may name a profile and a role). Failing to find any is an error now; that they are
  // refused later is news.
  static Result<std::unique_ptr<Route53Wiring>> open(io::Loop& loop, const Route53Settings& settings, Log log,
                                                     aws::Route53Publisher::OnNews on_news);
  ~Route53Wiring();

  aws::Route53Publisher& publisher() const;
  // Ends calls that are under way.
  Task<void> stop();

 private:
  struct Parts;
  explicit Route53Wiring(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace evershore::app
