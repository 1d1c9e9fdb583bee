#include "store/s3_store.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "store/body.h"
#include "store/s3_answer.h"
#include "store/s3_bodies.h"
#include "wire/http/range.h"
#include "wire/s3/encode.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"
#include "wire/s3/multipart.h"
#include "wire/s3/tagging.h"
#include "wire/s3/xml.h"

namespace evershore::store {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(10);
constexpr uint64_t kErrorBytesMax = 64 * 1024;
constexpr uint64_t kExpectContinueFrom = 1 << 20;

std::string spelled(EtagSpelling spelling, const std::string& etag) {
  return spelling == EtagSpelling::kQuoted ? s3::quote_etag(etag) : etag;
}

Task<std::string> error_text(io::HttpResponse& response) {
  std::string body;
  while (body.size() < kErrorBytesMax) {
    const auto piece = co_await response.next();
    if (!piece || piece->empty()) break;
    body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
  }
  co_return body;
}

// S3 can begin a 200 and then fail (docs: CopyObject, CompleteMultipartUpload).
bool succeeded(const io::HttpClient::Whole& answer) { return answer.head.status == 200 && !s3::parse_error(answer.body); }

// The status is a lie then: the code decides.
http::ResponseHead honest(http::ResponseHead head, std::string_view body) {
  if (head.status != 200) return head;
  const auto error = s3::parse_error(body);
  const auto code = error ? s3::code_from_name(error->code) : std::nullopt;
  head.status = code ? s3::status_of(*code) : 500;
  return head;
}

}  // namespace

S3Store::S3Store(RegionSettings region, io::HttpClient& client, const Clock& clock, S3StoreOptions options)
    : connection_(std::move(region), client, clock, options.timeouts), options_(options), clock_(clock) {}

S3Store::S3Store(RegionSettings region, io::HttpClient& client, const Clock& clock)
    : S3Store(std::move(region), client, clock, S3StoreOptions{}) {}

Result<void> S3Store::check_writable() const {
  if (connection_.region().addressing != Addressing::kBare) return {};
  return connection_.failure(Fault::kRefused, "an endpoint with \"bare\" addressing can only be read");
}

Result<void> S3Store::add_condition(const PutCondition& condition, http::Headers& headers) const {
  EVERSHORE_ASSERT(!condition.if_none_match || condition.if_match.empty());
  if (condition.if_none_match) {
    if (!capabilities_.put_if_none_match)
      return connection_.failure(Fault::kRefused, "this server is not known to obey If-None-Match on writes");
    headers.set("if-none-match", "*");
  }
  if (!condition.if_match.empty()) {
    if (!capabilities_.put_if_match) return connection_.failure(Fault::kRefused, "this server is not known to obey If-Match on writes");
    headers.set("if-match", spelled(dialect_.put_if_match, condition.if_match));
  }
  return {};
}

// --- reading ---

// An answer that may mean two things (404 without a document: key or bucket gone; 403: denied or, where listing is denied,
// absent) is settled by a look at the bucket, at most once in kLookAgain.
Task<Result<void>> S3Store::look_at_bucket() {
  const bool fresh = listing_ != Listing::kUnknown && clock_.now() - looked_at_ < kLookAgain;
  if (fresh) co_return Result<void>{};
  S3Call call;
  call.query = "list-type=2&max-keys=1";
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  const auto error = s3::parse_error(answer.body);
  const bool denied = answer.head.status == 403 && (!error || error->code == "AccessDenied");
  if (answer.head.status != 200 && !denied) co_return connection_.failure(answer.head, answer.body);
  listing_ = denied ? Listing::kDenied : Listing::kAllowed;
  looked_at_ = clock_.now();
  co_return Result<void>{};
}

// Table of reads that found nothing:
//   status  document           bucket's listing  result
//   404     NoSuchKey          any               absent
//   404     other              any               failure (NoSuchBucket names the bucket)
//   404     none               allowed, denied   absent
//   404     none               fails             failure
//   403     AccessDenied/none  denied            absent
//   403     AccessDenied/none  allowed           failure
//   403     other              any               failure (wrong keys)
//   other   any                any               failure
// A bare endpoint has no listing to ask: 404 and 403 are absence.
Task<Result<bool>> S3Store::is_absence(http::ResponseHead head, std::string body) {
  const bool possible = head.status == 404 || head.status == 403;
  if (possible && connection_.region().addressing == Addressing::kBare) co_return true;
  const std::string code = s3::parse_error(body).value_or(s3::ErrorBody{}).code;
  if (head.status == 404 && code == "NoSuchKey") co_return true;
  const bool unclear = (head.status == 404 && code.empty()) || (head.status == 403 && (code.empty() || code == "AccessDenied"));
  if (!unclear) co_return connection_.failure(head, body);
  CO_TRY_VOID(co_await look_at_bucket());
  if (head.status == 403 && listing_ == Listing::kAllowed) co_return connection_.failure(head, body);
  co_return true;
}

Task<Result<std::optional<ObjectInfo>>> S3Store::find(ObjectKey key) {
  S3Call call;
  call.method = "HEAD";
  call.key = key;
  CO_TRY(auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status != 200) {
    CO_TRY_VOID(co_await is_absence(std::move(answer.head), std::move(answer.body)));
    co_return std::optional<ObjectInfo>{};
  }
  auto info = object_info_of(key, answer.head);
  if (!info) co_return connection_.failure(info.error().fault, info.error().text);
  co_return std::optional<ObjectInfo>(*std::move(info));
}

Task<Result<std::optional<GetResult>>> S3Store::get(ObjectKey key, GetOptions options) {
  EVERSHORE_ASSERT(!options.range || options.part_number == 0);
  if (options.part_number != 0 && !capabilities_.get_part_number)
    co_return connection_.failure(Fault::kRefused, "this server is not known to give single parts");
  S3Call call;
  call.key = key;
  call.headers.set("accept-encoding", "identity");
  if (options.range) call.headers.set("range", http::format_range(*options.range));
  if (!options.if_match.empty()) call.headers.set("if-match", s3::quote_etag(options.if_match));
  if (options.part_number != 0) call.query = fmt::format("partNumber={}", options.part_number);
  CO_TRY(auto response, co_await connection_.send(std::move(call)));
  const http::ResponseHead& head = response->head();
  if (head.status != 200 && head.status != 206) {
    std::string body = co_await error_text(*response);
    CO_TRY_VOID(co_await is_absence(head, std::move(body)));
    co_return std::optional<GetResult>{};
  }
  auto info = object_info_of(key, head);
  if (!info) co_return connection_.failure(info.error().fault, info.error().text);
  auto range = range_of(head);
  if (!range) co_return connection_.failure(range.error().fault, range.error().text);
  if (options.part_number == 1 && info->part_count > 0) info->part_size_bytes = range->length;
  GetResult result;
  result.info = *std::move(info);
  result.range = *range;
  result.body = std::make_unique<S3Body>(std::move(response), range->length);
  co_return std::optional<GetResult>(std::move(result));
}

Task<Result<ListPage>> S3Store::list(ListOptions options) {
  CO_TRY_VOID(check_writable());
  s3::ListRequest request;
  request.prefix = std::move(options.prefix);
  request.start_after = std::move(options.start_after);
  request.max_keys = options.max_keys;
  S3Call call;
  call.query = s3::list_query(request);
  CO_TRY(auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status != 200) co_return connection_.failure(answer.head, answer.body);
  auto parsed = s3::parse_list(answer.body);
  if (!parsed) co_return connection_.failure(parsed.error().fault, parsed.error().text);
  ListPage page;
  page.objects = std::move(parsed->objects);
  page.more = parsed->truncated;
  if (page.more && page.objects.empty()) co_return connection_.failure(Fault::kBroken, "a list without keys that claims to have more");
  co_return page;
}

// --- writing ---

// Sends `size_bytes` of `body` and returns the etag of the answer ("" if it has none).
Task<Result<std::string>> S3Store::upload(S3Call call, uint64_t size_bytes, BodyReader& body) {
  UploadSource source(body, size_bytes);
  if (size_bytes <= options_.collected_bytes_max) {
    call.body.reserve(size_bytes);
    while (true) {
      CO_TRY(const auto piece, co_await source.next());
      if (piece.empty()) break;
      call.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
  } else {
    call.source = &source;
    call.source_bytes = size_bytes;
    const bool conditional = call.headers.has("if-match") || call.headers.has("if-none-match");
    call.expect_continue = conditional && size_bytes >= kExpectContinueFrom;
  }
  auto answer = co_await connection_.fetch(std::move(call));
  if (source.failure()) co_return std::unexpected(*source.failure());
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (answer->head.status != 200) co_return connection_.failure(answer->head, answer->body);
  co_return strong_etag(answer->head.headers.get("etag"));
}

Task<Result<std::string>> S3Store::etag_now(ObjectKey key) {
  CO_TRY(auto info, co_await find(std::move(key)));
  if (!info) co_return connection_.failure(Fault::kBroken, "an object that was just written is not there");
  co_return std::move(info->etag);
}

Task<Result<PutResult>> S3Store::put(ObjectKey key, PutOptions options, BodyReader& body) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "PUT";
  call.key = key;
  add_object_headers(options.headers, options.metadata, call.headers);
  CO_TRY_VOID(add_condition(options.condition, call.headers));
  CO_TRY(auto etag, co_await upload(std::move(call), options.size_bytes, body));
  if (etag.empty()) {
    CO_TRY(etag, co_await etag_now(key));
  }
  co_return PutResult{std::move(etag)};
}

Task<Result<void>> S3Store::remove(ObjectKey key, std::string if_match) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "DELETE";
  call.key = std::move(key);
  if (!if_match.empty()) {
    if (!capabilities_.delete_if_match)
      co_return connection_.failure(Fault::kRefused, "this server is not known to obey If-Match on deletes");
    call.headers.set("if-match", spelled(dialect_.delete_if_match, if_match));
  }
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status == 204 || answer.head.status == 200) co_return Result<void>{};
  const auto error = s3::parse_error(answer.body);
  if (answer.head.status == 404 && error && error->code == "NoSuchKey") co_return Result<void>{};
  co_return connection_.failure(answer.head, answer.body);
}

Task<Result<PutResult>> S3Store::replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers, UserMetadata metadata) {
  CO_TRY_VOID(check_writable());
  if (!if_match.empty() && !dialect_.copy_source_if_match) {
    // The server would not check it (Ceph 16 does not): we do, as close before the copy as we can.
    CO_TRY(const auto info, co_await find(key));
    if (!info || info->etag != if_match) co_return connection_.failure(Fault::kPrecondition, "the object has another etag");
  }
  S3Call call;
  call.method = "PUT";
  call.key = key;
  call.patience = Patience::kLong;
  add_object_headers(headers, metadata, call.headers);
  call.headers.set("x-amz-copy-source",
                   "/" + s3::encode(connection_.region().bucket, s3::Slash::kEncoded) + "/" + s3::encode(key, s3::Slash::kKept));
  call.headers.set("x-amz-metadata-directive", "REPLACE");
  if (capabilities_.tags) call.headers.set("x-amz-tagging-directive", "REPLACE");
  if (!if_match.empty()) call.headers.set("x-amz-copy-source-if-match", s3::quote_etag(if_match));
  CO_TRY(auto answer, co_await connection_.fetch(std::move(call)));
  if (!succeeded(answer)) co_return connection_.failure(honest(answer.head, answer.body), answer.body);
  auto copied = s3::parse_copy("CopyObjectResult", answer.body);
  if (!copied) co_return connection_.failure(copied.error().fault, copied.error().text);
  if (copied->etag.empty()) {
    CO_TRY(copied->etag, co_await etag_now(key));
  }
  co_return PutResult{std::move(copied->etag)};
}

// --- tags ---

Task<Result<std::string>> S3Store::tags(ObjectKey key) {
  if (!capabilities_.tags) co_return connection_.failure(Fault::kRefused, "this server is not known to have tags");
  S3Call call;
  call.key = std::move(key);
  call.query = "tagging=";
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status != 200) co_return connection_.failure(answer.head, answer.body);
  const auto parsed = s3::parse_tagging(answer.body);
  if (!parsed) co_return connection_.failure(parsed.error().fault, parsed.error().text);
  co_return s3::tag_text(*parsed);
}

Task<Result<void>> S3Store::put_tags(ObjectKey key, std::string tags) {
  CO_TRY_VOID(check_writable());
  if (!capabilities_.tags) co_return connection_.failure(Fault::kRefused, "this server is not known to have tags");
  CO_TRY(const auto parsed, s3::parse_tag_text(tags));
  S3Call call;
  call.method = "PUT";
  call.key = std::move(key);
  call.query = "tagging=";
  call.body = s3::render_tagging(parsed);
  call.headers.set("content-type", "application/xml");
  call.headers.set("content-md5", to_base64(md5(call.body)));
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status == 200 || answer.head.status == 204) co_return Result<void>{};
  co_return connection_.failure(answer.head, answer.body);
}

// --- multipart ---

Task<Result<std::string>> S3Store::create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "POST";
  call.key = std::move(key);
  call.query = "uploads=";
  add_object_headers(headers, metadata, call.headers);
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status != 200) co_return connection_.failure(answer.head, answer.body);
  auto parsed = s3::parse_initiate(answer.body);
  if (!parsed) co_return connection_.failure(parsed.error().fault, parsed.error().text);
  co_return std::move(parsed->upload_id);
}

Task<Result<CompletedPart>> S3Store::put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                              BodyReader& body) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "PUT";
  call.key = std::move(key);
  call.query = fmt::format("partNumber={}&uploadId={}", number, s3::encode(upload_id, s3::Slash::kEncoded));
  CO_TRY(auto etag, co_await upload(std::move(call), size_bytes, body));
  if (etag.empty()) co_return connection_.failure(Fault::kBroken, "a part was taken without an etag");
  co_return CompletedPart{number, std::move(etag)};
}

Task<Result<PutResult>> S3Store::complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                                    PutCondition condition) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "POST";
  call.key = key;
  call.query = "uploadId=" + s3::encode(upload_id, s3::Slash::kEncoded);
  call.patience = Patience::kLong;
  CO_TRY_VOID(add_condition(condition, call.headers));
  call.headers.set("content-type", "application/xml");
  std::vector<s3::PartReference> references;
  for (CompletedPart& part : parts) references.push_back({part.number, std::move(part.etag)});
  call.body = s3::render_complete_request(references);
  CO_TRY(auto answer, co_await connection_.fetch(std::move(call)));
  if (!succeeded(answer)) co_return connection_.failure(honest(answer.head, answer.body), answer.body);
  auto completed = s3::parse_complete(answer.body);
  if (!completed) co_return connection_.failure(completed.error().fault, completed.error().text);
  if (completed->etag.empty()) {  // Ceph 16
    CO_TRY(completed->etag, co_await etag_now(key));
  }
  co_return PutResult{std::move(completed->etag)};
}

Task<Result<void>> S3Store::abort_multipart(ObjectKey key, std::string upload_id) {
  CO_TRY_VOID(check_writable());
  S3Call call;
  call.method = "DELETE";
  call.key = std::move(key);
  call.query = "uploadId=" + s3::encode(upload_id, s3::Slash::kEncoded);
  CO_TRY(const auto answer, co_await connection_.fetch(std::move(call)));
  if (answer.head.status != 204 && answer.head.status != 200) co_return connection_.failure(answer.head, answer.body);
  co_return Result<void>{};
}

}  // namespace evershore::store
