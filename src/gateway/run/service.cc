#include "gateway/run/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "wire/s3/list.h"
#include "wire/s3/multi_delete.h"
#include "wire/s3/xml.h"

namespace evershore::gateway {

using s3::ErrorCode;

Service::Service(ServiceRules rules, s3::Credentials credentials, store::DirectoryStore& store, const Clock& clock,
                 std::atomic<uint64_t>& sequence, OnChange on_change, Log log)
    : rules_(std::move(rules)),
      verifier_(std::move(credentials), rules_.region),
      store_(store),
      clock_(clock),
      sequence_(sequence),
      on_change_(std::move(on_change)),
      log_(log.named("region")) {}

Outcome<Service::Call> Service::admit(io::HttpExchange& exchange) {
  const auto& head = exchange.request();
  TRY(auto request, route(head, rules_.bucket));
  auto verdict = verifier_.verify(head, clock_.wall());
  if (auto refusal = access_refusal(verdict, request.operation, rules_.readers)) return std::unexpected(*std::move(refusal));
  return Call{exchange, head, std::move(request), std::move(verdict)};
}

Task<void> Service::handle(io::HttpExchange& exchange) {
  auto call = admit(exchange);
  if (!call) {
    co_await send_refusal(exchange, std::move(call).error());
    co_return;
  }
  auto answering = dispatch(*call);
  auto answer = co_await std::move(answering);
  if (answer && answer->done) co_return;
  if (!answer && exchange.started()) {
    exchange.abort();
    co_return;
  }
  if (!answer) {
    co_await send_refusal(exchange, std::move(answer).error());
    co_return;
  }
  if (!answer->body.empty() && !answer->head.headers.has("content-type")) answer->head.headers.add("Content-Type", "application/xml");
  (void)co_await exchange.respond(std::move(answer->head), as_bytes(answer->body));
}

Service::Answering Service::dispatch(Call& call) {
  using enum Operation;
  switch (call.request.operation) {
    case kGetObject: return get_object(call);
    case kHeadObject: return head_object(call);
    case kPutObject: return put_object(call);
    case kCopyObject: return copy_object(call);
    case kDeleteObject: return delete_object(call);
    case kGetTagging: return get_tagging(call);
    case kPutTagging: return put_tagging(call);
    case kDeleteTagging: return delete_tagging(call);
    case kDeleteObjects: return delete_objects(call);
    case kListObjects: return list_objects(call);
    case kCreateUpload: return create_upload(call);
    case kUploadPart: return upload_part(call);
    case kUploadPartCopy: return upload_part_copy(call);
    case kCompleteUpload: return complete_upload(call);
    case kAbortUpload: return abort_upload(call);
    default: return answer_at_once(call);
  }
}

Service::Answering Service::answer_at_once(Call& call) {
  switch (call.request.operation) {
    case Operation::kListParts: co_return list_parts(call);
    case Operation::kListUploads: co_return list_uploads(call);
    default: co_return about_bucket(call);
  }
}

namespace {
std::string render_location(std::string_view region) {
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{}\">{}</LocationConstraint>",
                     s3::kXmlNamespace, region);
}
}  // namespace

Outcome<Service::Answer> Service::about_bucket(const Call& call) const {
  Answer answer;
  switch (call.request.operation) {
    case Operation::kListBuckets: answer.body = s3::render_buckets("evershore", {{.name = rules_.bucket}}); break;
    // S3: us-east-1 is written as nothing.
    case Operation::kGetLocation: answer.body = render_location(rules_.region == "us-east-1" ? "" : rules_.region); break;
    case Operation::kGetVersioning: answer.body = s3::XmlWriter("VersioningConfiguration").finish(); break;
    case Operation::kCreateBucket: return refuse(ErrorCode::kBucketAlreadyOwnedByYou, "");
    default: answer.head.headers.add("x-amz-bucket-region", rules_.region); break;
  }
  return answer;
}

Task<void> Service::send_refusal(io::HttpExchange& exchange, Refusal refusal) {
  const auto number = sequence_.fetch_add(1, std::memory_order_relaxed);
  const auto id = fmt::format("{:016X}", number);
  const auto& request = exchange.request();
  http::ResponseHead head;
  head.status = s3::status_of(refusal.code);
  head.headers.add("x-amz-request-id", id);
  if (head.status == 405) head.headers.add("Allow", "GET, HEAD, PUT, POST, DELETE");
  std::string body;
  if (head.status != 304) {
    head.headers.add("Content-Type", "application/xml");
    body = s3::render_error({.code = std::string(s3::code_name(refusal.code)),
                             .message = refusal.text.empty() ? std::string(s3::default_text(refusal.code)) : refusal.text,
                             .resource = std::string(request.path()),
                             .request_id = id,
                             .region = refusal.code == ErrorCode::kAuthorizationHeaderMalformed ? rules_.region : ""});
  }
  log_.debug("{} {}: {} {}", request.method, request.path(), head.status, s3::code_name(refusal.code));
  (void)co_await exchange.respond(std::move(head), as_bytes(body));
}

void Service::changed(std::string_view name, const ObjectKey& key, const std::string& etag, std::optional<uint64_t> size_bytes) {
  if (!on_change_) return;
  on_change_({.name = std::string(name),
              .bucket = rules_.bucket,
              .key = key,
              .etag = etag,
              .size_bytes = size_bytes,
              .sequencer = fmt::format("{:016X}", sequence_.fetch_add(1, std::memory_order_relaxed)),
              .time = clock_.wall()});
}

Task<Outcome<ObjectInfo>> Service::find(ObjectKey key) {
  auto found = co_await store_.find(std::move(key));
  if (!found) co_return std::unexpected(refusal_of(found.error()));
  if (!*found) co_return refuse(ErrorCode::kNoSuchKey, "");
  co_return **std::move(found);
}

Task<Outcome<std::string>> Service::read_document(Call& call, size_t bytes_max) {
  CO_TRY(auto rules, body_rules(call.head, call.verdict.payload_hash));
  if (rules.size_bytes > bytes_max) co_return refuse(ErrorCode::kEntityTooLarge, "");
  RequestBody body(call.exchange, std::move(rules), call.verdict.seed);
  auto text = co_await store::read_whole(body, bytes_max);
  if (!text && body.refusal()) co_return std::unexpected(*body.refusal());
  if (!text) co_return std::unexpected(refusal_of(text.error()));
  co_return *std::move(text);
}

}  // namespace evershore::gateway
