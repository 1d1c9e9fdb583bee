#include "edge/run/front_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "model/request_id.h"

namespace evershore::edge {

namespace {

constexpr size_t kIdBytesMax = 128;

// What a proxy may have given: nothing that needs escaping anywhere.
bool good_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-_.:/+=").contains(c);
  });
}

std::string_view protocol_of(const http::RequestHead& head) {
  if (head.major_version == 2) return "HTTP/2.0";
  return head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

std::string id_prefix(uint32_t start, uint32_t loop) { return fmt::format("{:08x}{:02x}-", start, loop & 0xff); }

FrontExchange::FrontExchange(io::HttpExchange& client, const EdgeConfig& config, FrontDesk& desk)
    : client_(client), config_(config), desk_(desk), begun_(desk.scheduler.now()) {
  if (!config.trusted_proxies.empty() && config.trusted_proxies.contains(address_bytes(client.peer().address))) {
    from_trusted_ = true;
    auto seen = seen_client(client.request().headers, config.edge.proxies.field, config.trusted_proxies);
    told_https_ = seen.https;
    if (!seen.address.empty()) seen_ = io::Endpoint{std::move(seen.address), 0};
  }
  choose_id();
}

void FrontExchange::choose_id() {
  const uint64_t number = ++desk_.requests;
  if (from_trusted_ && good_id(client_.request().headers.get(kRequestIdField))) return;
  char* const after_prefix = std::ranges::copy(desk_.id_prefix, own_id_.data()).out;
  const auto end = std::to_chars(after_prefix, own_id_.data() + own_id_.size(), number, 16);
  own_id_size_ = static_cast<uint8_t>(end.ptr - own_id_.data());
}

std::string_view FrontExchange::id() const {
  return own_id_size_ != 0 ? std::string_view(own_id_.data(), own_id_size_) : client_.request().headers.get(kRequestIdField);
}

void FrontExchange::prepare_forwarding() {
  auto head = client_.request();
  tell_hop(head.headers, {.peer = client_.peer().address, .https = tls(), .trusted = from_trusted_});
  head.headers.set(kRequestIdField, id());
  edited_ = std::move(head);
}

void FrontExchange::note(const Provenance& provenance) {
  if (!logs()) return;
  region_ = provenance.region;
  cache_ = provenance.cache;
  attempts_ = provenance.attempts;
}

void FrontExchange::dress(http::ResponseHead& head) {
  status_ = head.status;
  if (config_.edge.expose_header) head.headers.set(kRequestIdField, id());
}

Task<Result<void>> FrontExchange::respond(http::ResponseHead head, std::span<const uint8_t> body) {
  dress(head);
  return client_.respond(std::move(head), body);
}

Task<Result<void>> FrontExchange::start(http::ResponseHead head, std::optional<uint64_t> length) {
  dress(head);
  return client_.start(std::move(head), length);
}

FrontExchange::~FrontExchange() {
  if (!logs()) return;
  const auto& head = client_.request();
  const auto sent = client_.sent();
  const AccessEntry entry{.time = desk_.scheduler.wall(),
                          .client = peer().address,
                          .host = head.host,
                          .method = head.method,
                          .target = head.target,
                          .protocol = protocol_of(head),
                          .tls = client_.tls_version(),
                          .status = status_,
                          .body_bytes = sent.body_bytes,
                          .complete = sent.complete,
                          .took = desk_.scheduler.now() - begun_,
                          .region = region_,
                          .cache = cache_,
                          .attempts = attempts_,
                          .request_id = id(),
                          .referer = head.headers.get("referer"),
                          .user_agent = head.headers.get("user-agent")};
  desk_.line.clear();
  append_access_line(desk_.line, entry, config_.edge.access_log.format);
  desk_.access_log->add(desk_.line);
}

void log_refused(FrontDesk& desk, const AccessLogSettings& settings, const io::RefusedRequest& refused) {
  if (desk.access_log == nullptr || settings.path.empty()) return;
  desk.line.clear();
  const AccessEntry entry{.time = desk.scheduler.wall(),
                          .client = refused.peer.address,
                          .protocol = refused.major_version == 2 ? "HTTP/2.0" : "HTTP/1.1",
                          .tls = refused.tls_version,
                          .status = refused.status};
  append_access_line(desk.line, entry, settings.format);
  desk.access_log->add(desk.line);
}

}  // namespace evershore::edge
