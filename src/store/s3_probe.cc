// What a server can really do, found out by trying (reference: AWS, Ceph, Swift and MinIO all differ). Every trial is made
// twice where it can be: once so that an obedient server must refuse, once so that it must accept.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "store/s3_store.h"
#include "wire/s3/encode.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"
#include "wire/s3/tagging.h"
#include "wire/s3/xml.h"

namespace evershore::store {
namespace {

constexpr std::string_view kProbePrefix = ".evershore/probe-";
constexpr std::string_view kOtherEtag = "0123456789abcdef0123456789abcdef";  // of nothing that is stored
constexpr std::string_view kBodies = "evershore";
// In byte order; by directories or by hash they would come in another one.
constexpr std::array<std::string_view, 4> kOrdered = {"/a", "/a-", "/a/", "/b"};

std::string with_spelling(EtagSpelling spelling, std::string_view etag) {
  return spelling == EtagSpelling::kQuoted ? s3::quote_etag(etag) : std::string(etag);
}

}  // namespace

class S3Probe {
 public:
  explicit S3Probe(S3Store& store) : store_(store), key_(fresh_key(store)) {}
  Task<Result<void>> run();

 private:
  enum class Access : uint8_t { kWritable, kReadOnly };

  static std::string fresh_key(const S3Store& store);
  Task<Result<io::HttpClient::Whole>> call(std::string method, std::string key, http::Headers headers);
  Task<Result<Access>> write_first();
  Task<Result<bool>> writes_with(std::string name, std::string value);
  Task<Result<bool>> removes_with(EtagSpelling spelling, std::string_view etag);
  Task<Result<void>> try_put_if_match();
  Task<Result<void>> try_delete_if_match();
  Task<Result<void>> try_copy_if_match();
  Task<Result<void>> try_part_number();
  Task<Result<void>> try_tags();
  Task<Result<void>> try_order();
  Task<Result<void>> clean_up();
  Task<Result<void>> remove_quietly(std::string key);

  S3Store& store_;
  const std::string key_;
  std::string etag_;
  StoreCapabilities found_;
  S3Dialect dialect_;
};

// Two nodes, or two stores of one node, must not meet on a key.
std::string S3Probe::fresh_key(const S3Store& store) {
  const auto& region = store.connection_.region();
  const auto seed = fmt::format("{} {} {} {} {}", region.name, region.endpoint, region.bucket,
                                store.connection_.wall().time_since_epoch().count(), static_cast<const void*>(&store));
  return std::string(kProbePrefix) + to_hex(md5(seed));
}

Task<Result<io::HttpClient::Whole>> S3Probe::call(std::string method, std::string key, http::Headers headers) {
  S3Call call;
  call.body = method == "PUT" ? std::string(kBodies) : std::string();
  call.method = std::move(method);
  call.key = std::move(key);
  call.headers = std::move(headers);
  auto answer = co_await store_.connection_.fetch(std::move(call));
  if (answer && (answer->head.status == 503 || answer->head.status == 429))
    co_return store_.connection_.failure(answer->head, answer->body);
  co_return answer;
}

Task<Result<bool>> S3Probe::writes_with(std::string name, std::string value) {
  http::Headers headers;
  headers.set(name, value);
  CO_TRY(const auto answer, co_await call("PUT", key_, std::move(headers)));
  co_return answer.head.status == 200;
}

// An absent key first, then the same again: only a server that obeys If-None-Match takes the first and refuses the second.
Task<Result<S3Probe::Access>> S3Probe::write_first() {
  CO_TRY(const bool created, co_await writes_with("if-none-match", "*"));
  if (created) {
    CO_TRY(const bool created_twice, co_await writes_with("if-none-match", "*"));
    found_.put_if_none_match = !created_twice;
  }
  CO_TRY(const auto answer, co_await call("PUT", key_, http::Headers{}));
  const auto error = s3::parse_error(answer.body);
  if (answer.head.status == 403 && (!error || error->code == "AccessDenied")) co_return Access::kReadOnly;
  if (answer.head.status != 200) co_return store_.connection_.failure(answer.head, answer.body);
  CO_TRY(etag_, co_await store_.etag_now(key_));
  co_return Access::kWritable;
}

Task<Result<void>> S3Probe::try_put_if_match() {
  for (const EtagSpelling spelling : {EtagSpelling::kQuoted, EtagSpelling::kPlain}) {
    CO_TRY(const bool wrong_taken, co_await writes_with("if-match", with_spelling(spelling, kOtherEtag)));
    if (wrong_taken) co_return Result<void>{};
    CO_TRY(const bool right_taken, co_await writes_with("if-match", with_spelling(spelling, etag_)));
    if (!right_taken) continue;
    dialect_.put_if_match = spelling;
    found_.put_if_match = true;
    co_return Result<void>{};
  }
  co_return Result<void>{};
}

Task<Result<bool>> S3Probe::removes_with(EtagSpelling spelling, std::string_view etag) {
  http::Headers headers;
  headers.set("if-match", with_spelling(spelling, etag));
  CO_TRY_VOID(co_await call("DELETE", key_, std::move(headers)));
  CO_TRY(const auto left, co_await store_.find(key_));
  co_return !left.has_value();
}

Task<Result<void>> S3Probe::try_delete_if_match() {
  CO_TRY(etag_, co_await store_.etag_now(key_));  // where etags are not of the bytes, each trial so far changed it
  for (const EtagSpelling spelling : {EtagSpelling::kQuoted, EtagSpelling::kPlain}) {
    CO_TRY(const bool wrong_gone, co_await removes_with(spelling, kOtherEtag));
    if (wrong_gone) co_return Result<void>{};
    CO_TRY(const bool right_gone, co_await removes_with(spelling, etag_));
    if (!right_gone) continue;
    dialect_.delete_if_match = spelling;
    found_.delete_if_match = true;
    co_return Result<void>{};
  }
  co_return Result<void>{};
}

Task<Result<void>> S3Probe::try_copy_if_match() {
  S3Call copy;
  copy.method = "PUT";
  copy.key = key_;
  copy.headers.set("x-amz-copy-source", "/" + s3::encode(store_.connection_.region().bucket, s3::Slash::kEncoded) + "/" + key_);
  copy.headers.set("x-amz-metadata-directive", "REPLACE");
  copy.headers.set("x-amz-copy-source-if-match", s3::quote_etag(kOtherEtag));
  CO_TRY(const auto answer, co_await store_.connection_.fetch(std::move(copy)));
  dialect_.copy_source_if_match = answer.head.status == 412;
  co_return Result<void>{};
}

// A server that knows partNumber answers 206; one that does not gives the whole object with 200.
Task<Result<void>> S3Probe::try_part_number() {
  S3Call get;
  get.key = key_;
  get.query = "partNumber=1";
  CO_TRY(const auto answer, co_await store_.connection_.fetch(std::move(get)));
  found_.get_part_number = answer.head.status == 206;
  co_return Result<void>{};
}

// A tag goes in as a header and must come back as a document. Reads that tell how many there are spare that question.
Task<Result<void>> S3Probe::try_tags() {
  CO_TRY(const bool taken, co_await writes_with(std::string(kTagsHeader), "evershore=probe"));
  if (!taken) co_return Result<void>{};
  S3Call ask;
  ask.key = key_;
  ask.query = "tagging=";
  CO_TRY(const auto answer, co_await store_.connection_.fetch(std::move(ask)));
  const auto tags = answer.head.status == 200 ? s3::parse_tagging(answer.body) : Result<s3::Tags>{};
  found_.tags = tags && *tags == s3::Tags{{"evershore", "probe"}};
  if (!found_.tags) co_return Result<void>{};
  for (const bool head : {true, false}) {
    CO_TRY(const auto read, co_await call(head ? "HEAD" : "GET", key_, http::Headers{}));
    (head ? found_.find_tells_tags : found_.get_tells_tags) = read.head.headers.get("x-amz-tagging-count") == "1";
  }
  co_return Result<void>{};
}

Task<Result<void>> S3Probe::try_order() {
  for (const std::string_view suffix : kOrdered) {
    std::string key = key_ + std::string(suffix);
    CO_TRY_VOID(co_await call("PUT", std::move(key), http::Headers{}));
  }
  ListOptions options;
  options.prefix = key_ + "/";
  auto page = co_await store_.list(std::move(options));
  if (!page) co_return Result<void>{};  // listing is denied: nobody will depend on its order
  found_.list_sorted = std::ranges::is_sorted(page->objects, {}, &ListedObject::key);
  co_return Result<void>{};
}

Task<Result<void>> S3Probe::remove_quietly(std::string key) {
  S3Call call;
  call.method = "DELETE";
  call.key = std::move(key);
  CO_TRY_VOID(co_await store_.connection_.fetch(std::move(call)));
  co_return Result<void>{};
}

Task<Result<void>> S3Probe::clean_up() {
  Result<void> outcome;
  std::vector<std::string> keys = {key_};
  for (const std::string_view suffix : kOrdered) keys.push_back(key_ + std::string(suffix));
  for (std::string& key : keys) {
    auto removed = co_await remove_quietly(std::move(key));
    if (!removed) outcome = std::move(removed);
  }
  co_return outcome;
}

Task<Result<void>> S3Probe::run() {
  CO_TRY(const Access access, co_await write_first());
  if (access == Access::kReadOnly) {
    store_.capabilities_ = {};
    co_return Result<void>{};
  }
  auto tried = co_await try_put_if_match();
  if (tried) tried = co_await try_copy_if_match();
  if (tried) tried = co_await try_part_number();
  if (tried) tried = co_await try_tags();
  if (tried) tried = co_await try_order();
  if (tried) tried = co_await try_delete_if_match();  // last: the key may be gone after it
  auto cleaned = co_await clean_up();
  CO_TRY_VOID(std::move(tried));
  CO_TRY_VOID(std::move(cleaned));
  store_.capabilities_ = found_;
  store_.dialect_ = dialect_;
  co_return Result<void>{};
}

Task<Result<StoreCapabilities>> S3Store::probe_capabilities() {
  if (connection_.region().addressing == Addressing::kBare) {
    capabilities_ = {};
    co_return capabilities_;
  }
  S3Probe probe(*this);
  CO_TRY_VOID(co_await probe.run());
  co_return capabilities_;
}

}  // namespace evershore::store
