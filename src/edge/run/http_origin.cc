#include "edge/run/http_origin.h"

#include <fmt/format.h>

#include "wire/s3/address.h"

namespace evershore::edge {

namespace {

// The stream's own watch (BodyStream) acts before the client's.
constexpr Duration kStallSlack = std::chrono::seconds(2);

class HttpReply final : public OriginReply {
 public:
  explicit HttpReply(std::unique_ptr<io::HttpResponse> response) : response_(std::move(response)) {}
  const http::ResponseHead& head() const override { return response_->head(); }
  Task<Result<std::span<const uint8_t>>> next() override { return response_->next(); }
  Task<Result<std::span<const uint8_t>>> next_into(std::span<uint8_t> room) override { return response_->next_into(room); }
  void cancel() override { response_->cancel(); }

 private:
  std::unique_ptr<io::HttpResponse> response_;
};

io::HttpOrigin http_origin_of(const RegionSettings& region, const s3::S3Address& address) {
  return {.tls = address.tls, .host = address.host, .port = address.port, .tls_files = io::tls_files_of(region)};
}

void add_if_set(http::Headers& headers, std::string_view name, const std::string& value) {
  if (!value.empty()) headers.add(name, value);
}

}  // namespace

s3::Signer& HttpOriginClient::signer_for(const RegionSettings& region) {
  const auto at = signers_.find(region.name);
  if (at != signers_.end() && at->second.settings == region) return at->second.signer;
  s3::Signer signer({.access_key = region.access_key.reveal(), .secret_key = region.secret_key.reveal()}, region.signing_region);
  return signers_.insert_or_assign(region.name, Signing{region, std::move(signer)}).first->second.signer;
}

Task<Result<std::unique_ptr<OriginReply>>> HttpOriginClient::open(OriginRequest request, Budgets budgets, OriginCancel& cancel) {
  const auto config = config_.get();
  const auto region = config->regions.find(request.region);
  if (region == config->regions.end()) co_return fail(Fault::kInvalid, fmt::format("no region {} in the settings", request.region));
  CO_TRY(const auto address, s3::address_of(region->second, request.key));

  io::HttpRequest outgoing;
  outgoing.method = request.method;
  outgoing.target = request.target.empty() ? address.target : std::move(request.target);
  outgoing.headers = std::move(request.fields);
  outgoing.headers.set("Host", address.host_header());
  outgoing.body = std::move(request.body);
  auto& signer = signer_for(region->second);
  if (!signer.anonymous()) signer.sign(outgoing.method, outgoing.target, outgoing.headers, s3::kEmptySha256, clock_.wall());
  add_if_set(outgoing.headers, "Range", request.range);
  add_if_set(outgoing.headers, "If-Match", request.if_match);
  add_if_set(outgoing.headers, "If-None-Match", request.if_none_match);
  add_if_set(outgoing.headers, "If-Modified-Since", request.if_modified_since);
  if (!outgoing.headers.has("user-agent")) outgoing.headers.add("User-Agent", "evershore");

  io::HttpCancel under_way;
  cancel.on_cancel = [&under_way] { under_way.cancel(); };
  const io::HttpTimeouts timeouts{.connect = budgets.connect, .first_byte = budgets.first_byte, .stall = budgets.stall + kStallSlack};
  auto response = co_await client_.send(http_origin_of(region->second, address), std::move(outgoing), timeouts, &under_way);
  cancel.on_cancel = nullptr;
  if (!response) co_return std::unexpected(std::move(response).error());
  co_return std::make_unique<HttpReply>(std::move(*response));
}

Addressing HttpOriginClient::addressing(std::string_view region) const {
  const auto& config = config_.get();
  const auto at = config->regions.find(std::string(region));
  return at == config->regions.end() ? Addressing::kPath : at->second.addressing;
}

void HttpOriginClient::forget_connections(std::string_view region) {
  const auto& config = config_.get();
  const auto at = config->regions.find(std::string(region));
  if (at == config->regions.end()) return;
  if (const auto address = s3::address_of(at->second, "x")) client_.drop_idle(http_origin_of(at->second, *address));
}

}  // namespace evershore::edge
