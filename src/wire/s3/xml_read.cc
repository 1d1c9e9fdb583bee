#include "wire/s3/xml_read.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/s3/xml.h"

namespace evershore::s3 {

Result<pugi::xml_node> read_root(pugi::xml_document& document, std::string_view xml, std::string_view root) {
  if (xml.size() > kXmlBytesMax)
    return fail(Fault::kInvalid, fmt::format("the {} document is larger than {}", root, format_size(kXmlBytesMax)));
  // Whitespace-only values are kept: a key may be a single space.
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) return fail(Fault::kInvalid, fmt::format("the {} document is not XML: {}", root, parsed.description()));
  const auto node = document.document_element();
  if (root != node.name()) return fail(Fault::kInvalid, fmt::format("expected a {} document", root));
  return node;
}

std::string child_text(const pugi::xml_node& node, const char* name) { return node.child(name).text().get(); }

uint64_t child_number(const pugi::xml_node& node, const char* name) { return parse_u64(trim(node.child(name).text().get())).value_or(0); }

bool child_bool(const pugi::xml_node& node, const char* name) { return trim(node.child(name).text().get()) == "true"; }

Wall child_time(const pugi::xml_node& node, const char* name) {
  return parse_iso8601(trim(node.child(name).text().get())).value_or(Wall{});
}

std::string child_etag(const pugi::xml_node& node, const char* name) {
  return std::string(unquote_etag(trim(node.child(name).text().get())));
}

}  // namespace evershore::s3
