#include "aws/run/transport.h"

#include "base/text.h"

namespace evershore::aws {

namespace {
constexpr io::HttpTimeouts kTimeouts{
    .connect = std::chrono::seconds(5), .first_byte = std::chrono::seconds(60), .stall = std::chrono::seconds(30)};
constexpr io::HttpTimeouts kMetadataTimeouts{
    .connect = std::chrono::seconds(1), .first_byte = std::chrono::seconds(2), .stall = std::chrono::seconds(2)};
constexpr size_t kBodyBytesMax = 16 << 20;
}  // namespace

Transport::Transport(io::HttpClient& client, std::string endpoint, std::string home_region)
    : client_(client), endpoint_(std::move(endpoint)), home_region_(std::move(home_region)) {}

Result<io::HttpOrigin> Transport::origin_of(const Call& call) const {
  if (endpoint_.empty()) {
    return io::HttpOrigin{.tls = true, .host = host_of(call.service, call.region.empty() ? home_region_ : call.region), .port = 443};
  }
  TRY(auto url, io::parse_http_url(endpoint_));
  return std::move(url.origin);
}

Task<Result<Answer>> Transport::exchange(Call call, const s3::Credentials* keys, Wall now) {
  CO_TRY(auto origin, origin_of(call));
  io::HttpRequest request;
  request.method = call.method;
  request.target = call.target;
  request.headers = call.headers;
  request.headers.set("host", origin.host_header());
  request.body = call.body;
  if (keys != nullptr && !call.anonymous) {
    s3::Signer signer(*keys, call.region.empty() ? home_region_ : call.region, std::string(signing_name(call.service)));
    signer.sign(request.method, request.target, request.headers, to_hex(sha256(call.body)), now);
  }
  auto answer = co_await fetch(std::move(origin), std::move(request), kTimeouts);
  if (!answer) co_return wrap(std::move(answer).error(), call.name);
  co_return answer;
}

Task<Result<Answer>> Transport::plain(std::string method, std::string url, http::Headers headers) {
  CO_TRY(auto parsed, io::parse_http_url(url));
  io::HttpRequest request{.method = std::move(method), .target = std::move(parsed.target), .headers = std::move(headers)};
  co_return co_await fetch(std::move(parsed.origin), std::move(request), kMetadataTimeouts);
}

Task<Result<Answer>> Transport::fetch(io::HttpOrigin origin, io::HttpRequest request, io::HttpTimeouts timeouts) {
  io::HttpCancel cancel;
  waiting_.insert(&cancel);
  auto whole = co_await client_.fetch(std::move(origin), std::move(request), timeouts, kBodyBytesMax, &cancel);
  waiting_.erase(&cancel);
  if (!whole) co_return std::unexpected(std::move(whole).error());
  co_return Answer{whole->head.status, std::move(whole->head.headers), std::move(whole->body)};
}

void Transport::stop() {
  const auto waiting = waiting_;  // an end may come at once
  for (auto* cancel : waiting)
    if (waiting_.contains(cancel)) cancel->cancel();
}

}  // namespace evershore::aws
