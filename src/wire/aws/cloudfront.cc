#include "wire/aws/cloudfront.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/aws/xml_text.h"
#include "wire/aws/xml_tree.h"
#include "wire/http/uri.h"

namespace evershore::aws {
namespace {

constexpr std::string_view kNamespace = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

std::string encoded(std::string_view text) { return http::percent_encode(text, http::Slash::kEncode); }

Call call(std::string name, std::string method, std::string path, std::string body) {
  Call made{.service = Service::kCloudFront, .name = std::move(name), .method = std::move(method), .target = "/2020-05-31/" + path};
  if (!body.empty()) made.headers.set("content-type", "text/xml");
  made.body = std::move(body);
  return made;
}

std::string_view target_of(const Distribution& d) { return d.origins.size() > 1 ? kGroupOrigin : std::string_view(d.origins.front().id); }

std::string aliases_xml(const Distribution& d) {
  XmlText xml;
  xml.open("Aliases").counted("CNAME", d.aliases).close("Aliases");
  return std::move(xml).finish();
}

// Origin's order: Id, DomainName, OriginPath, CustomHeaders, S3OriginConfig, ConnectionAttempts, ConnectionTimeout, OriginAccessControlId.
std::string origins_xml(const Distribution& d) {
  XmlText xml;
  xml.open("Origins").number("Quantity", d.origins.size()).open("Items");
  for (const auto& origin : d.origins) {
    xml.open("Origin").text("Id", origin.id).text("DomainName", origin.domain).text("OriginPath", "");
    xml.open("CustomHeaders").number("Quantity", 0).close("CustomHeaders");
    xml.open("S3OriginConfig").text("OriginAccessIdentity", "").close("S3OriginConfig");
    xml.number("ConnectionAttempts", origin.connection_attempts).number("ConnectionTimeout", origin.connection_timeout_s);
    xml.text("OriginAccessControlId", origin.access_control_id).close("Origin");
  }
  xml.close("Items").close("Origins");
  return std::move(xml).finish();
}

std::string groups_xml(const Distribution& d) {
  XmlText xml;
  xml.open("OriginGroups");
  if (d.origins.size() < 2) {
    xml.number("Quantity", 0);
  } else {
    xml.number("Quantity", 1).open("Items").open("OriginGroup").text("Id", kGroupOrigin).open("FailoverCriteria").open("StatusCodes");
    xml.number("Quantity", d.failover_statuses.size()).open("Items");
    for (const auto status : d.failover_statuses) xml.number("StatusCode", status);
    xml.close("Items").close("StatusCodes").close("FailoverCriteria").open("Members").number("Quantity", d.origins.size()).open("Items");
    for (const auto& origin : d.origins) xml.open("OriginGroupMember").text("OriginId", origin.id).close("OriginGroupMember");
    xml.close("Items").close("Members").close("OriginGroup").close("Items");
  }
  xml.close("OriginGroups");
  return std::move(xml).finish();
}

std::string behavior_xml(const Distribution& d) {
  XmlText xml;
  xml.open("DefaultCacheBehavior").text("TargetOriginId", target_of(d));
  xml.text("ViewerProtocolPolicy", "redirect-to-https").open("AllowedMethods").number("Quantity", 2).open("Items");
  xml.text("Method", "GET").text("Method", "HEAD").close("Items").open("CachedMethods").number("Quantity", 2).open("Items");
  xml.text("Method", "GET").text("Method", "HEAD").close("Items").close("CachedMethods").close("AllowedMethods");
  xml.boolean("Compress", true).text("CachePolicyId", kCachingOptimized).close("DefaultCacheBehavior");
  return std::move(xml).finish();
}

std::string errors_xml(const Distribution& d) {
  XmlText xml;
  xml.open("CustomErrorResponses");
  if (d.error_page.empty()) {
    xml.number("Quantity", 0);
  } else {
    xml.number("Quantity", 2).open("Items");
    // S3 says 403 for a missing key where listing is not allowed.
    for (const uint32_t status : {403U, 404U}) {
      xml.open("CustomErrorResponse").number("ErrorCode", status).text("ResponsePagePath", d.error_page).text("ResponseCode", "404");
      xml.number("ErrorCachingMinTTL", 10).close("CustomErrorResponse");
    }
    xml.close("Items");
  }
  xml.close("CustomErrorResponses");
  return std::move(xml).finish();
}

std::string certificate_xml(const Distribution& d) {
  XmlText xml;
  xml.open("ViewerCertificate");
  if (d.certificate_arn.empty()) {
    xml.boolean("CloudFrontDefaultCertificate", true);
  } else {
    xml.text("ACMCertificateArn", d.certificate_arn).text("SSLSupportMethod", "sni-only").text("MinimumProtocolVersion", "TLSv1.2_2021");
  }
  xml.close("ViewerCertificate");
  return std::move(xml).finish();
}

std::string simple_xml(std::string_view name, std::string_view value) {
  XmlText xml;
  xml.text(name, value);
  return std::move(xml).finish();
}

// The elements that we manage, in DistributionConfig's order.
std::vector<std::string> managed_elements(const Distribution& d) {
  return {aliases_xml(d),
          simple_xml("DefaultRootObject", d.default_root),
          origins_xml(d),
          groups_xml(d),
          behavior_xml(d),
          errors_xml(d),
          simple_xml("Comment", d.comment),
          simple_xml("PriceClass", d.price_class),
          simple_xml("Enabled", d.enabled ? "true" : "false"),
          certificate_xml(d),
          simple_xml("IsIPV6Enabled", d.ipv6 ? "true" : "false")};
}

// `present` with our elements put in the places of those that are there.
std::string patched(const std::string& present, const Distribution& d) {
  pugi::xml_document document;
  document.load_buffer(present.data(), present.size());
  auto root = document.document_element();
  for (const auto& xml : managed_elements(d)) {
    pugi::xml_document piece;
    piece.load_buffer(xml.data(), xml.size());
    const auto fresh = piece.document_element();
    auto old = root.child(fresh.name());
    if (!old) continue;  // an answer has them all
    // What we do not manage inside a behaviour stays (functions, policies that were added by hand).
    if (std::string_view(fresh.name()) == "DefaultCacheBehavior") {
      for (const char* name : {"TargetOriginId", "ViewerProtocolPolicy"}) old.child(name).text().set(fresh.child(name).text().get());
      continue;
    }
    root.insert_copy_before(fresh, old);
    root.remove_child(old);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml_of(root);
}

Distribution read_distribution(const pugi::xml_node& node) {
  Distribution d{.comment = text_of(node, "Comment")};
  for (const auto& alias : node.child("Aliases").child("Items").children("CNAME")) d.aliases.emplace_back(alias.text().get());
  d.default_root = text_of(node, "DefaultRootObject");
  for (const auto& origin : node.child("Origins").child("Items").children("Origin")) {
    d.origins.push_back({text_of(origin, "Id"), text_of(origin, "DomainName"), text_of(origin, "OriginAccessControlId"),
                         static_cast<uint32_t>(number_of(origin, "ConnectionAttempts")),
                         static_cast<uint32_t>(number_of(origin, "ConnectionTimeout"))});
  }
  const auto group = node.child("OriginGroups").child("Items").child("OriginGroup");
  for (const auto& status : group.child("FailoverCriteria").child("StatusCodes").child("Items").children("StatusCode")) {
    d.failover_statuses.push_back(static_cast<uint32_t>(parse_u64(status.text().get()).value_or(0)));
  }
  d.certificate_arn = text_of(node.child("ViewerCertificate"), "ACMCertificateArn");
  for (const auto& error : node.child("CustomErrorResponses").child("Items").children("CustomErrorResponse")) {
    d.error_page = text_of(error, "ResponsePagePath");
  }
  d.price_class = text_of(node, "PriceClass");
  d.ipv6 = flag_of(node, "IsIPV6Enabled");
  d.enabled = flag_of(node, "Enabled");
  return d;
}

std::string etag_of(const Answer& answer) { return std::string(answer.headers.get("etag")); }

}  // namespace

Call request(const CreateAccessControl& change) {
  XmlText xml("OriginAccessControlConfig", kNamespace);
  xml.text("Name", change.name).text("Description", "Evershore").text("SigningProtocol", "sigv4").text("SigningBehavior", "always");
  xml.text("OriginAccessControlOriginType", "s3");
  return call("CreateOriginAccessControl", "POST", "origin-access-control", std::move(xml).finish());
}

Call request(const DeleteAccessControl& change) {
  auto made = call("DeleteOriginAccessControl", "DELETE", "origin-access-control/" + encoded(change.id), "");
  made.headers.set("if-match", change.etag);
  return made;
}

// DistributionConfig's order: CallerReference, Aliases, DefaultRootObject, Origins, OriginGroups, DefaultCacheBehavior,
// CustomErrorResponses, Comment, PriceClass, Enabled, ViewerCertificate, HttpVersion, IsIPV6Enabled.
Call request(const CreateDistribution& change) {
  const Distribution& d = change.distribution;
  XmlText xml("DistributionConfigWithTags", kNamespace);
  xml.open("DistributionConfig").text("CallerReference", change.caller_reference);
  const auto elements = managed_elements(d);
  for (size_t i = 0; i + 1 < elements.size(); ++i) xml.raw(elements[i]);
  xml.text("HttpVersion", "http2and3").raw(elements.back()).close("DistributionConfig");
  xml.open("Tags").open("Items");
  for (const auto& [key, value] : change.tags) xml.open("Tag").text("Key", key).text("Value", value).close("Tag");
  xml.close("Items").close("Tags");
  return call("CreateDistributionWithTags", "POST", "distribution?WithTags", std::move(xml).finish());
}

Call request(const UpdateDistribution& change) {
  auto made = call("UpdateDistribution", "PUT", fmt::format("distribution/{}/config", encoded(change.id)),
                   patched(change.present_config, change.distribution));
  made.headers.set("if-match", change.etag);
  return made;
}

Call request(const DeleteDistribution& change) {
  auto made = call("DeleteDistribution", "DELETE", "distribution/" + encoded(change.id), "");
  made.headers.set("if-match", change.etag);
  return made;
}

Result<Made> parse_cloudfront_made(const Answer& answer) {
  if (answer.body.empty()) return Made{};
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "cloudfront"));
  Made made{{"", text_of(root, "Id")}, {"etag", etag_of(answer)}};
  if (root.child("DomainName")) made["domain"] = text_of(root, "DomainName");
  if (root.child("ARN")) made["arn"] = text_of(root, "ARN");
  return made;
}

Call list_distributions(const std::string& marker) {
  return call("ListDistributions", "GET", "distribution?MaxItems=100" + (marker.empty() ? "" : "&Marker=" + encoded(marker)), "");
}

Result<DistributionPage> parse_distributions(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListDistributions"));
  DistributionPage page;
  for (const auto& node : root.child("Items").children("DistributionSummary")) {
    auto& d = page.distributions.emplace_back(DistributionSummary{
        text_of(node, "Id"), text_of(node, "ARN"), text_of(node, "DomainName"), text_of(node, "Status"), text_of(node, "Comment"), {}});
    for (const auto& alias : node.child("Aliases").child("Items").children("CNAME")) d.aliases.emplace_back(alias.text().get());
  }
  if (flag_of(root, "IsTruncated")) page.next_marker = text_of(root, "NextMarker");
  return page;
}

Call get_distribution_config(const std::string& id) {
  return call("GetDistributionConfig", "GET", fmt::format("distribution/{}/config", encoded(id)), "");
}

Result<DistributionConfig> parse_distribution_config(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetDistributionConfig"));
  return DistributionConfig{etag_of(answer), xml_of(root), text_of(root, "CallerReference"), read_distribution(root)};
}

Call get_distribution(const std::string& id) { return call("GetDistribution", "GET", "distribution/" + encoded(id), ""); }

Result<std::string> parse_distribution_status(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "GetDistribution"));
  return text_of(root, "Status");
}

Call list_cloudfront_tags(const std::string& arn) { return call("ListTagsForResource", "GET", "tagging?Resource=" + encoded(arn), ""); }

Result<Tags> parse_cloudfront_tags(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListTagsForResource"));
  Tags tags;
  for (const auto& tag : root.child("Items").children("Tag")) tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return tags;
}

Call list_access_controls(const std::string& marker) {
  return call("ListOriginAccessControls", "GET",
              "origin-access-control?MaxItems=100" + (marker.empty() ? "" : "&Marker=" + encoded(marker)), "");
}

Result<AccessControlPage> parse_access_controls(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto root, read_xml(document, answer, "ListOriginAccessControls"));
  AccessControlPage page;
  for (const auto& node : root.child("Items").children("OriginAccessControlSummary")) {
    page.controls.push_back({text_of(node, "Id"), text_of(node, "Name")});
  }
  if (flag_of(root, "IsTruncated")) page.next_marker = text_of(root, "NextMarker");
  return page;
}

Call get_access_control(const std::string& id) { return call("GetOriginAccessControl", "GET", "origin-access-control/" + encoded(id), ""); }

}  // namespace evershore::aws
