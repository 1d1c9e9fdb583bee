// Multipart uploads.
#include <fmt/format.h>

#include <tuple>

#include "base/text.h"
#include "gateway/run/service.h"
#include "wire/http/range.h"
#include "wire/s3/multipart.h"
#include "wire/s3/xml.h"

namespace evershore::gateway {

using s3::ErrorCode;

Service::Answering Service::create_upload(Call& call) {
  CO_TRY(auto stored, object_headers(call.head));
  const auto id = co_await store_.create_multipart(call.request.key, std::move(stored.headers), std::move(stored.metadata));
  if (!id) co_return std::unexpected(refusal_of(id.error()));
  co_return Answer{.body = s3::render_initiate({rules_.bucket, call.request.key, *id})};
}

Service::Answering Service::upload_part(Call& call) {
  CO_TRY(auto rules, body_rules(call.head, call.verdict.payload_hash));
  RequestBody body(call.exchange, std::move(rules), call.verdict.seed);
  const auto part =
      co_await store_.put_part(call.request.key, call.request.upload_id, call.request.part_number, body.rules().size_bytes, body);
  if (!part && body.refusal()) co_return std::unexpected(*body.refusal());
  if (!part) co_return std::unexpected(refusal_of(part.error()));
  Answer answer;
  answer.head.headers.add("ETag", s3::quote_etag(part->etag));
  if (body.rules().kind) answer.head.headers.add(checksum_header(*body.rules().kind), body.checksum());
  co_return answer;
}

namespace {
// "bytes=first-last", both given; nothing else is allowed here.
Outcome<std::optional<ByteRange>> copy_range(const http::Headers& headers) {
  const auto text = headers.find("x-amz-copy-source-range");
  if (!text) return std::nullopt;
  const auto specs = http::parse_range(*text);
  if (!specs || specs->size() != 1 || !specs->front().first || !specs->front().last) {
    return refuse(ErrorCode::kInvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last");
  }
  const auto& spec = specs->front();
  return ByteRange{*spec.first, *spec.last - *spec.first + 1};
}
}  // namespace

Service::Answering Service::upload_part_copy(Call& call) {
  CO_TRY(const auto range, copy_range(call.head.headers));
  auto opening = open_copy_source(call, range);
  CO_TRY(auto source, co_await std::move(opening));
  const auto part =
      co_await store_.put_part(call.request.key, call.request.upload_id, call.request.part_number, source.range.length, *source.body);
  if (!part) co_return std::unexpected(refusal_of(part.error()));
  co_return Answer{.body = s3::render_copy("CopyPartResult", {part->etag, clock_.wall()})};
}

Service::Answering Service::complete_upload(Call& call) {
  CO_TRY(const auto condition, write_condition(call.head.headers));
  auto reading = read_document(call, 4 << 20);
  CO_TRY(const auto text, co_await std::move(reading));
  const auto request = s3::parse_complete_request(text);
  if (!request) co_return refuse(ErrorCode::kMalformedXml, request.error().text);
  std::vector<CompletedPart> parts;
  for (const auto& part : *request) parts.push_back({.number = part.number, .etag = part.etag});
  const PutCondition store_condition{.if_match = condition.if_match, .if_none_match = condition.if_none_match};
  const auto put = co_await store_.complete_multipart(call.request.key, call.request.upload_id, std::move(parts), store_condition);
  if (!put) co_return std::unexpected(refusal_of(put.error()));
  const auto found = co_await store_.find(call.request.key);
  const auto size = found && *found && (*found)->etag == put->etag ? std::optional((*found)->size_bytes) : std::nullopt;
  changed("ObjectCreated:CompleteMultipartUpload", call.request.key, put->etag, size);
  co_return Answer{.body = s3::render_complete({.location = fmt::format("http://{}{}", call.head.host, call.head.path()),
                                                .bucket = rules_.bucket,
                                                .key = call.request.key,
                                                .etag = put->etag})};
}

Service::Answering Service::abort_upload(Call& call) {
  const auto aborted = co_await store_.abort_multipart(call.request.key, call.request.upload_id);
  if (!aborted) co_return std::unexpected(refusal_of(aborted.error()));
  co_return Answer{.head = {.status = 204}};
}

Outcome<Service::Answer> Service::list_parts(const Call& call) const {
  const auto& request = call.request;
  const auto parts = store_.bucket().list_parts(request.key, request.upload_id);
  if (!parts) return std::unexpected(refusal_of(parts.error()));
  s3::ListPartsResult result{.bucket = rules_.bucket,
                             .key = request.key,
                             .upload_id = request.upload_id,
                             .part_number_marker = request.part_number_marker,
                             .max_parts = request.list.max_keys};
  for (const auto& part : *parts) {
    if (part.number <= request.part_number_marker) continue;
    if (result.parts.size() == request.list.max_keys) {
      result.truncated = true;
      break;
    }
    result.parts.push_back({part.number, part.etag, part.size_bytes, part.modified});
    result.next_part_number_marker = part.number;
  }
  return Answer{.body = s3::render_list_parts(result)};
}

Outcome<Service::Answer> Service::list_uploads(const Call& call) const {
  const auto& request = call.request;
  const auto uploads = store_.bucket().list_uploads();
  if (!uploads) return std::unexpected(refusal_of(uploads.error()));
  s3::ListUploadsResult result{.bucket = rules_.bucket,
                               .prefix = request.list.prefix,
                               .key_marker = request.key_marker,
                               .upload_id_marker = request.upload_id_marker,
                               .max_uploads = request.list.max_keys,
                               .encoding_url = request.list.encoding_url};
  for (const auto& upload : *uploads) {
    // Without an id the marker means: after all uploads of that key.
    const bool seen = request.upload_id_marker.empty()
                          ? !request.key_marker.empty() && upload.key <= request.key_marker
                          : std::tie(upload.key, upload.upload_id) <= std::tie(request.key_marker, request.upload_id_marker);
    if (seen || !upload.key.starts_with(request.list.prefix)) continue;
    if (result.uploads.size() == request.list.max_keys) {
      result.truncated = true;
      break;
    }
    result.uploads.push_back({upload.key, upload.upload_id, upload.initiated});
    result.next_key_marker = upload.key;
    result.next_upload_id_marker = upload.upload_id;
  }
  return Answer{.body = s3::render_list_uploads(result)};
}

}  // namespace evershore::gateway
