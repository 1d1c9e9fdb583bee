// Tags among the headers of a stored object (kTagsHeader). Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "model/object.h"

namespace evershore::store {

// In the one spelling of wire/s3/tagging.h.
Result<void> check_tag_text(const std::string& tags);
void set_tags(StandardHeaders& headers, const std::string& tags);
// What reads give: the number of tags, not the tags.
void hide_tags(ObjectInfo& info);

}  // namespace evershore::store
