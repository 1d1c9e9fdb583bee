// The server of s3_test_server.h; tests of S3Store use it.
#include <fmt/format.h>

#include "base/text.h"
#include "store/body.h"
#include "store/object_tags.h"
#include "store/s3_answer.h"
#include "store/s3_test_server.h"
#include "wire/http/date.h"
#include "wire/http/range.h"
#include "wire/s3/encode.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"
#include "wire/s3/multipart.h"
#include "wire/s3/tagging.h"
#include "wire/s3/xml.h"

namespace evershore::store {
namespace {

constexpr size_t kBodyBytesMax = 64 << 20;

std::string parameter(std::string_view query, std::string_view name) {
  for (const std::string_view pair : split(query, '&')) {
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
      return s3::decode(pair.substr(name.size() + 1), s3::PlusMeans::kSpace);
  }
  return {};
}

StandardHeaders standard_headers(const http::Headers& headers, Conditions tagging) {
  StandardHeaders kept;
  for (const char* name : {"content-type", "cache-control", "content-encoding", "content-language"})
    if (const auto value = headers.find(name)) kept[name] = *value;
  if (tagging == Conditions::kObeyed) set_tags(kept, std::string(headers.get(kTagsHeader)));
  return kept;
}

UserMetadata user_metadata(const http::Headers& headers) {
  UserMetadata kept;
  for (const http::Header& header : headers)
    if (equal_ignoring_case(std::string_view(header.name).substr(0, 11), "x-amz-meta-"))
      kept[to_lower(header.name.substr(11))] = header.value;
  return kept;
}

void add_facts(const ObjectInfo& info, http::Headers& headers) {
  if (!info.etag.empty()) headers.set("ETag", s3::quote_etag(info.etag));
  headers.set("Last-Modified", http::format_http_date(info.last_modified));
  add_object_headers(info.headers, info.metadata, headers);
  if (info.part_count > 0) headers.set("x-amz-mp-parts-count", std::to_string(info.part_count));
}

}  // namespace

struct S3TestServer::Answer {
  http::ResponseHead head;
  std::string body;
  uint64_t head_length = 0;  // of HEAD

  static Answer error(s3::ErrorCode code) {
    Answer answer;
    answer.head.status = s3::status_of(code);
    answer.body = s3::render_error({std::string(s3::code_name(code)), std::string(s3::default_text(code)), "", "1"});
    return answer;
  }
  static Answer xml(std::string text) {
    Answer answer;
    answer.body = std::move(text);
    return answer;
  }
  static Answer failed(const Error& error) {
    if (error.fault == Fault::kPrecondition) return Answer::error(s3::ErrorCode::kPreconditionFailed);
    if (error.fault == Fault::kNotFound) return Answer::error(s3::ErrorCode::kNoSuchUpload);
    if (error.text.starts_with("416")) return Answer::error(s3::ErrorCode::kInvalidRange);
    return Answer::error(s3::ErrorCode::kInvalidArgument);
  }
};

S3TestServer::S3TestServer(io::Loop& loop, S3Quirks quirks, StoreCapabilities supports)
    : loop_(loop), quirks_(quirks), bucket_(loop, "b", 1, FaultRates{}, FakeStoreOptions{.supports = supports}) {
  auto server = io::HttpServer::start(loop, {"127.0.0.1", 0}, {}, [this](io::HttpExchange& exchange) { return handle(exchange); });
  EVERSHORE_ASSERT(server.has_value());
  server_ = std::move(*server);
}

S3TestServer::~S3TestServer() = default;

Task<void> S3TestServer::close() { co_await server_->drain(loop_.now()); }

RegionSettings S3TestServer::region(Addressing addressing) const {
  RegionSettings region;
  region.name = "east";
  region.endpoint = fmt::format("http://127.0.0.1:{}", server_->local().port);
  region.addressing = addressing;
  region.bucket = "b";
  region.access_key = Secret("key");
  region.secret_key = Secret("secret");
  return region;
}

Task<void> S3TestServer::handle(io::HttpExchange& exchange) {
  const http::RequestHead& request = exchange.request();
  std::string line = request.method + " " + request.target;
  for (const char* name : {"If-Match", "If-None-Match"})
    if (const auto value = request.headers.find(name)) line += fmt::format(" {}: {}", name, *value);
  seen_.push_back(std::move(line));
  const std::string path(request.path());
  std::string key = path.size() > 3 ? s3::decode(std::string_view(path).substr(3), s3::PlusMeans::kPlus) : "";
  std::string query(request.query());
  Answer answered = co_await answer(exchange, std::move(key), std::move(query));
  if (request.method == "HEAD") {
    co_await exchange.start(std::move(answered.head), answered.head_length);
    co_await exchange.finish();
    co_return;
  }
  co_await exchange.respond(std::move(answered.head), as_bytes(answered.body));
}

Task<S3TestServer::Answer> S3TestServer::answer(io::HttpExchange& exchange, std::string key, std::string query) {
  const http::RequestHead& request = exchange.request();
  if (quirks_.slow_down) co_return Answer::error(s3::ErrorCode::kSlowDown);
  if (!request.headers.has("authorization")) co_return Answer::error(s3::ErrorCode::kAccessDenied);
  if (quirks_.keys_wrong) co_return Answer::error(s3::ErrorCode::kInvalidAccessKeyId);
  if (quirks_.bucket_missing) co_return Answer::error(s3::ErrorCode::kNoSuchBucket);
  if (key.empty()) {
    auto listed = co_await list(std::move(query));
    co_return listed;
  }
  if (query.starts_with("tagging")) {
    auto tagged = co_await tagging(exchange, std::move(key));
    co_return tagged;
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads && quirks_.writes_denied) co_return Answer::error(s3::ErrorCode::kAccessDenied);
  if (reads) {
    auto read = co_await read_object(exchange, std::move(key), std::move(query));
    co_return read;
  }
  if (request.method == "POST") {
    auto done = co_await multipart(exchange, std::move(key), std::move(query));
    co_return done;
  }
  if (request.method == "DELETE") {
    auto removed = co_await remove_object(exchange, std::move(key), std::move(query));
    co_return removed;
  }
  auto written = co_await write_object(exchange, std::move(key), std::move(query));
  co_return written;
}

Task<S3TestServer::Answer> S3TestServer::tagging(io::HttpExchange& exchange, std::string key) {
  if (quirks_.tagging != Conditions::kObeyed) co_return Answer::error(s3::ErrorCode::kNotImplemented);
  if (!bucket_.objects().contains(key)) co_return Answer::error(s3::ErrorCode::kNoSuchKey);
  if (exchange.request().method == "GET") co_return Answer::xml(s3::render_tagging(*s3::parse_tag_text(bucket_.tags_behind(key))));
  const auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  const auto tags = body ? s3::parse_tagging(*body) : Result<s3::Tags>(fail(Fault::kInvalid, ""));
  if (!tags) co_return Answer::error(s3::ErrorCode::kInvalidTag);
  bucket_.tag_behind(key, s3::tag_text(*tags));
  co_return Answer{};
}

Task<S3TestServer::Answer> S3TestServer::list(std::string query) {
  if (quirks_.listing_denied) co_return Answer::error(s3::ErrorCode::kAccessDenied);
  ListOptions options;
  options.prefix = parameter(query, "prefix");
  options.start_after = parameter(query, "start-after");
  options.max_keys = static_cast<uint32_t>(parse_u64(parameter(query, "max-keys")).value_or(1000));
  auto page = co_await bucket_.list(options);
  s3::ListRequest request{.prefix = options.prefix, .start_after = options.start_after, .max_keys = options.max_keys};
  co_return Answer::xml(s3::render_list(request, {.bucket = "b", .truncated = page->more, .objects = page->objects}));
}

Task<S3TestServer::Answer> S3TestServer::read_object(io::HttpExchange& exchange, std::string key, std::string query) {
  const http::RequestHead& request = exchange.request();
  GetOptions options;
  options.if_match = s3::unquote_etag(request.headers.get("if-match"));
  const auto ranges = http::parse_range(request.headers.get("range"));
  if (ranges && ranges->at(0).first) {
    options.range = ByteRange{.first = *ranges->at(0).first};
    if (ranges->at(0).last) options.range->length = *ranges->at(0).last - *ranges->at(0).first + 1;
  }
  if (quirks_.part_number) options.part_number = static_cast<uint32_t>(parse_u64(parameter(query, "partNumber")).value_or(0));
  const bool partial = options.range || options.part_number != 0;
  auto got = co_await bucket_.get(key, options);
  if (!got) co_return Answer::failed(got.error());
  if (quirks_.reads_denied) co_return Answer::error(s3::ErrorCode::kAccessDenied);
  if (!*got) co_return Answer::error(quirks_.listing_denied ? s3::ErrorCode::kAccessDenied : s3::ErrorCode::kNoSuchKey);
  Answer answer;
  answer.head.status = partial ? 206 : 200;
  if (partial) answer.head.headers.set("Content-Range", http::format_content_range((**got).range, (**got).info.size_bytes));
  add_facts((**got).info, answer.head.headers);
  if (quirks_.tag_count && (**got).info.tag_count > 0)
    answer.head.headers.set("x-amz-tagging-count", std::to_string((**got).info.tag_count));
  if (quirks_.stray_metadata) answer.head.headers.set("x-amz-meta-x-amz-checksum-crc32", "AAAA");
  auto body = co_await read_whole(*(**got).body, kBodyBytesMax);
  answer.body = *std::move(body);
  answer.head_length = answer.body.size();
  co_return answer;
}

namespace {

// What is left of a condition after the server's quirk. false = 501.
bool apply(Conditions how, std::string_view value, EtagSpelling spelling, std::string& etag) {
  if (value.empty() || how == Conditions::kIgnored) return true;
  if (how == Conditions::kNotImplemented) return false;
  const bool quoted = value.starts_with('"');
  const bool understood = quoted == (spelling == EtagSpelling::kQuoted);
  etag = understood ? std::string(s3::unquote_etag(value)) : "not-understood";
  return true;
}

}  // namespace

Task<S3TestServer::Answer> S3TestServer::write_object(io::HttpExchange& exchange, std::string key, std::string query) {
  const http::Headers& headers = exchange.request().headers;
  if (headers.has("x-amz-copy-source")) {
    auto copied = co_await copy_object(exchange, std::move(key));
    co_return copied;
  }
  auto bytes = co_await exchange.read_whole_body(kBodyBytesMax);
  if (!bytes) co_return Answer::error(s3::ErrorCode::kIncompleteBody);
  const uint64_t size = bytes->size();
  MemoryBody body(*std::move(bytes));
  Answer answer;
  if (const std::string upload = parameter(query, "uploadId"); !upload.empty()) {
    const auto number = static_cast<uint32_t>(parse_u64(parameter(query, "partNumber")).value_or(0));
    auto part = co_await bucket_.put_part(std::move(key), upload, number, size, body);
    if (!part) co_return Answer::failed(part.error());
    answer.head.headers.set("ETag", s3::quote_etag(part->etag));
    co_return answer;
  }
  if (headers.has(kTagsHeader) && quirks_.tagging == Conditions::kNotImplemented) co_return Answer::error(s3::ErrorCode::kNotImplemented);
  PutOptions options{.size_bytes = size, .headers = standard_headers(headers, quirks_.tagging), .metadata = user_metadata(headers)};
  if (headers.has("if-none-match")) {
    if (quirks_.put_if_none_match == Conditions::kNotImplemented) co_return Answer::error(s3::ErrorCode::kNotImplemented);
    options.condition.if_none_match = quirks_.put_if_none_match == Conditions::kObeyed;
  }
  if (!apply(quirks_.put_if_match, headers.get("if-match"), quirks_.etag_spelling, options.condition.if_match))
    co_return Answer::error(s3::ErrorCode::kNotImplemented);
  auto put = co_await bucket_.put(std::move(key), std::move(options), body);
  if (!put) co_return Answer::failed(put.error());
  answer.head.headers.set("ETag", s3::quote_etag(put->etag));
  co_return answer;
}

Task<S3TestServer::Answer> S3TestServer::copy_object(io::HttpExchange& exchange, std::string key) {
  const http::Headers& headers = exchange.request().headers;
  std::string if_match;
  if (quirks_.copy_if_match == Conditions::kObeyed) if_match = s3::unquote_etag(headers.get("x-amz-copy-source-if-match"));
  StandardHeaders kept = standard_headers(headers, quirks_.tagging);
  if (headers.get("x-amz-tagging-directive") != "REPLACE") set_tags(kept, bucket_.tags_behind(key));
  auto replaced = co_await bucket_.replace_metadata(std::move(key), std::move(if_match), std::move(kept), user_metadata(headers));
  if (!replaced) co_return Answer::failed(replaced.error());
  if (quirks_.error_in_200) co_return Answer::xml(Answer::error(s3::ErrorCode::kInternalError).body);
  co_return Answer::xml(s3::render_copy("CopyObjectResult", {.etag = replaced->etag}));
}

Task<S3TestServer::Answer> S3TestServer::remove_object(io::HttpExchange& exchange, std::string key, std::string query) {
  Result<void> removed;
  if (std::string upload = parameter(query, "uploadId"); !upload.empty()) {
    removed = co_await bucket_.abort_multipart(std::move(key), std::move(upload));
  } else {
    std::string etag;
    if (!apply(quirks_.delete_if_match, exchange.request().headers.get("if-match"), quirks_.etag_spelling, etag))
      co_return Answer::error(s3::ErrorCode::kNotImplemented);
    removed = co_await bucket_.remove(std::move(key), std::move(etag));
  }
  if (!removed) co_return Answer::failed(removed.error());
  Answer answer;
  answer.head.status = 204;
  co_return answer;
}

Task<S3TestServer::Answer> S3TestServer::multipart(io::HttpExchange& exchange, std::string key, std::string query) {
  const http::Headers& headers = exchange.request().headers;
  auto body = co_await exchange.read_whole_body(kBodyBytesMax);
  if (!body) co_return Answer::error(s3::ErrorCode::kIncompleteBody);
  std::string upload = parameter(query, "uploadId");
  if (upload.empty()) {
    auto created = co_await bucket_.create_multipart(key, standard_headers(headers, quirks_.tagging), user_metadata(headers));
    co_return Answer::xml(s3::render_initiate({.bucket = "b", .key = key, .upload_id = *created}));
  }
  const auto references = s3::parse_complete_request(*body);
  if (!references) co_return Answer::error(s3::ErrorCode::kMalformedXml);
  std::vector<CompletedPart> parts;
  for (const auto& reference : *references) parts.push_back({reference.number, reference.etag});
  PutCondition condition;
  condition.if_none_match = headers.has("if-none-match") && quirks_.put_if_none_match == Conditions::kObeyed;
  apply(quirks_.put_if_match, headers.get("if-match"), quirks_.etag_spelling, condition.if_match);
  auto completed = co_await bucket_.complete_multipart(key, std::move(upload), std::move(parts), std::move(condition));
  if (!completed) co_return Answer::failed(completed.error());
  if (quirks_.error_in_200) co_return Answer::xml(Answer::error(s3::ErrorCode::kInternalError).body);
  co_return Answer::xml(s3::render_complete({.bucket = "b", .key = key, .etag = quirks_.empty_etag_on_complete ? "" : completed->etag}));
}

}  // namespace evershore::store
