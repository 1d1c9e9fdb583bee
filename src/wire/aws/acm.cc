#include "wire/aws/acm.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace evershore::aws {
namespace {

using Json = nlohmann::json;

Call call(std::string name, const Json& body) {
  Call made{.service = Service::kAcm, .name = name};
  made.headers.set("content-type", "application/x-amz-json-1.1");
  made.headers.set("x-amz-target", "CertificateManager." + name);
  made.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return made;
}

Result<Json> read_json(const Answer& answer, std::string_view what) {
  auto json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object()) return fail(Fault::kInvalid, fmt::format("acm {}: the answer is not JSON", what));
  return json;
}

std::string text_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

const Json& list_in(const Json& json, const char* name) {
  static const Json kNone = Json::array();
  const auto at = json.find(name);
  return at != json.end() && at->is_array() ? *at : kNone;
}

std::string without_dot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

Call request(const RequestCertificate& change) {
  Json tags = Json::array();
  for (const auto& [key, value] : change.tags) tags.push_back({{"Key", key}, {"Value", value}});
  return call("RequestCertificate",
              {{"DomainName", change.domain}, {"IdempotencyToken", change.token}, {"Tags", tags}, {"ValidationMethod", "DNS"}});
}

Call request(const DeleteCertificate& change) { return call("DeleteCertificate", {{"CertificateArn", change.arn}}); }

Result<Made> parse_acm_made(const Answer& answer) {
  if (answer.body.empty()) return Made{};
  TRY(const auto json, read_json(answer, "RequestCertificate"));
  const auto arn = text_in(json, "CertificateArn");
  return Made{{"", arn}, {"arn", arn}};
}

Call list_certificates(const std::string& next_token) {
  Json body = {{"MaxItems", 1000}};
  if (!next_token.empty()) body["NextToken"] = next_token;
  return call("ListCertificates", body);
}

Result<CertificatePage> parse_certificates(const Answer& answer, const std::string& domain) {
  TRY(const auto json, read_json(answer, "ListCertificates"));
  CertificatePage page{.arns = {}, .next_token = text_in(json, "NextToken")};
  for (const auto& each : list_in(json, "CertificateSummaryList")) {
    if (each.is_object() && text_in(each, "DomainName") == domain) page.arns.push_back(text_in(each, "CertificateArn"));
  }
  return page;
}

Call describe_certificate(const std::string& arn) { return call("DescribeCertificate", {{"CertificateArn", arn}}); }

Result<FoundCertificate> parse_certificate(const Answer& answer) {
  TRY(const auto json, read_json(answer, "DescribeCertificate"));
  const auto at = json.find("Certificate");
  if (at == json.end() || !at->is_object()) return fail(Fault::kInvalid, "acm DescribeCertificate: the answer has no certificate");
  FoundCertificate found{.arn = text_in(*at, "CertificateArn"), .domain = text_in(*at, "DomainName"), .status = text_in(*at, "Status")};
  for (const auto& option : list_in(*at, "DomainValidationOptions")) {
    if (!option.is_object() || !option.contains("ResourceRecord") || !option["ResourceRecord"].is_object()) continue;
    const auto& record = option["ResourceRecord"];
    found.record_name = without_dot(text_in(record, "Name"));
    found.record_type = text_in(record, "Type");
    found.record_value = text_in(record, "Value");
    break;  // one name, one record
  }
  return found;
}

Call list_certificate_tags(const std::string& arn) { return call("ListTagsForCertificate", {{"CertificateArn", arn}}); }

Result<Tags> parse_certificate_tags(const Answer& answer) {
  TRY(const auto json, read_json(answer, "ListTagsForCertificate"));
  Tags tags;
  for (const auto& each : list_in(json, "Tags")) {
    if (each.is_object()) tags[text_in(each, "Key")] = text_in(each, "Value");
  }
  return tags;
}

}  // namespace evershore::aws
