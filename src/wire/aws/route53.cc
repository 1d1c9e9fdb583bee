#include "wire/aws/route53.h"

#include <fmt/format.h>

#include "wire/aws/xml_text.h"
#include "wire/aws/xml_tree.h"
#include "wire/http/uri.h"

namespace evershore::aws {
namespace {

constexpr std::string_view kNamespace = "https://route53.amazonaws.com/doc/2013-04-01/";

std::string encoded(std::string_view text) { return http::percent_encode(text, http::Slash::kEncode); }

Call call(std::string name, std::string method, std::string path, std::string body) {
  Call made{.service = Service::kRoute53, .name = std::move(name), .method = std::move(method), .target = "/2013-04-01/" + path};
  if (!body.empty()) made.headers.set("content-type", "text/xml");
  made.body = std::move(body);
  return made;
}

void add_children(XmlText& xml, const HealthCheck& check) {
  xml.open("ChildHealthChecks");
  for (const auto& child : check.children) xml.text("ChildHealthCheck", child);
  xml.close("ChildHealthChecks");
}

void add_regions(XmlText& xml, const HealthCheck& check) {
  if (check.regions.empty()) return;
  xml.open("Regions");
  for (const auto& region : check.regions) xml.text("Region", region);
  xml.close("Regions");
}

// HealthCheckConfig's order: IPAddress, Port, Type, ResourcePath, FullyQualifiedDomainName, SearchString, RequestInterval,
// FailureThreshold, MeasureLatency, Inverted, Disabled, HealthThreshold, ChildHealthChecks, EnableSNI, Regions.
void add_config(XmlText& xml, const HealthCheck& check) {
  xml.open("HealthCheckConfig").text_if("IPAddress", check.address);
  if (!check.calculated()) xml.number("Port", check.port);
  xml.text("Type", check.type);
  xml.text_if("ResourcePath", check.path).text_if("FullyQualifiedDomainName", check.fqdn).text_if("SearchString", check.search);
  if (!check.calculated()) {
    xml.number("RequestInterval", check.interval_s).number("FailureThreshold", check.failure_threshold);
    xml.boolean("MeasureLatency", check.measure_latency);
  }
  xml.boolean("Inverted", check.inverted).boolean("Disabled", check.disabled);
  if (check.calculated()) {
    xml.number("HealthThreshold", check.health_threshold);
    add_children(xml, check);
  } else {
    xml.boolean("EnableSNI", check.enable_sni);
    add_regions(xml, check);
  }
  xml.close("HealthCheckConfig");
}

// ResourceRecordSet's order: Name, Type, SetIdentifier, Failover, TTL, ResourceRecords, AliasTarget, HealthCheckId.
void add_set(XmlText& xml, const RecordSet& set) {
  if (!set.raw.empty()) {
    xml.raw(set.raw);
    return;
  }
  xml.open("ResourceRecordSet").text("Name", set.name + ".").text("Type", set.type);
  xml.text_if("SetIdentifier", set.set_identifier).text_if("Failover", set.failover);
  if (set.ttl_s) xml.number("TTL", *set.ttl_s);
  if (!set.values.empty()) {
    xml.open("ResourceRecords");
    for (const auto& value : set.values) xml.open("ResourceRecord").text("Value", value).close("ResourceRecord");
    xml.close("ResourceRecords");
  }
  if (set.alias) {
    xml.open("AliasTarget").text("HostedZoneId", set.alias->zone_id).text("DNSName", set.alias->name + ".");
    xml.boolean("EvaluateTargetHealth", set.alias->evaluate_target_health).close("AliasTarget");
  }
  xml.text_if("HealthCheckId", set.health_check).close("ResourceRecordSet");
}

Call tag_call(std::string_view kind, const std::string& id, const Tags& tags) {
  XmlText xml("ChangeTagsForResourceRequest", kNamespace);
  xml.open("AddTags");
  for (const auto& [key, value] : tags) xml.open("Tag").text("Key", key).text("Value", value).close("Tag");
  xml.close("AddTags");
  return call("ChangeTagsForResource", "POST", fmt::format("tags/{}/{}", kind, encoded(id)), std::move(xml).finish());
}

std::string without_path(std::string id) {
  const auto slash = id.rfind('/');
  return slash == std::string::npos ? id : id.substr(slash + 1);
}

// "assets\052.example.com." -> as people write it, without the final dot. Route 53 lists '*' as \052.
std::string plain_name(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  for (size_t at = name.find("\\052"); at != std::string::npos; at = name.find("\\052")) name.replace(at, 4, "*");
  return name;
}

HealthCheck read_check(const pugi::xml_node& node) {
  HealthCheck check;
  check.type = text_of(node, "Type");
  check.address = text_of(node, "IPAddress");
  check.fqdn = text_of(node, "FullyQualifiedDomainName");
  check.port = static_cast<uint32_t>(number_of(node, "Port"));
  check.path = text_of(node, "ResourcePath");
  check.search = text_of(node, "SearchString");
  check.interval_s = static_cast<uint32_t>(number_of(node, "RequestInterval"));
  check.failure_threshold = static_cast<uint32_t>(number_of(node, "FailureThreshold"));
  check.measure_latency = flag_of(node, "MeasureLatency");
  check.inverted = flag_of(node, "Inverted");
  check.disabled = flag_of(node, "Disabled");
  check.enable_sni = flag_of(node, "EnableSNI");
  check.health_threshold = static_cast<uint32_t>(number_of(node, "HealthThreshold"));
  for (const auto& child : node.child("ChildHealthChecks").children("ChildHealthCheck")) check.children.emplace_back(child.text().get());
  for (const auto& region : node.child("Regions").children("Region")) check.regions.emplace_back(region.text().get());
  return check;
}

RecordSet read_set(const pugi::xml_node& node) {
  RecordSet set;
  set.name = plain_name(text_of(node, "Name"));
  set.type = text_of(node, "Type");
  set.set_identifier = text_of(node, "SetIdentifier");
  set.failover = text_of(node, "Failover");
  if (node.child("TTL")) set.ttl_s = static_cast<uint32_t>(number_of(node, "TTL"));
  for (const auto& record : node.child("ResourceRecords").children("ResourceRecord")) set.values.push_back(text_of(record, "Value"));
  if (const auto alias = node.child("AliasTarget")) {
    set.alias = AliasTarget{text_of(alias, "HostedZoneId"), plain_name(text_of(alias, "DNSName")), flag_of(alias, "EvaluateTargetHealth")};
  }
  set.health_check = text_of(node, "HealthCheckId");
  set.raw = xml_of(node);
  return set;
}

Tags read_tags(const pugi::xml_node& set) {
  Tags tags;
  for (const auto& tag : set.child("Tags").children("Tag")) tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return tags;
}

}  // namespace

Call request(const CreateHostedZone& change) {
  XmlText xml("CreateHostedZoneRequest", kNamespace);
  xml.text("Name", change.name + ".").text("CallerReference", change.caller_reference);
  xml.open("HostedZoneConfig").text("Comment", change.comment).boolean("PrivateZone", false).close("HostedZoneConfig");
  return call("CreateHostedZone", "POST", "hostedzone", std::move(xml).finish());
}

Call request(const DeleteHostedZone& change) { return call("DeleteHostedZone", "DELETE", "hostedzone/" + encoded(change.id), ""); }
Call request(const TagZone& change) { return tag_call("hostedzone", change.id, change.tags); }
Call request(const TagHealthCheck& change) { return tag_call("healthcheck", change.id, change.tags); }

Call request(const CreateHealthCheck& change) {
  XmlText xml("CreateHealthCheckRequest", kNamespace);
  xml.text("CallerReference", change.caller_reference);
  add_config(xml, change.check);
  return call("CreateHealthCheck", "POST", "healthcheck", std::move(xml).finish());
}

// UpdateHealthCheckRequest's order: HealthCheckVersion, IPAddress, Port, ResourcePath, FullyQualifiedDomainName, SearchString,
// FailureThreshold, Inverted, Disabled, HealthThreshold, ChildHealthChecks, EnableSNI, Regions.
Call request(const UpdateHealthCheck& change) {
  const HealthCheck& check = change.check;
  XmlText xml("UpdateHealthCheckRequest", kNamespace);
  xml.number("HealthCheckVersion", change.version).text_if("IPAddress", check.address);
  if (!check.calculated()) xml.number("Port", check.port);
  xml.text_if("ResourcePath", check.path).text_if("FullyQualifiedDomainName", check.fqdn).text_if("SearchString", check.search);
  if (!check.calculated()) xml.number("FailureThreshold", check.failure_threshold);
  xml.boolean("Inverted", check.inverted).boolean("Disabled", check.disabled);
  if (check.calculated()) {
    xml.number("HealthThreshold", check.health_threshold);
    add_children(xml, check);
  } else {
    xml.boolean("EnableSNI", check.enable_sni);
    add_regions(xml, check);
  }
  return call("UpdateHealthCheck", "POST", "healthcheck/" + encoded(change.id), std::move(xml).finish());
}

Call request(const DeleteHealthCheck& change) { return call("DeleteHealthCheck", "DELETE", "healthcheck/" + encoded(change.id), ""); }

Call request(const ChangeRecordSets& change) {
  XmlText xml("ChangeResourceRecordSetsRequest", kNamespace);
  xml.open("ChangeBatch").open("Changes");
  for (const auto& each : change.changes) {
    xml.open("Change").text("Action", each.action == RecordAction::kUpsert ? "UPSERT" : "DELETE");
    add_set(xml, each.set);
    xml.close("Change");
  }
  xml.close("Changes").close("ChangeBatch");
  return call("ChangeResourceRecordSets", "POST", fmt::format("hostedzone/{}/rrset/", encoded(change.zone_id)), std::move(xml).finish());
}

Result<Made> parse_route53_made(const Answer& answer) {
  if (answer.body.empty()) return Made{};
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "route53"));
  Made made;
  if (const auto zone = root.child("HostedZone")) made[""] = without_path(text_of(zone, "Id"));
  if (const auto check = root.child("HealthCheck")) made[""] = text_of(check, "Id");
  if (const auto info = root.child("ChangeInfo")) made["change"] = without_path(text_of(info, "Id"));
  std::string servers;
  for (const auto& server : root.child("DelegationSet").child("NameServers").children("NameServer")) {
    servers += (servers.empty() ? "" : " ") + std::string(server.text().get());
  }
  if (!servers.empty()) made["name_servers"] = servers;
  return made;
}

Call list_zones_by_name(const std::string& name) {
  return call("ListHostedZonesByName", "GET", fmt::format("hostedzonesbyname?dnsname={}&maxitems=100", encoded(name + ".")), "");
}

Result<std::vector<FoundZone>> parse_zones(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListHostedZonesByName"));
  std::vector<FoundZone> zones;
  for (const auto& node : root.child("HostedZones").children("HostedZone")) {
    zones.push_back({.id = without_path(text_of(node, "Id")),
                     .name = plain_name(text_of(node, "Name")),
                     .caller_reference = text_of(node, "CallerReference"),
                     .private_zone = flag_of(node.child("Config"), "PrivateZone"),
                     .records = number_of(node, "ResourceRecordSetCount")});
  }
  return zones;
}

Call get_zone(const std::string& id) { return call("GetHostedZone", "GET", "hostedzone/" + encoded(id), ""); }

Result<std::vector<std::string>> parse_name_servers(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetHostedZone"));
  std::vector<std::string> names;
  for (const auto& node : root.child("DelegationSet").child("NameServers").children("NameServer")) names.emplace_back(node.text().get());
  return names;
}

Call list_health_checks(const std::string& marker) {
  return call("ListHealthChecks", "GET", "healthcheck?maxitems=100" + (marker.empty() ? "" : "&marker=" + encoded(marker)), "");
}

Result<CheckPage> parse_health_checks(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListHealthChecks"));
  CheckPage page;
  for (const auto& node : root.child("HealthChecks").children("HealthCheck")) {
    page.checks.push_back({.id = text_of(node, "Id"),
                           .caller_reference = text_of(node, "CallerReference"),
                           .version = number_of(node, "HealthCheckVersion"),
                           .check = read_check(node.child("HealthCheckConfig"))});
  }
  if (flag_of(root, "IsTruncated")) page.next_marker = text_of(root, "NextMarker");
  return page;
}

Call list_record_sets(const std::string& zone_id, const std::string& name, const std::string& type, const std::string& identifier) {
  std::string path = fmt::format("hostedzone/{}/rrset?maxitems=300", encoded(zone_id));
  if (!name.empty()) path += "&name=" + encoded(name + ".");
  if (!type.empty()) path += "&type=" + encoded(type);
  if (!identifier.empty()) path += "&identifier=" + encoded(identifier);
  return call("ListResourceRecordSets", "GET", path, "");
}

Result<RecordPage> parse_record_sets(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListResourceRecordSets"));
  RecordPage page;
  for (const auto& node : root.child("ResourceRecordSets").children("ResourceRecordSet")) page.sets.push_back(read_set(node));
  if (flag_of(root, "IsTruncated")) {
    page.next_name = plain_name(text_of(root, "NextRecordName"));
    page.next_type = text_of(root, "NextRecordType");
    page.next_identifier = text_of(root, "NextRecordIdentifier");
  }
  return page;
}

Call list_route53_tags(const std::string& kind, std::span<const std::string> ids) {
  XmlText xml("ListTagsForResourcesRequest", kNamespace);
  xml.open("ResourceIds");
  for (const auto& id : ids) xml.text("ResourceId", id);
  xml.close("ResourceIds");
  return call("ListTagsForResources", "POST", "tags/" + kind, std::move(xml).finish());
}

Result<std::map<std::string, Tags>> parse_route53_tags(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListTagsForResources"));
  std::map<std::string, Tags> tags;
  for (const auto& set : root.child("ResourceTagSets").children("ResourceTagSet")) tags[text_of(set, "ResourceId")] = read_tags(set);
  return tags;
}

Call get_change(const std::string& id) { return call("GetChange", "GET", "change/" + encoded(id), ""); }

Result<bool> parse_in_sync(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetChange"));
  return text_of(root.child("ChangeInfo"), "Status") == "INSYNC";
}

Call get_check_status(const std::string& id) {
  return call("GetHealthCheckStatus", "GET", fmt::format("healthcheck/{}/status", encoded(id)), "");
}

Result<std::vector<Observation>> parse_observations(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetHealthCheckStatus"));
  std::vector<Observation> all;
  for (const auto& node : root.child("HealthCheckObservations").children("HealthCheckObservation")) {
    all.push_back({text_of(node, "Region"), text_of(node, "IPAddress"), text_of(node.child("StatusReport"), "Status")});
  }
  return all;
}

Call test_dns_answer(const std::string& zone_id, const std::string& name, const std::string& type) {
  return call("TestDNSAnswer", "GET",
              fmt::format("testdnsanswer?hostedzoneid={}&recordname={}&recordtype={}", encoded(zone_id), encoded(name), encoded(type)), "");
}

Result<TestAnswer> parse_test_answer(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "TestDNSAnswer"));
  TestAnswer result{.code = text_of(root, "ResponseCode")};
  for (const auto& node : root.child("RecordData").children("RecordDataEntry")) result.data.emplace_back(node.text().get());
  return result;
}

}  // namespace evershore::aws
