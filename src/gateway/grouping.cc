#include "gateway/grouping.h"

#include "gateway/operation.h"

namespace evershore::gateway {

namespace {
// Greater than every key that begins with `prefix`: no key is longer than kObjectKeyBytesMax.
std::string after_all_of(const std::string& prefix) { return prefix + std::string(kObjectKeyBytesMax, '\xff'); }
}  // namespace

Grouping::Grouping(const s3::ListRequest& request) : request_(request), resume_after_(request.start_after) {
  // A page that ended with a common prefix says so by its marker: the rest of that prefix is not listed again.
  const bool at_prefix = !request.delimiter.empty() && request.start_after.size() > request.prefix.size() &&
                         request.start_after.starts_with(request.prefix) && request.start_after.ends_with(request.delimiter) &&
                         (request.version == s3::ListVersion::kV1 || !request.continuation_token.empty());
  if (at_prefix) resume_after_ = after_all_of(request.start_after);
}

bool Grouping::add(const ListedObject& object) {
  const auto& key = object.key;
  const auto at = request_.delimiter.empty() ? std::string::npos : key.find(request_.delimiter, request_.prefix.size());
  if (at != std::string::npos) {
    auto common = key.substr(0, at + request_.delimiter.size());
    if (!result_.common_prefixes.empty() && common == result_.common_prefixes.back()) return true;
    if (result_.objects.size() + result_.common_prefixes.size() >= request_.max_keys) return false;
    resume_after_ = after_all_of(common);
    last_ = common;
    result_.common_prefixes.push_back(std::move(common));
    return true;
  }
  if (result_.objects.size() + result_.common_prefixes.size() >= request_.max_keys) return false;
  resume_after_ = last_ = key;
  result_.objects.push_back(object);
  return true;
}

s3::ListResult Grouping::finish(std::string bucket, bool more) && {
  result_.bucket = std::move(bucket);
  result_.truncated = more && !last_.empty();
  if (result_.truncated) {
    if (request_.version == s3::ListVersion::kV2) result_.next_continuation_token = make_continuation_token(last_);
    if (request_.version == s3::ListVersion::kV1 && !request_.delimiter.empty()) result_.next_marker = last_;
  }
  return std::move(result_);
}

}  // namespace evershore::gateway
