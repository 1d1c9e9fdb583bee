#include "console/explain_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace evershore::console {

namespace {

using Json = nlohmann::ordered_json;

std::string scalar(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string label(std::string_view name) {
  std::string out(name);
  for (auto& c : out) {
    if (c == '_') c = ' ';
  }
  return out;
}

// Objects become "name: value" lines, lists become "- " lines; nesting indents by two.
void print(std::string& out, const Json& value, size_t indent) {
  const std::string pad(indent, ' ');
  for (const auto& [name, child] : value.items()) {
    const std::string head = value.is_array() ? "-" : label(name) + ":";
    if (!child.is_structured()) {
      out += fmt::format("{}{} {}\n", pad, head, scalar(child));
    } else if (child.empty()) {
      out += fmt::format("{}{} none\n", pad, head);
    } else if (value.is_array() && child.is_object()) {
      std::string block;
      print(block, child, indent + 2);
      block[indent] = '-';
      out += block;
    } else {
      out += fmt::format("{}{}\n", pad, head);
      print(out, child, indent + 2);
    }
  }
}

}  // namespace

Result<std::string> explain_text(std::string_view explain_json) {
  const auto json = Json::parse(explain_json, nullptr, false);
  if (!json.is_object()) return fail(Fault::kInvalid, "the node's answer is not a JSON object; is this Evershore's admin listener?");
  std::string out;
  print(out, json, 0);
  return out;
}

}  // namespace evershore::console
