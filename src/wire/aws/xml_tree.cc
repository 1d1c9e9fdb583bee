#include "wire/aws/xml_tree.h"

#include <fmt/format.h>

#include <sstream>

#include "base/text.h"

namespace evershore::aws {

Result<pugi::xml_node> read_xml(pugi::xml_document& document, const Answer& answer, std::string_view what) {
  if (answer.body.size() > kAnswerBytesMax) return fail(Fault::kInvalid, fmt::format("{}: the answer is too long", what));
  const auto parsed = document.load_buffer(answer.body.data(), answer.body.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return fail(Fault::kInvalid, fmt::format("{}: the answer is not XML: {}", what, parsed.description()));
  return document.document_element();
}

std::string text_of(const pugi::xml_node& node, const char* name) { return node.child(name).text().get(); }
uint64_t number_of(const pugi::xml_node& node, const char* name) { return parse_u64(trim(node.child(name).text().get())).value_or(0); }
bool flag_of(const pugi::xml_node& node, const char* name) { return trim(node.child(name).text().get()) == "true"; }

std::string xml_of(const pugi::xml_node& node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw);
  return out.str();
}

}  // namespace evershore::aws
