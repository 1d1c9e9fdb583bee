// The node's DNS: zones and keys, names outside them, what is published where.
#include <fmt/format.h>

#include <algorithm>

#include "app/certificate_wiring.h"
#include "app/free_memory.h"
#include "app/node.h"
#include "app/node_parts.h"

namespace evershore::app {

namespace {

constexpr Duration kOutsidePatience = std::chrono::seconds(2);

}  // namespace

Result<void> Node::configure_dns(const Settings& settings) {
  TRY_VOID(load_dns(settings));
  give_back_free_memory();
  rate_limiter_.set_rate(settings.dns.rate_limit);
  follow_outside(settings.dns);
  return {};
}

Result<void> Node::load_dns(const Settings& settings) {
  std::vector<dns::Problem> problems;
  const auto files = dns::read_master_files(settings.dns, problems);
  const auto keys = dns::read_zone_keys(settings.dns, settings_.node.data, loop_.wall(), problems);
  TRY(auto countries, dns::read_countries(settings.dns));
  publisher_.update_outside(outside_.addresses());
  auto with_proofs = settings.dns;
  add_proofs(with_proofs, acme_proofs_);
  if (problems.empty()) problems = publisher_.configure(with_proofs, files, std::move(countries), keys);
  if (!problems.empty()) return fail(Fault::kInvalid, "dns: " + problems.front().message);
  return {};
}

// Before zones are served that lead to names not heard of yet: asks for those that the settings name. Waits a little, so that their
// first answer is not an empty one.
Task<void> Node::learn_outside(const DnsSettings& settings) {
  const auto names = dns::direct_outside_names(settings);
  if (names.empty()) co_return;
  if (const auto resolvers = endpoints_of(settings.resolvers)) outside_.configure(*resolvers);
  outside_.add(names);
  co_await outside_.first_outcomes(loop_.now() + kOutsidePatience);
}

void Node::follow_outside(const DnsSettings& settings) {
  if (const auto resolvers = endpoints_of(settings.resolvers)) outside_.configure(*resolvers);
  outside_.retain(publisher_.outside_names());
}

void Node::on_outside_addresses() {
  publisher_.update_outside(outside_.addresses());
  replication_->save(kOutsideKey, outside_.saved());
}

// A resolver's outage is trouble of all names at once: a few of them tell it.
void Node::on_outside_trouble(const dns::Name& name, dns::OutsideBook::Trouble trouble, const std::string& why) {
  constexpr size_t kToldMax = 8;
  const bool begins = trouble == dns::OutsideBook::Trouble::kBegins;
  if (begins ? outside_told_.size() >= kToldMax : outside_told_.erase(name) == 0) return;
  if (begins) outside_told_.insert(name);
  const auto subject = name.text();
  const auto text = begins ? fmt::format("no addresses for the ALIAS target {}: {}; the last known ones stay", subject, why)
                           : fmt::format("the ALIAS target {} is answered again", subject);
  events_.add("dns", subject, text);
  if (!alerts_) return;
  alerts_->tell({.kind = "dns",
                 .name = subject,
                 .state = begins ? "failing" : "answered",
                 .before = begins ? "answered" : "failing",
                 .why = text,
                 .at = loop_.wall()});
}

// Keys that commands made or changed, signatures that grow old. What cannot be read leaves the zone with the keys it has.
void Node::refresh_keys() {
  std::vector<dns::Problem> problems;
  const auto keys = dns::read_zone_keys(settings_.dns, settings_.node.data, loop_.wall(), problems);
  const auto problem = problems.empty() ? std::string() : problems.front().message;
  if (problem != key_problem_ && !problem.empty()) log_.warn("dnssec: {}; the zone stays signed with the keys it has", problem);
  key_problem_ = problem;
  publisher_.refresh_keys(keys);
  loop_.call_at(loop_.now() + kKeysInterval, [this] { refresh_keys(); });
}

void Node::on_zones_published() {
  notifier_.published(publisher_.transfers().read());
  publish_to_route53();
  replication_->save(kSerialsKey, publisher_.saved_serials());
}

// Route 53 keeps what it has until every check has a verdict: a restart in an outage must not lead it back to what is down.
void Node::publish_to_route53() {
  if (!route53_ || !health_) return;
  const auto health = health_board_.read();
  const auto unknown = [](const CheckStatus& check) { return check.health == Health::kUnknown; };
  if (std::ranges::any_of(health->checks, unknown)) return;
  route53_->publisher().publish(wishes_of(settings_.dns, publisher_.zones()));
}

Result<void> Node::open_route53(const DnsSettings& settings) {
  if (settings.publish.empty()) return {};
  const auto on_news = [this](const std::string& zone, const std::string& text, bool works) {
    events_.add("dns", zone, text);
    if (!alerts_) return;
    alerts_->tell({.kind = "dns",
                   .name = zone,
                   .state = works ? "published" : "failing",
                   .before = works ? "failing" : "published",
                   .why = text,
                   .at = loop_.wall()});
  };
  TRY(route53_, Route53Wiring::open(loop_, settings.route53, log_.named("route53"), on_news));
  return {};
}

void Node::refresh_answers() { publisher_.update(*health_board_.read(), steersman_->now(), site_answers()); }

dns::SiteAnswers Node::site_answers() const {
  dns::SiteAnswers answers;
  for (const auto& [name, site] : settings_.sites) {
    for (const auto& endpoint : endpoints_.edge) answers[name].push_back({endpoint.address, edge_check_name(settings_.node.name)});
    for (const auto& endpoint : endpoints_.edge_tls) {
      const dns::SiteAddress address{endpoint.address, edge_check_name(settings_.node.name)};
      auto& list = answers[name];
      if (std::ranges::find(list, address) == list.end()) list.push_back(address);
    }
  }
  return answers;
}

}  // namespace evershore::app
