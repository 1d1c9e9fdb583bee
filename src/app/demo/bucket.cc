#include "app/demo/bucket.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/object.h"
#include "wire/s3/list.h"

namespace evershore::app::demo {

namespace {

constexpr io::HttpTimeouts kTimeouts{
    .connect = std::chrono::seconds(2), .first_byte = std::chrono::seconds(60), .stall = std::chrono::seconds(60)};
constexpr uint64_t kSmallBytes = 1 << 20;
constexpr size_t kPieceBytes = 256 * 1024;
constexpr size_t kErrorBytesMax = 64 * 1024;
constexpr size_t kListBytesMax = 4 << 20;

// A pattern, made as it is sent.
class PatternSource final : public io::HttpBodySource {
 public:
  PatternSource(uint64_t seed, uint64_t size) : seed_(seed), left_(size), piece_(kPieceBytes) {}
  Task<Result<std::span<const uint8_t>>> next() override {
    const auto part = std::span(piece_).first(std::min<uint64_t>(piece_.size(), left_));
    fill_pattern(seed_, offset_, part);
    offset_ += part.size();
    left_ -= part.size();
    co_return std::span<const uint8_t>(part);
  }

 private:
  uint64_t seed_;
  uint64_t offset_ = 0;
  uint64_t left_;
  std::vector<uint8_t> piece_;
};

std::string hex(const Sha256& hash) { return to_hex(hash); }

Result<void> expect_2xx(const Result<io::HttpClient::Whole>& answer, std::string_view what) {
  if (!answer) return wrap(answer.error(), what);
  if (answer->head.status / 100 == 2) return {};
  return fail(Fault::kBroken, fmt::format("{}: status {}: {}", what, answer->head.status, answer->body.substr(0, 300)));
}

}  // namespace

Bucket::Bucket(io::Loop& loop, io::HttpClient& client, RegionSettings region)
    : loop_(loop),
      client_(client),
      region_(std::move(region)),
      signer_({region_.access_key.reveal(), region_.secret_key.reveal(), ""}, region_.signing_region) {}

Bucket::Prepared Bucket::sign(std::string method, const s3::S3Address& address, http::Headers headers, std::string_view payload_hash) {
  headers.set("Host", address.host_header());
  if (!signer_.anonymous()) signer_.sign(method, address.target, headers, payload_hash, loop_.wall());
  Prepared prepared{.origin = {.tls = address.tls, .host = address.host, .port = address.port}, .request = {}};
  prepared.request.method = std::move(method);
  prepared.request.target = address.target;
  prepared.request.headers = std::move(headers);
  return prepared;
}

Result<Bucket::Prepared> Bucket::prepare(std::string method, std::string_view key, http::Headers headers, std::string_view payload_hash) {
  TRY(const auto address, s3::address_of(region_, key));
  return sign(std::move(method), address, std::move(headers), payload_hash);
}

Task<Result<void>> Bucket::put(DataObject object) {
  http::Headers headers{{"Content-Type", object.content_type}, {"Cache-Control", "no-store"}};
  CO_TRY(auto prepared, prepare("PUT", object.key, std::move(headers), hex(object.sha256)));
  PatternSource source(object.pattern_seed, object.size_bytes);
  if (object.size_bytes > kSmallBytes && object.file.empty()) {
    prepared.request.source = &source;
    prepared.request.source_bytes = object.size_bytes;
  } else {
    CO_TRY(prepared.request.body, bytes_of(object));
  }
  const auto answer = co_await client_.fetch(prepared.origin, std::move(prepared.request), kTimeouts, kErrorBytesMax);
  co_return expect_2xx(answer, fmt::format("PUT {} into {}", object.key, region_.name));
}

Task<Result<void>> Bucket::remove(std::string key) {
  CO_TRY(auto prepared, prepare("DELETE", key, {}, s3::kEmptySha256));
  const auto answer = co_await client_.fetch(prepared.origin, std::move(prepared.request), kTimeouts, kErrorBytesMax);
  co_return expect_2xx(answer, fmt::format("DELETE {} in {}", key, region_.name));
}

Task<Result<std::optional<Sha256>>> Bucket::hash_of(std::string key) {
  CO_TRY(auto prepared, prepare("GET", key, {}, s3::kEmptySha256));
  CO_TRY(const auto response, co_await client_.send(prepared.origin, std::move(prepared.request), kTimeouts, nullptr));
  const auto status = response->head().status;
  if (status == 404) co_return std::optional<Sha256>();
  if (status != 200) co_return fail(Fault::kBroken, fmt::format("GET {} from {}: status {}", key, region_.name, status));
  Hasher hasher(HashKind::kSha256);
  for (;;) {
    CO_TRY(const auto piece, co_await response->next());
    if (piece.empty()) break;
    hasher.update(piece);
  }
  co_return std::optional(hasher.finish_as<Sha256>());
}

Task<Result<std::vector<std::string>>> Bucket::keys(std::string prefix, size_t count_max, uint64_t size_bytes_max) {
  const s3::ListRequest page{.prefix = prefix, .max_keys = s3::kListKeysMax};
  CO_TRY(const auto address, s3::bucket_address_of(region_, s3::list_query(page)));
  auto prepared = sign("GET", address, {}, s3::kEmptySha256);
  const auto answer = co_await client_.fetch(prepared.origin, std::move(prepared.request), kTimeouts, kListBytesMax);
  CO_TRY_VOID(expect_2xx(answer, fmt::format("listing the bucket of {}", region_.name)));
  CO_TRY(const auto listed, s3::parse_list(answer->body));
  std::vector<std::string> found;
  for (const auto& object : listed.objects) {
    const bool ours = object.key.starts_with(".evershore/") || object.size_bytes > size_bytes_max;
    if (!ours && found.size() < count_max) found.push_back(object.key);
  }
  co_return found;
}

}  // namespace evershore::app::demo
