#include "store/object_tags.h"

#include "wire/s3/tagging.h"

namespace evershore::store {

Result<void> check_tag_text(const std::string& tags) {
  TRY(const auto parsed, s3::parse_tag_text(tags));
  if (s3::tag_text(parsed) != tags) return fail(Fault::kInvalid, "the tags '" + tags + "' are not in their one spelling");
  return {};
}

void set_tags(StandardHeaders& headers, const std::string& tags) {
  headers.erase(std::string(kTagsHeader));
  if (!tags.empty()) headers.emplace(kTagsHeader, tags);
}

void hide_tags(ObjectInfo& info) {
  const auto at = info.headers.find(std::string(kTagsHeader));
  if (at == info.headers.end()) return;
  info.tag_count = static_cast<uint32_t>(s3::parse_tag_text(at->second).value_or(s3::Tags{}).size());
  info.headers.erase(at);
}

}  // namespace evershore::store
