#include "app/route53_wiring.h"

#include <algorithm>
#include <map>
#include <set>

#include "app/aws_keys.h"
#include "aws/run/route53_door.h"
#include "io/files.h"
#include "wire/dns/rdata.h"

namespace evershore::app {

namespace {

using dns::Name;

std::string plain(const Name& name) {
  auto text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

// The zone that a name belongs to: the longest apex above it. nullptr: none.
const dns::PlainZone* zone_of(const std::vector<dns::PlainZone>& zones, const Name& name) {
  const dns::PlainZone* best = nullptr;
  for (const auto& zone : zones) {
    const bool longer = best == nullptr || zone.apex.wire().size() > best->apex.wire().size();
    if (longer && name.under(zone.apex)) best = &zone;
  }
  return best;
}

dns::Node node_at(const dns::PlainZone& zone, const Name& name) {
  if (const auto at = zone.contents.find(name); at != zone.contents.end()) return at->second;
  if (!zone.packed) return {};
  const auto number = zone.packed->find(name);
  return number ? zone.packed->node(*number) : dns::Node{};
}

std::vector<uint16_t> types_of(const RecordSettings& record) {
  if (record.type == "ALIAS") return {dnswire::kTypeA, dnswire::kTypeAaaa};
  const auto type = dnswire::parse_type(record.type);
  return type ? std::vector<uint16_t>{*type} : std::vector<uint16_t>{};
}

aws::RecordSet set_of(const Name& name, uint16_t type, const dns::RecordSet& from) {
  aws::RecordSet set;
  set.name = plain(name);
  set.type = dnswire::type_name(type);
  set.ttl_s = from.ttl;
  for (const auto& rdata : from.rdata) set.values.push_back(dnswire::rdata_to_text(type, rdata));
  return set;
}

double chance() { return static_cast<double>(io::random_u64() >> 11) * 0x1p-53; }

}  // namespace

std::vector<aws::ZoneWish> wishes_of(const DnsSettings& settings, const std::vector<dns::PlainZone>& zones) {
  std::map<std::string, aws::ZoneWish> wishes;
  std::set<std::pair<Name, uint16_t>> seen;
  for (const auto& record : settings.records) {
    const auto name = Name::parse(record.name);
    const auto* zone = name ? zone_of(zones, *name) : nullptr;
    if (zone == nullptr) continue;
    auto& wish = wishes[plain(zone->apex)];
    wish.zone = plain(zone->apex);
    const auto node = node_at(*zone, *name);
    for (const uint16_t type : types_of(record)) {
      const auto at = node.find(type);
      if (at != node.end() && !at->second.rdata.empty() && seen.emplace(*name, type).second) {
        wish.records.push_back(set_of(*name, type, at->second));
      }
    }
  }
  std::vector<aws::ZoneWish> all;
  for (auto& [zone, wish] : wishes) all.push_back(std::move(wish));
  return all;
}

struct Route53Wiring::Parts {
  Parts(io::Loop& loop, io::HttpClient::Options options, const Route53Settings& settings, aws::KeySource source, std::string metadata,
        Log log, aws::Route53Publisher::OnNews on_news)
      : http(loop, std::move(options)),
        transport(http, settings.endpoint, "us-east-1"),
        keys(transport, loop, std::move(source), std::move(metadata)),
        client(loop, transport, keys, settings.endpoint.empty() ? aws::kRoute53Spacing : Duration::zero(), chance, log),
        door(client),
        publisher(loop, door, chance, log, std::move(on_news)) {}
  io::HttpClient http;
  aws::Transport transport;
  aws::Keys keys;
  aws::Client client;
  aws::LiveRoute53 door;
  aws::Route53Publisher publisher;
};

Route53Wiring::Route53Wiring(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Route53Wiring::~Route53Wiring() = default;

Result<std::unique_ptr<Route53Wiring>> Route53Wiring::open(io::Loop& loop, const Route53Settings& settings, Log log,
                                                           aws::Route53Publisher::OnNews on_news) {
  const auto environment = aws_environment();
  auto source = aws_key_source(environment, settings.profile, settings.assume_role);
  if (!source) return wrap(std::move(source).error(), "dns.publish = \"route53\"");
  io::HttpClient::Options options;
  TRY(options.tls, io::TlsClientContext::make({}));
  auto parts = std::make_unique<Parts>(loop, std::move(options), settings, *std::move(source), metadata_service(environment), log,
                                       std::move(on_news));
  return std::unique_ptr<Route53Wiring>(new Route53Wiring(std::move(parts)));
}

aws::Route53Publisher& Route53Wiring::publisher() const { return parts_->publisher; }

Task<void> Route53Wiring::stop() {
  parts_->client.stop();
  co_await parts_->publisher.stop();
}

}  // namespace evershore::app
