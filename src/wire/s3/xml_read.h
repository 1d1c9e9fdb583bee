// Reading S3's documents with pugixml; for this folder's .cc files only.
#pragma once

#include <pugixml.hpp>

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace evershore::s3 {

// Parses `xml` into `document` and returns its root, which must be called `root`. Namespaces and prefixes are not looked at.
Result<pugi::xml_node> read_root(pugi::xml_document& document, std::string_view xml, std::string_view root);

std::string child_text(const pugi::xml_node& node, const char* name);
uint64_t child_number(const pugi::xml_node& node, const char* name);  // 0 if absent or no number
bool child_bool(const pugi::xml_node& node, const char* name);
Wall child_time(const pugi::xml_node& node, const char* name);         // the epoch if absent or unreadable
std::string child_etag(const pugi::xml_node& node, const char* name);  // without quotes

}  // namespace evershore::s3
