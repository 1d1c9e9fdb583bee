// Operations on one object.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateway/run/service.h"
#include "store/object_tags.h"
#include "wire/http/conditional.h"
#include "wire/http/range.h"
#include "wire/s3/multipart.h"
#include "wire/s3/xml.h"

namespace evershore::gateway {

using s3::ErrorCode;

namespace {
struct ReadPlan {
  GetOptions options;
  bool not_modified = false;
};

// What of the object is wanted, if its conditions hold (RFC 9110 13.2.2; S3 gives one range only, several mean the whole).
Outcome<ReadPlan> plan_read(const http::RequestHead& head, const S3Request& request, const ObjectInfo& info) {
  const auto etag = s3::quote_etag(info.etag);
  const http::Validators validators{.etag = etag, .last_modified = info.last_modified};
  const auto decision = http::evaluate_conditions(head.headers, head.method, validators);
  if (decision.outcome == http::Precondition::kFailed) return refuse(ErrorCode::kPreconditionFailed, "");
  ReadPlan plan{.options = {.if_match = info.etag, .part_number = request.part_number},
                .not_modified = decision.outcome == http::Precondition::kNotModified};
  const bool wants_range = head.headers.has("range") && (decision.use_range || head.method == "HEAD");
  if (!wants_range || plan.not_modified) return plan;
  if (request.part_number != 0)
    return refuse(ErrorCode::kInvalidRequest, "Cannot specify both Range header and partNumber query parameter");
  const auto range = http::decide_range(head.headers.get("range"), info.size_bytes);
  if (range.outcome == http::RangeOutcome::kUnsatisfiable) return refuse(ErrorCode::kInvalidRange, "");
  if (range.outcome == http::RangeOutcome::kPartial && range.ranges.size() == 1) plan.options.range = range.ranges.front();
  return plan;
}

http::ResponseHead read_head(const http::RequestHead& request, const s3::Verdict& verdict, const ObjectInfo& info) {
  http::ResponseHead head;
  add_object_headers(head.headers, info);
  // Only the owner of the keys may change what the object claims to be.
  if (verdict.outcome == s3::AuthOutcome::kAllowed) apply_overrides(head.headers, request.query());
  return head;
}

void mark_partial(http::ResponseHead& head, const GetOptions& options, const GetResult& object) {
  if (!options.range && options.part_number == 0) return;
  head.status = 206;
  if (object.range.length > 0) head.headers.add("Content-Range", http::format_content_range(object.range, object.info.size_bytes));
  if (options.part_number != 0 && object.info.part_count > 0) {
    head.headers.add("x-amz-mp-parts-count", fmt::format_int(object.info.part_count).c_str());
  }
}
}  // namespace

// The object may be replaced between the look and the read: then it is looked at again.
Service::Answering Service::get_object(Call& call) {
  constexpr int kLooksMax = 5;
  for (int look = 1;; ++look) {
    auto finding = find(call.request.key);
    CO_TRY(const auto info, co_await std::move(finding));
    CO_TRY(auto plan, plan_read(call.head, call.request, info));
    auto head = read_head(call.head, call.verdict, info);
    if (plan.not_modified) {
      head.status = 304;
      co_return Answer{.head = std::move(head)};
    }
    auto object = co_await store_.get(call.request.key, plan.options);
    const bool replaced = object ? !object->has_value() : object.error().fault == Fault::kPrecondition;
    if (replaced && look < kLooksMax) continue;
    if (!object) co_return std::unexpected(refusal_of(object.error()));
    if (!*object) co_return refuse(ErrorCode::kNoSuchKey, "");
    mark_partial(head, plan.options, **object);
    auto sending = send_object(call, **std::move(object), std::move(head));
    auto sent = co_await std::move(sending);
    co_return sent;
  }
}

Service::Answering Service::head_object(Call& call) {
  auto answer = co_await get_object(call);
  co_return answer;
}

Service::Answering Service::send_object(Call& call, GetResult object, http::ResponseHead head) {
  const auto length = object.range.length;
  if (call.head.method == "HEAD") {
    const auto started = co_await call.exchange.start(std::move(head), length);
    if (started) (void)co_await call.exchange.finish();
    co_return Answer{.done = true};
  }
  auto piece = co_await object.body->next();
  if (!piece) co_return std::unexpected(refusal_of(piece.error()));
  if (piece->size() == length) {
    (void)co_await call.exchange.respond(std::move(head), *piece);
    co_return Answer{.done = true};
  }
  auto sent = co_await call.exchange.start(std::move(head), length);
  while (sent && piece && !piece->empty()) {
    sent = co_await call.exchange.write(*piece);
    if (!sent) break;
    piece = co_await object.body->next();
  }
  if (!piece) log_.error("reading {} failed under way: {}", object.info.key, piece.error().text);
  if (!piece || !sent)
    call.exchange.abort();
  else
    (void)co_await call.exchange.finish();
  co_return Answer{.done = true};
}

Service::Answering Service::put_object(Call& call) {
  CO_TRY(auto rules, body_rules(call.head, call.verdict.payload_hash));
  CO_TRY(auto stored, object_headers(call.head));
  CO_TRY(const auto condition, write_condition(call.head.headers));
  RequestBody body(call.exchange, std::move(rules), call.verdict.seed);
  PutOptions options{.size_bytes = body.rules().size_bytes,
                     .headers = std::move(stored.headers),
                     .metadata = std::move(stored.metadata),
                     .condition = {.if_match = condition.if_match, .if_none_match = condition.if_none_match}};
  auto put = co_await store_.put(call.request.key, std::move(options), body);
  if (!put && body.refusal()) co_return std::unexpected(*body.refusal());
  if (!put) co_return std::unexpected(refusal_of(put.error()));
  changed("ObjectCreated:Put", call.request.key, put->etag, body.rules().size_bytes);
  Answer answer;
  answer.head.headers.add("ETag", s3::quote_etag(put->etag));
  if (body.rules().kind) answer.head.headers.add(checksum_header(*body.rules().kind), body.checksum());
  co_return answer;
}

Task<Outcome<GetResult>> Service::open_copy_source(Call& call, std::optional<ByteRange> range) {
  CO_TRY(auto key, copy_source_key(call.head.headers, rules_.bucket));
  auto finding = find(key);
  CO_TRY(const auto info, co_await std::move(finding));
  if (!copy_condition_holds(call.head.headers, info)) co_return refuse(ErrorCode::kPreconditionFailed, "");
  if (range && (range->first >= info.size_bytes || range->length > info.size_bytes - range->first)) {
    co_return refuse(ErrorCode::kInvalidArgument, "Range specified is not valid for source object");
  }
  const GetOptions options{.range = range, .if_match = info.etag};
  auto object = co_await store_.get(key, options);
  if (!object) co_return std::unexpected(refusal_of(object.error()));
  if (!*object) co_return refuse(ErrorCode::kNoSuchKey, "");
  co_return **std::move(object);
}

Service::Answering Service::copy_object(Call& call) {
  const bool replaces = equal_ignoring_case(call.head.headers.get("x-amz-metadata-directive"), "REPLACE");
  const bool replaces_tags = equal_ignoring_case(call.head.headers.get("x-amz-tagging-directive"), "REPLACE");
  CO_TRY(const auto condition, write_condition(call.head.headers));
  CO_TRY(auto stored, object_headers(call.head));
  CO_TRY(const auto source_key, copy_source_key(call.head.headers, rules_.bucket));
  if (source_key == call.request.key && !replaces && !replaces_tags) {
    co_return refuse(ErrorCode::kInvalidRequest,
                     "This copy request is illegal because it is trying to copy an object to itself without changing it.");
  }
  auto opening = open_copy_source(call, std::nullopt);
  CO_TRY(auto source, co_await std::move(opening));
  if (source.info.size_bytes > kPutBytesMax) {
    co_return refuse(ErrorCode::kInvalidRequest,
                     "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  }
  std::string tags = replaces_tags && stored.headers.contains(std::string(kTagsHeader)) ? stored.headers[std::string(kTagsHeader)] : "";
  if (!replaces_tags && source.info.tag_count > 0) {
    auto asking = tags_of(source_key);
    CO_TRY(tags, co_await std::move(asking));
  }
  StandardHeaders headers = replaces ? std::move(stored.headers) : source.info.headers;
  store::set_tags(headers, tags);
  PutOptions options{.size_bytes = source.info.size_bytes,
                     .headers = std::move(headers),
                     .metadata = replaces ? std::move(stored.metadata) : source.info.metadata,
                     .condition = {.if_match = condition.if_match, .if_none_match = condition.if_none_match}};
  const auto put = co_await store_.put(call.request.key, std::move(options), *source.body);
  if (!put) co_return std::unexpected(refusal_of(put.error()));
  changed("ObjectCreated:Copy", call.request.key, put->etag, source.info.size_bytes);
  co_return Answer{.body = s3::render_copy("CopyObjectResult", {put->etag, clock_.wall()})};
}

Service::Answering Service::delete_object(Call& call) {
  CO_TRY(const auto condition, write_condition(call.head.headers));
  const auto removed = co_await store_.remove(call.request.key, condition.if_match);
  if (!removed) co_return std::unexpected(refusal_of(removed.error()));
  changed("ObjectRemoved:Delete", call.request.key, "", std::nullopt);
  co_return Answer{.head = {.status = 204}};
}

}  // namespace evershore::gateway
