// Tags of objects: as a header has them (x-amz-tagging, "a=1&b=2") and as the documents of ?tagging do.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::s3 {

inline constexpr size_t kTagsMax = 10, kTagKeyBytesMax = 128 * 4, kTagValueBytesMax = 256 * 4;  // S3 counts characters

using Tags = std::map<std::string, std::string>;

// The one spelling that we write and compare: sorted by name, everything but A-Z a-z 0-9 - . _ ~ encoded; "" for no tags.
std::string tag_text(const Tags& tags);
// Any spelling ('+' is a space). kInvalid: more than kTagsMax, a name twice or empty, too long.
Result<Tags> parse_tag_text(std::string_view text);

std::string render_tagging(const Tags& tags);
Result<Tags> parse_tagging(std::string_view xml);

}  // namespace evershore::s3
