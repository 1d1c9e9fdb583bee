// Writing XML in the order of the calls, which the services insist on; reading is pugixml's, inside the .cc files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evershore::aws {

class XmlText {
 public:
  // <root xmlns="..."> after the declaration; "" = no namespace.
  XmlText(std::string_view root, std::string_view name_space);
  // Without declaration and root: a piece of a document.
  XmlText() = default;

  XmlText& open(std::string_view name);
  XmlText& close(std::string_view name);
  XmlText& text(std::string_view name, std::string_view value);  // escaped
  XmlText& number(std::string_view name, uint64_t value);
  XmlText& boolean(std::string_view name, bool value) { return text(name, value ? "true" : "false"); }
  // Left out when empty.
  XmlText& text_if(std::string_view name, std::string_view value) { return value.empty() ? *this : text(name, value); }
  // CloudFront's lists: <Quantity/><Items><item>..</item></Items>; Items is left out when there are none.
  XmlText& counted(std::string_view item, const std::vector<std::string>& values);
  XmlText& raw(std::string_view xml);
  std::string finish() &&;

 private:
  std::string out_;
  std::string root_;
};

}  // namespace evershore::aws
