#include "wire/aws/s3_control.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "wire/aws/xml_text.h"
#include "wire/aws/xml_tree.h"
#include "wire/http/uri.h"

namespace evershore::aws {
namespace {

constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

std::string encoded(std::string_view text) { return http::percent_encode(text, http::Slash::kEncode); }

struct Bucket {
  const std::string& region;
  const std::string& name;
};

Call call(std::string name, std::string method, Bucket bucket, std::string_view query, std::string body) {
  Call made{.service = Service::kS3, .name = std::move(name), .region = bucket.region, .method = std::move(method)};
  made.target = "/" + encoded(bucket.name);
  if (!query.empty()) made.target.append(1, '?').append(query);
  made.body = std::move(body);
  if (!made.body.empty()) {
    // Bucket configurations are refused without a checksum of the body.
    made.headers.set("content-md5", to_base64(md5(made.body)));
    made.headers.set("content-type", made.body.starts_with('{') ? "application/json" : "application/xml");
  }
  return made;
}

void add_tags(XmlText& xml, std::string_view list, const Tags& tags) {
  xml.open(list);
  for (const auto& [key, value] : tags) xml.open("Tag").text("Key", key).text("Value", value).close("Tag");
  xml.close(list);
}

// Rule's order: ID, Priority, Filter, Status, Destination(Bucket, ReplicationTime, Metrics), DeleteMarkerReplication.
void add_rule(XmlText& xml, const ReplicationRule& rule, std::string_view partition) {
  if (!rule.raw.empty()) {
    xml.raw(rule.raw);
    return;
  }
  xml.open("Rule").text("ID", rule.id).number("Priority", rule.priority).open("Filter").text("Prefix", rule.prefix).close("Filter");
  xml.text("Status", rule.enabled ? "Enabled" : "Disabled").open("Destination");
  xml.text("Bucket", fmt::format("arn:{}:s3:::{}", partition, rule.destination_bucket));
  if (rule.time_control) {
    xml.open("ReplicationTime").text("Status", "Enabled").open("Time").number("Minutes", 15).close("Time").close("ReplicationTime");
    xml.open("Metrics").text("Status", "Enabled").open("EventThreshold").number("Minutes", 15).close("EventThreshold").close("Metrics");
  }
  xml.close("Destination").open("DeleteMarkerReplication").text("Status", rule.delete_markers ? "Enabled" : "Disabled");
  xml.close("DeleteMarkerReplication").close("Rule");
}

}  // namespace

Call request(const CreateBucket& change) {
  XmlText xml("CreateBucketConfiguration", kNamespace);
  if (change.region != "us-east-1") xml.text("LocationConstraint", change.region);  // us-east-1 may not be named
  add_tags(xml, "Tags", change.tags);
  return call("CreateBucket", "PUT", {change.region, change.name}, "", std::move(xml).finish());
}

Call request(const TagBucket& change) {
  XmlText xml("Tagging", kNamespace);
  add_tags(xml, "TagSet", change.tags);
  return call("PutBucketTagging", "PUT", {change.region, change.name}, "tagging", std::move(xml).finish());
}

Call request(const EnableVersioning& change) {
  XmlText xml("VersioningConfiguration", kNamespace);
  xml.text("Status", "Enabled");
  return call("PutBucketVersioning", "PUT", {change.region, change.name}, "versioning", std::move(xml).finish());
}

Call request(const SetPublicAccess& change) {
  XmlText xml("PublicAccessBlockConfiguration", kNamespace);
  xml.boolean("BlockPublicAcls", true).boolean("IgnorePublicAcls", true);
  xml.boolean("BlockPublicPolicy", !change.allowed).boolean("RestrictPublicBuckets", !change.allowed);
  return call("PutPublicAccessBlock", "PUT", {change.region, change.name}, "publicAccessBlock", std::move(xml).finish());
}

Call request(const SetBucketPolicy& change) {
  if (change.policy.empty()) return call("DeleteBucketPolicy", "DELETE", {change.region, change.name}, "policy", "");
  return call("PutBucketPolicy", "PUT", {change.region, change.name}, "policy", change.policy);
}

Call request(const SetWebsite& change) {
  XmlText xml("WebsiteConfiguration", kNamespace);
  if (!change.website.error.empty()) xml.open("ErrorDocument").text("Key", change.website.error).close("ErrorDocument");
  xml.open("IndexDocument").text("Suffix", change.website.index).close("IndexDocument");
  return call("PutBucketWebsite", "PUT", {change.region, change.name}, "website", std::move(xml).finish());
}

Call request(const SetReplication& change) {
  if (change.replication.rules.empty()) return call("DeleteBucketReplication", "DELETE", {change.region, change.name}, "replication", "");
  XmlText xml("ReplicationConfiguration", kNamespace);
  xml.text("Role", change.replication.role_arn);
  for (const auto& rule : change.replication.rules) add_rule(xml, rule, partition_of(change.region));
  return call("PutBucketReplication", "PUT", {change.region, change.name}, "replication", std::move(xml).finish());
}

Call request(const DeleteVersions& change) {
  XmlText xml("Delete", kNamespace);
  xml.boolean("Quiet", true);
  for (const auto& [key, version] : change.versions) {
    xml.open("Object").text("Key", key).text_if("VersionId", version).close("Object");
  }
  return call("DeleteObjects", "POST", {change.region, change.name}, "delete", std::move(xml).finish());
}

Call request(const DeleteBucket& change) { return call("DeleteBucket", "DELETE", {change.region, change.name}, "", ""); }

Result<Made> parse_deleted_versions(const Answer& answer) {
  if (trim(answer.body).empty()) return Made{};
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "DeleteObjects"));
  if (const auto error = root.child("Error")) {
    return fail(Fault::kBroken, fmt::format("s3 DeleteObjects: {}: {}", text_of(error, "Key"), text_of(error, "Code")));
  }
  return Made{};
}

Call get_bucket_part(const std::string& region, const std::string& name, const std::string& part) {
  return call("Get " + part, "GET", {region, name}, part, "");
}

Call head_bucket(const std::string& region, const std::string& name) { return call("HeadBucket", "HEAD", {region, name}, "", ""); }

Result<Tags> parse_bucket_tags(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetBucketTagging"));
  Tags tags;
  for (const auto& tag : root.child("TagSet").children("Tag")) tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return tags;
}

Result<bool> parse_versioning(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetBucketVersioning"));
  return text_of(root, "Status") == "Enabled";
}

Result<Website> parse_website(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetBucketWebsite"));
  return Website{text_of(root.child("IndexDocument"), "Suffix"), text_of(root.child("ErrorDocument"), "Key")};
}

Result<bool> parse_public_access(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetPublicAccessBlock"));
  return !flag_of(root, "BlockPublicPolicy") && !flag_of(root, "RestrictPublicBuckets");
}

Result<Replication> parse_replication(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetBucketReplication"));
  Replication replication{.role_arn = text_of(root, "Role"), .rules = {}};
  for (const auto& node : root.children("Rule")) {
    const auto destination = node.child("Destination");
    ReplicationRule rule{.id = text_of(node, "ID"), .priority = static_cast<uint32_t>(number_of(node, "Priority"))};
    rule.prefix = node.child("Filter") ? text_of(node.child("Filter"), "Prefix") : text_of(node, "Prefix");
    rule.destination_bucket = text_of(destination, "Bucket");
    rule.destination_bucket.erase(0, rule.destination_bucket.rfind(':') + 1);
    rule.enabled = text_of(node, "Status") == "Enabled";
    // Rules of the first version, which have no Filter, replicate delete markers without saying so.
    const auto markers = node.child("DeleteMarkerReplication");
    rule.delete_markers = markers ? text_of(markers, "Status") == "Enabled" : !node.child("Filter");
    rule.time_control = text_of(destination.child("ReplicationTime"), "Status") == "Enabled";
    rule.raw = xml_of(node);
    replication.rules.push_back(std::move(rule));
  }
  return replication;
}

Call list_versions(const std::string& region, const std::string& name, const std::string& key, const std::string& version, uint32_t most) {
  std::string query = fmt::format("versions&max-keys={}", most);
  if (!key.empty()) query += "&key-marker=" + encoded(key);
  if (!version.empty()) query += "&version-id-marker=" + encoded(version);
  return call("ListObjectVersions", "GET", {region, name}, query, "");
}

Result<VersionPage> parse_versions(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListObjectVersions"));
  VersionPage page;
  for (const auto& node : root.children()) {
    const std::string_view kind = node.name();
    if (kind == "Version" || kind == "DeleteMarker") page.versions.emplace_back(text_of(node, "Key"), text_of(node, "VersionId"));
  }
  if (flag_of(root, "IsTruncated")) {
    page.next_key = text_of(root, "NextKeyMarker");
    page.next_version = text_of(root, "NextVersionIdMarker");
  }
  return page;
}

}  // namespace evershore::aws
