#include "gateway/object_headers.h"

#include <algorithm>
#include <array>

#include "base/result.h"
#include "base/text.h"
#include "wire/http/conditional.h"
#include "wire/http/date.h"
#include "wire/http/lists.h"
#include "wire/http/uri.h"
#include "wire/s3/tagging.h"
#include "wire/s3/xml.h"

namespace evershore::gateway {

using s3::ErrorCode;

namespace {
constexpr std::array<std::string_view, 8> kStored{"cache-control",
                                                  "content-disposition",
                                                  "content-encoding",
                                                  "content-language",
                                                  "content-type",
                                                  "expires",
                                                  "x-amz-website-redirect-location",
                                                  "x-amz-storage-class"};
constexpr std::string_view kMeta = "x-amz-meta-";

std::string without_aws_chunked(std::string_view encoding) {
  std::string kept;
  for (const auto member : http::split_list(encoding)) {
    if (equal_ignoring_case(member, "aws-chunked")) continue;
    if (!kept.empty()) kept += ",";
    kept += member;
  }
  return kept;
}
}  // namespace

Outcome<ObjectHeaders> object_headers(const http::RequestHead& request) {
  ObjectHeaders found;
  for (const auto name : kStored) {
    auto text = request.headers.joined(name);
    if (name == "content-encoding") text = without_aws_chunked(text);
    if (!text.empty()) found.headers.emplace(name, std::move(text));
  }
  if (const auto given = request.headers.find(kTagsHeader)) {
    const auto tags = s3::parse_tag_text(*given);
    if (!tags) return refuse(ErrorCode::kInvalidTag, tags.error().text);
    if (!tags->empty()) found.headers.emplace(kTagsHeader, s3::tag_text(*tags));
  }
  size_t bytes = 0;
  for (const auto& header : request.headers) {
    auto name = to_lower(header.name);
    if (!name.starts_with(kMeta) || name.size() == kMeta.size()) continue;
    name.erase(0, kMeta.size());
    bytes += name.size() + header.value.size();
    auto& value = found.metadata[std::move(name)];
    value = value.empty() ? header.value : value + "," + header.value;
  }
  if (bytes > kUserMetadataBytesMax) return refuse(ErrorCode::kMetadataTooLarge, "");
  return found;
}

void add_object_headers(http::Headers& answer, const ObjectInfo& info) {
  answer.add("ETag", s3::quote_etag(info.etag));
  answer.add("Last-Modified", http::format_http_date(info.last_modified));
  answer.add("Accept-Ranges", "bytes");
  for (const auto& [name, value] : info.headers) answer.add(name, value);
  if (!info.headers.contains("content-type")) answer.add("Content-Type", "binary/octet-stream");
  for (const auto& [name, value] : info.metadata) answer.add(std::string(kMeta) + name, value);
  if (info.tag_count > 0) answer.add("x-amz-tagging-count", std::to_string(info.tag_count));
}

void apply_overrides(http::Headers& answer, std::string_view query) {
  const auto parameters = http::parse_query(query);
  if (!parameters) return;
  for (const std::string_view name :
       {"content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"}) {
    const auto* given = http::find_parameter(*parameters, "response-" + std::string(name));
    if (given != nullptr) answer.set(name, given->value);
  }
}

Outcome<WriteCondition> write_condition(const http::Headers& headers) {
  WriteCondition condition;
  if (const auto none = headers.find("if-none-match")) {
    if (*none != "*") return refuse(ErrorCode::kNotImplemented, "If-None-Match of a write must be *");
    condition.if_none_match = true;
  }
  if (const auto match = headers.find("if-match")) {
    condition.if_match = s3::unquote_etag(*match);
    if (condition.if_match.empty()) return refuse(ErrorCode::kInvalidArgument, "If-Match is empty");
  }
  return condition;
}

Outcome<std::string> copy_source_key(const http::Headers& headers, std::string_view bucket) {
  auto text = headers.get("x-amz-copy-source");
  const auto version = text.find("?versionId=");
  if (version != std::string_view::npos && text.substr(version) != "?versionId=null") {
    return refuse(ErrorCode::kInvalidArgument, "the bucket has no versions");
  }
  auto source = http::percent_decode(text.substr(0, version));
  if (!source) return refuse(ErrorCode::kInvalidArgument, "x-amz-copy-source cannot be decoded");
  if (source->starts_with('/')) source->erase(0, 1);
  const auto slash = source->find('/');
  if (slash == std::string::npos || slash + 1 == source->size()) {
    return refuse(ErrorCode::kInvalidArgument, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  if (std::string_view(*source).substr(0, slash) != bucket) return refuse(ErrorCode::kNoSuchBucket, "");
  return source->substr(slash + 1);
}

bool copy_condition_holds(const http::Headers& headers, const ObjectInfo& source) {
  http::Headers conditions;
  for (const std::string_view name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}) {
    if (const auto value = headers.find("x-amz-copy-source-" + std::string(name))) {
      // Clients send the etag with and without quotes.
      const bool bare = name.ends_with("-match") && *value != "*" && !value->starts_with('"') && !value->starts_with("W/");
      conditions.add(name, bare ? s3::quote_etag(*value) : std::string(*value));
    }
  }
  const auto etag = s3::quote_etag(source.etag);
  const http::Validators validators{.etag = etag, .last_modified = source.last_modified};
  return http::evaluate_conditions(conditions, "GET", validators).outcome == http::Precondition::kProceed;
}

}  // namespace evershore::gateway
