#include "wire/s3/multipart.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/s3/encode.h"
#include "wire/s3/xml.h"
#include "wire/s3/xml_read.h"

namespace evershore::s3 {

std::string render_initiate(const InitiateResult& result) {
  XmlWriter xml("InitiateMultipartUploadResult");
  xml.text("Bucket", result.bucket);
  xml.text("Key", result.key);
  xml.text("UploadId", result.upload_id);
  return std::move(xml).finish();
}

Result<InitiateResult> parse_initiate(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "InitiateMultipartUploadResult"));
  InitiateResult result{.bucket = child_text(root, "Bucket"), .key = child_text(root, "Key"), .upload_id = child_text(root, "UploadId")};
  if (result.upload_id.empty()) return fail(Fault::kInvalid, "no UploadId in the answer");
  return result;
}

std::string render_complete_request(const std::vector<PartReference>& parts) {
  XmlWriter xml("CompleteMultipartUpload");
  for (const auto& part : parts) {
    xml.open("Part");
    xml.number("PartNumber", part.number);
    xml.text("ETag", quote_etag(part.etag));
    xml.close("Part");
  }
  return std::move(xml).finish();
}

Result<std::vector<PartReference>> parse_complete_request(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "CompleteMultipartUpload"));
  std::vector<PartReference> parts;
  for (const auto& node : root.children("Part")) {
    const auto number = child_number(node, "PartNumber");
    if (number == 0 || number > kPartNumberMax || parts.size() == kPartNumberMax) {
      return fail(Fault::kInvalid, "part numbers must be 1 to 10000");
    }
    parts.push_back({.number = static_cast<uint32_t>(number), .etag = child_etag(node, "ETag")});
  }
  if (parts.empty()) return fail(Fault::kInvalid, "no Part in the request");
  return parts;
}

std::string render_complete(const CompleteResult& result) {
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.text("Location", result.location);
  xml.text("Bucket", result.bucket);
  xml.text("Key", result.key);
  xml.text("ETag", quote_etag(result.etag));
  return std::move(xml).finish();
}

Result<CompleteResult> parse_complete(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "CompleteMultipartUploadResult"));
  return CompleteResult{.location = child_text(root, "Location"),
                        .bucket = child_text(root, "Bucket"),
                        .key = child_text(root, "Key"),
                        .etag = child_etag(root, "ETag")};
}

std::string render_list_parts(const ListPartsResult& result) {
  XmlWriter xml("ListPartsResult");
  xml.text("Bucket", result.bucket);
  xml.text("Key", result.key);
  xml.text("UploadId", result.upload_id);
  xml.number("PartNumberMarker", result.part_number_marker);
  if (result.truncated) xml.number("NextPartNumberMarker", result.next_part_number_marker);
  xml.number("MaxParts", result.max_parts);
  xml.boolean("IsTruncated", result.truncated);
  for (const auto& part : result.parts) {
    xml.open("Part");
    xml.number("PartNumber", part.number);
    xml.text("LastModified", format_iso8601(part.last_modified));
    xml.text("ETag", quote_etag(part.etag));
    xml.number("Size", part.size_bytes);
    xml.close("Part");
  }
  xml.text("StorageClass", "STANDARD");
  return std::move(xml).finish();
}

Result<ListPartsResult> parse_list_parts(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "ListPartsResult"));
  ListPartsResult result{.bucket = child_text(root, "Bucket"),
                         .key = child_text(root, "Key"),
                         .upload_id = child_text(root, "UploadId"),
                         .part_number_marker = static_cast<uint32_t>(child_number(root, "PartNumberMarker")),
                         .next_part_number_marker = static_cast<uint32_t>(child_number(root, "NextPartNumberMarker")),
                         .max_parts = static_cast<uint32_t>(child_number(root, "MaxParts")),
                         .truncated = child_bool(root, "IsTruncated")};
  for (const auto& node : root.children("Part")) {
    result.parts.push_back({.number = static_cast<uint32_t>(child_number(node, "PartNumber")),
                            .etag = child_etag(node, "ETag"),
                            .size_bytes = child_number(node, "Size"),
                            .last_modified = child_time(node, "LastModified")});
  }
  return result;
}

std::string render_list_uploads(const ListUploadsResult& result) {
  const auto shown = [&](std::string_view text) { return result.encoding_url ? encode(text, Slash::kKept) : std::string(text); };
  XmlWriter xml("ListMultipartUploadsResult");
  xml.text("Bucket", result.bucket);
  xml.text("KeyMarker", shown(result.key_marker));
  xml.text("UploadIdMarker", result.upload_id_marker);
  if (result.truncated) {
    xml.text("NextKeyMarker", shown(result.next_key_marker));
    xml.text("NextUploadIdMarker", result.next_upload_id_marker);
  }
  xml.text("Prefix", shown(result.prefix));
  xml.number("MaxUploads", result.max_uploads);
  if (result.encoding_url) xml.text("EncodingType", "url");
  xml.boolean("IsTruncated", result.truncated);
  for (const auto& upload : result.uploads) {
    xml.open("Upload");
    xml.text("Key", shown(upload.key));
    xml.text("UploadId", upload.upload_id);
    xml.text("StorageClass", "STANDARD");
    xml.text("Initiated", format_iso8601(upload.initiated));
    xml.close("Upload");
  }
  return std::move(xml).finish();
}

Result<ListUploadsResult> parse_list_uploads(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "ListMultipartUploadsResult"));
  const bool encoded = child_text(root, "EncodingType") == "url";
  const auto key_of = [&](std::string text) { return encoded ? decode(text, PlusMeans::kSpace) : std::move(text); };
  ListUploadsResult result{.bucket = child_text(root, "Bucket"),
                           .prefix = key_of(child_text(root, "Prefix")),
                           .key_marker = key_of(child_text(root, "KeyMarker")),
                           .upload_id_marker = child_text(root, "UploadIdMarker"),
                           .next_key_marker = key_of(child_text(root, "NextKeyMarker")),
                           .next_upload_id_marker = child_text(root, "NextUploadIdMarker"),
                           .max_uploads = static_cast<uint32_t>(child_number(root, "MaxUploads")),
                           .truncated = child_bool(root, "IsTruncated"),
                           .encoding_url = encoded};
  for (const auto& node : root.children("Upload")) {
    result.uploads.push_back(
        {.key = key_of(child_text(node, "Key")), .upload_id = child_text(node, "UploadId"), .initiated = child_time(node, "Initiated")});
  }
  return result;
}

std::string render_copy(std::string_view root, const CopyResult& result) {
  XmlWriter xml(root);
  xml.text("LastModified", format_iso8601(result.last_modified));
  xml.text("ETag", quote_etag(result.etag));
  return std::move(xml).finish();
}

Result<CopyResult> parse_copy(std::string_view root_name, std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, root_name));
  return CopyResult{.etag = child_etag(root, "ETag"), .last_modified = child_time(root, "LastModified")};
}

}  // namespace evershore::s3
