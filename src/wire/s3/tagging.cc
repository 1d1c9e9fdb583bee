#include "wire/s3/tagging.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/s3/encode.h"
#include "wire/s3/xml.h"
#include "wire/s3/xml_read.h"

namespace evershore::s3 {

namespace {
Result<void> add(Tags& tags, std::string name, std::string value) {
  if (name.empty()) return fail(Fault::kInvalid, "a tag without a name");
  if (name.size() > kTagKeyBytesMax || value.size() > kTagValueBytesMax) return fail(Fault::kInvalid, "a tag that is too long");
  if (tags.size() == kTagsMax) return fail(Fault::kInvalid, fmt::format("more than {} tags", kTagsMax));
  const bool added = tags.emplace(std::move(name), std::move(value)).second;
  return added ? Result<void>{} : fail(Fault::kInvalid, "a tag that is there twice");
}
}  // namespace

std::string tag_text(const Tags& tags) {
  std::string text;
  for (const auto& [name, value] : tags) {
    if (!text.empty()) text += '&';
    text += encode(name, Slash::kEncoded) + "=" + encode(value, Slash::kEncoded);
  }
  return text;
}

Result<Tags> parse_tag_text(std::string_view text) {
  Tags tags;
  if (text.empty()) return tags;
  for (const std::string_view pair : split(text, '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    TRY_VOID(add(tags, decode(pair.substr(0, equals), PlusMeans::kSpace), decode(value, PlusMeans::kSpace)));
  }
  return tags;
}

std::string render_tagging(const Tags& tags) {
  XmlWriter xml("Tagging");
  xml.open("TagSet");
  for (const auto& [name, value] : tags) {
    xml.open("Tag");
    xml.text("Key", name);
    xml.text("Value", value);
    xml.close("Tag");
  }
  xml.close("TagSet");
  return std::move(xml).finish();
}

Result<Tags> parse_tagging(std::string_view xml) {
  pugi::xml_document document;
  TRY(const auto root, read_root(document, xml, "Tagging"));
  Tags tags;
  for (const auto& node : root.child("TagSet").children("Tag")) {
    TRY_VOID(add(tags, child_text(node, "Key"), child_text(node, "Value")));
  }
  return tags;
}

}  // namespace evershore::s3
