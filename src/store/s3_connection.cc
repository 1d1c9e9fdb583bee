#include "store/s3_connection.h"

#include <fmt/format.h>

#include "wire/s3/address.h"
#include "wire/s3/errors.h"
#include "wire/s3/xml.h"

namespace evershore::store {
namespace {

constexpr int kLongPatience = 6;  // times the usual first-byte budget

// What people can do about it, by S3's code; "" = nothing known.
std::string_view remedy_for(std::string_view code) {
  if (code == "NoSuchBucket") return "create the bucket, or correct `bucket`, `endpoint` or `addressing`";
  if (code == "InvalidAccessKeyId") return "correct `access_key`";
  if (code == "SignatureDoesNotMatch") return "correct `secret_key` or `signing_region`";
  if (code == "AuthorizationHeaderMalformed") return "correct `signing_region`";
  if (code == "PermanentRedirect" || code == "TemporaryRedirect") return "the bucket is elsewhere: correct `endpoint`";
  if (code == "RequestTimeTooSkewed") return "set this machine's clock";
  if (code == "AccessDenied") return "give these keys the right to do it";
  return "";
}

Fault fault_for(uint16_t status, std::string_view code) {
  if (status == 409) return Fault::kPrecondition;                                // another write at the same time
  if (status == 501 || (status >= 300 && status < 400)) return Fault::kRefused;  // not implemented; elsewhere
  return s3::fault_of(status, code);
}

}  // namespace

S3Connection::S3Connection(RegionSettings region, io::HttpClient& client, const Clock& clock, io::HttpTimeouts timeouts)
    : region_(std::move(region)),
      client_(client),
      clock_(clock),
      timeouts_(timeouts),
      signer_(s3::Credentials{region_.access_key.reveal(), region_.secret_key.reveal(), ""}, region_.signing_region) {}

io::HttpTimeouts S3Connection::timeouts_for(Patience patience) const {
  io::HttpTimeouts timeouts = timeouts_;
  if (patience == Patience::kLong) timeouts.first_byte *= kLongPatience;
  return timeouts;
}

Result<S3Connection::Prepared> S3Connection::prepare(S3Call call) {
  TRY(auto address, call.key.empty() ? s3::bucket_address_of(region_, call.query) : s3::address_of(region_, call.key));
  if (!call.key.empty() && !call.query.empty()) address.target += "?" + call.query;

  Prepared prepared;
  prepared.origin = {.tls = address.tls, .host = address.host, .port = address.port, .tls_files = io::tls_files_of(region_)};
  io::HttpRequest& request = prepared.request;
  request.method = std::move(call.method);
  request.target = std::move(address.target);
  request.headers = std::move(call.headers);
  request.headers.set("host", address.host_header());
  request.body = std::move(call.body);
  request.source = call.source;
  request.source_bytes = call.source_bytes;
  request.expect_continue = call.expect_continue;
  // Bodies are not hashed: it costs 2.7 ms a MiB, and what was stored is checked by its ETag afterwards.
  if (!signer_.anonymous() && region_.addressing != Addressing::kBare)
    signer_.sign(request.method, request.target, request.headers, s3::kUnsignedPayload, clock_.wall());
  return prepared;
}

Task<Result<std::unique_ptr<io::HttpResponse>>> S3Connection::send(S3Call call) {
  const io::HttpTimeouts timeouts = timeouts_for(call.patience);
  CO_TRY(auto prepared, prepare(std::move(call)));
  auto response = co_await client_.send(std::move(prepared.origin), std::move(prepared.request), timeouts, nullptr);
  if (!response) co_return wrap(std::move(response).error(), "region " + region_.name);
  co_return response;
}

Task<Result<io::HttpClient::Whole>> S3Connection::fetch(S3Call call) {
  const io::HttpTimeouts timeouts = timeouts_for(call.patience);
  CO_TRY(auto prepared, prepare(std::move(call)));
  auto whole = co_await client_.fetch(std::move(prepared.origin), std::move(prepared.request), timeouts, s3::kXmlBytesMax);
  if (!whole) co_return wrap(std::move(whole).error(), "region " + region_.name);
  co_return whole;
}

std::unexpected<Error> S3Connection::failure(const http::ResponseHead& head, std::string_view body) const {
  const s3::ErrorBody document = s3::parse_error(body).value_or(s3::ErrorBody{});
  std::string text = fmt::format("region {}, bucket {}: {}", region_.name, region_.bucket, head.status);
  if (!document.code.empty()) text += " " + document.code;
  if (!document.message.empty()) text += fmt::format(" ({})", document.message);
  if (const auto actual = head.headers.find("x-amz-bucket-region"); actual && *actual != region_.signing_region)
    text += fmt::format("; the bucket is in {}, `signing_region` says {}", *actual, region_.signing_region);
  if (const auto remedy = remedy_for(document.code); !remedy.empty()) text += fmt::format("; {}", remedy);
  return fail(fault_for(head.status, document.code), std::move(text));
}

std::unexpected<Error> S3Connection::failure(Fault fault, std::string_view text) const {
  return fail(fault, fmt::format("region {}, bucket {}: {}", region_.name, region_.bucket, text));
}

}  // namespace evershore::store
