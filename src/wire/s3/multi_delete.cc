#include "wire/s3/multi_delete.h"

#include "wire/s3/xml.h"
#include "wire/s3/xml_read.h"

namespace evershore::s3 {

std::string render_delete_request(const DeleteRequest& request) {
  XmlWriter xml("Delete");
  if (request.quiet) xml.boolean("Quiet", true);
  for (const auto& entry : request.entries) {
    xml.open("Object");
    xml.text("Key", entry.key);
    if (!entry.etag.empty()) xml.text("ETag", quote_etag(entry.etag));
    xml.close("Object");
  }
  return std::move(xml).finish();
}

Result<DeleteRequest> parse_delete_request(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "Delete"));
  DeleteRequest request{.quiet = child_bool(root, "Quiet")};
  for (const auto& node : root.children("Object")) {
    if (request.entries.size() == kDeleteKeysMax) return fail(Fault::kInvalid, "more than 1000 keys in one delete");
    request.entries.push_back({.key = child_text(node, "Key"), .etag = child_etag(node, "ETag")});
    if (request.entries.back().key.empty()) return fail(Fault::kInvalid, "an Object without a Key");
  }
  if (request.entries.empty()) return fail(Fault::kInvalid, "no Object to delete");
  return request;
}

std::string render_delete_result(const DeleteResult& result) {
  XmlWriter xml("DeleteResult");
  for (const auto& key : result.deleted) {
    xml.open("Deleted");
    xml.text("Key", key);
    xml.close("Deleted");
  }
  for (const auto& failure : result.failures) {
    xml.open("Error");
    xml.text("Key", failure.key);
    xml.text("Code", failure.code);
    xml.text("Message", failure.message);
    xml.close("Error");
  }
  return std::move(xml).finish();
}

Result<DeleteResult> parse_delete_result(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "DeleteResult"));
  DeleteResult result;
  for (const auto& node : root.children("Deleted")) result.deleted.push_back(child_text(node, "Key"));
  for (const auto& node : root.children("Error")) {
    result.failures.push_back({.key = child_text(node, "Key"), .code = child_text(node, "Code"), .message = child_text(node, "Message")});
  }
  return result;
}

}  // namespace evershore::s3
