#include "wire/s3/list.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/s3/encode.h"
#include "wire/s3/xml.h"
#include "wire/s3/xml_read.h"

namespace evershore::s3 {

std::string list_query(const ListRequest& request) {
  const bool v2 = request.version == ListVersion::kV2;
  std::string query = v2 ? "list-type=2" : "";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, encode(value, Slash::kEncoded));
  };
  add("prefix", request.prefix);
  add("delimiter", request.delimiter);
  add(v2 ? "start-after" : "marker", request.start_after);
  if (v2) add("continuation-token", request.continuation_token);
  if (request.max_keys != kListKeysMax) add("max-keys", std::to_string(request.max_keys));
  if (request.encoding_url) add("encoding-type", "url");
  if (v2 && request.fetch_owner) add("fetch-owner", "true");
  return query;
}

namespace {
void write_object(XmlWriter& xml, const ListedObject& object, const ListRequest& request, const std::string& key) {
  xml.open("Contents");
  xml.text("Key", key);
  xml.text("LastModified", format_iso8601(object.last_modified));
  xml.text("ETag", quote_etag(object.etag));
  xml.number("Size", object.size_bytes);
  if (request.fetch_owner || request.version == ListVersion::kV1) {
    xml.open("Owner");
    xml.text("ID", "evershore");
    xml.text("DisplayName", "evershore");
    xml.close("Owner");
  }
  xml.text("StorageClass", "STANDARD");
  xml.close("Contents");
}

void write_place(XmlWriter& xml, const ListRequest& request, const ListResult& result) {
  const auto shown = [&](std::string_view text) { return request.encoding_url ? encode(text, Slash::kKept) : std::string(text); };
  if (request.version == ListVersion::kV1) {
    xml.text("Marker", shown(request.start_after));
    if (!result.next_marker.empty()) xml.text("NextMarker", shown(result.next_marker));
    return;
  }
  xml.number("KeyCount", result.objects.size() + result.common_prefixes.size());
  if (!request.start_after.empty()) xml.text("StartAfter", shown(request.start_after));
  if (!request.continuation_token.empty()) xml.text("ContinuationToken", request.continuation_token);
  if (!result.next_continuation_token.empty()) xml.text("NextContinuationToken", result.next_continuation_token);
}
}  // namespace

std::string render_list(const ListRequest& request, const ListResult& result) {
  const auto shown = [&](std::string_view text) { return request.encoding_url ? encode(text, Slash::kKept) : std::string(text); };
  XmlWriter xml("ListBucketResult");
  xml.text("Name", result.bucket);
  xml.text("Prefix", shown(request.prefix));
  write_place(xml, request, result);
  xml.number("MaxKeys", request.max_keys);
  if (!request.delimiter.empty()) xml.text("Delimiter", shown(request.delimiter));
  if (request.encoding_url) xml.text("EncodingType", "url");
  xml.boolean("IsTruncated", result.truncated);
  for (const auto& object : result.objects) write_object(xml, object, request, shown(object.key));
  for (const auto& prefix : result.common_prefixes) {
    xml.open("CommonPrefixes");
    xml.text("Prefix", shown(prefix));
    xml.close("CommonPrefixes");
  }
  return std::move(xml).finish();
}

Result<ListResult> parse_list(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "ListBucketResult"));
  const bool encoded = child_text(root, "EncodingType") == "url";
  // Form-encoded by some servers: '+' is then a space (AWS writes %2B for a plus).
  const auto key_of = [&](std::string text) { return encoded ? decode(text, PlusMeans::kSpace) : std::move(text); };
  ListResult result{.bucket = child_text(root, "Name"),
                    .next_continuation_token = child_text(root, "NextContinuationToken"),
                    .next_marker = key_of(child_text(root, "NextMarker")),
                    .truncated = child_bool(root, "IsTruncated")};
  for (const auto& node : root.children("Contents")) {
    result.objects.push_back({.key = key_of(child_text(node, "Key")),
                              .size_bytes = child_number(node, "Size"),
                              .etag = child_etag(node, "ETag"),
                              .last_modified = child_time(node, "LastModified")});
    if (result.objects.back().key.empty()) return fail(Fault::kInvalid, "the list holds an entry without a key");
  }
  for (const auto& node : root.children("CommonPrefixes")) result.common_prefixes.push_back(key_of(child_text(node, "Prefix")));
  return result;
}

std::string render_buckets(std::string_view owner, const std::vector<BucketEntry>& buckets) {
  XmlWriter xml("ListAllMyBucketsResult");
  xml.open("Owner");
  xml.text("ID", owner);
  xml.text("DisplayName", owner);
  xml.close("Owner");
  xml.open("Buckets");
  for (const auto& bucket : buckets) {
    xml.open("Bucket");
    xml.text("Name", bucket.name);
    xml.text("CreationDate", format_iso8601(bucket.created));
    xml.close("Bucket");
  }
  xml.close("Buckets");
  return std::move(xml).finish();
}

}  // namespace evershore::s3
