#include "wire/aws/xml_text.h"

#include <fmt/format.h>

namespace evershore::aws {

XmlText::XmlText(std::string_view root, std::string_view name_space) : root_(root) {
  out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + root_;
  if (!name_space.empty()) out_ += fmt::format(R"( xmlns="{}")", name_space);
  out_ += '>';
}

XmlText& XmlText::open(std::string_view name) {
  out_.append(1, '<').append(name).append(1, '>');
  return *this;
}

XmlText& XmlText::close(std::string_view name) {
  out_.append("</").append(name).append(1, '>');
  return *this;
}

XmlText& XmlText::text(std::string_view name, std::string_view value) {
  open(name);
  for (const char c : value) {
    switch (c) {
      case '&': out_ += "&amp;"; break;
      case '<': out_ += "&lt;"; break;
      case '>': out_ += "&gt;"; break;
      case '"': out_ += "&quot;"; break;
      default: out_ += c;
    }
  }
  return close(name);
}

XmlText& XmlText::number(std::string_view name, uint64_t value) { return text(name, fmt::format_int(value).c_str()); }

XmlText& XmlText::counted(std::string_view item, const std::vector<std::string>& values) {
  number("Quantity", values.size());
  if (values.empty()) return *this;
  open("Items");
  for (const auto& value : values) text(item, value);
  return close("Items");
}

XmlText& XmlText::raw(std::string_view xml) {
  out_ += xml;
  return *this;
}

std::string XmlText::finish() && {
  if (!root_.empty()) close(root_);
  return std::move(out_);
}

}  // namespace evershore::aws
