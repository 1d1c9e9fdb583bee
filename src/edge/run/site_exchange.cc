#include "edge/run/site_exchange.h"

#include <fmt/format.h>

#include <cstring>

#include "base/sync.h"
#include "edge/cors.h"
#include "edge/headers_policy.h"
#include "edge/signed_url.h"
#include "edge/website.h"

namespace evershore::edge {

namespace {
Task<Result<void>> done() { co_return Result<void>{}; }

std::shared_ptr<const Bytes> bytes_from(std::string_view text) {
  auto bytes = std::make_shared<Bytes>(text.size());
  std::memcpy(bytes->data.get(), text.data(), text.size());
  return bytes;
}
}  // namespace

SiteExchange::SiteExchange(io::HttpExchange& client, const SiteSettings& site, EncodingDesk& desk)
    : client_(client), site_(site), desk_(desk) {
  if (site.behaviour.signing.keys.empty()) return;
  auto head = client.request();
  if (strip_grant(head)) edited_ = std::move(head);
}

SiteExchange::~SiteExchange() {
  if (encoder_) --desk_.running;
}

// True: the answer has no body any more.
bool SiteExchange::dress(http::ResponseHead& head) const {
  const bool redirected = site_.forward == ForwardMode::kKeys && apply_object_redirect(head);
  const auto& behaviour = site_.behaviour;
  if (!behaviour.cors.empty() && request().method != "OPTIONS") add_cors(behaviour.cors, request(), head.headers);
  if (!behaviour.headers.empty()) apply_policy(behaviour.headers, head.headers);
  return redirected;
}

// ---- compression

const std::vector<Coding>& SiteExchange::codings() {
  if (codings_) return *codings_;
  const auto& head = request();
  const bool whole = (head.method == "GET" || head.method == "HEAD") && !head.headers.has("range");
  codings_ = site_.behaviour.compression.on && whole ? accepted_codings(head.headers) : std::vector<Coding>{};
  return *codings_;
}

// The form in which it leaves; where there could be another, it says that it depends on Accept-Encoding.
Coding SiteExchange::form_of(http::ResponseHead& head, std::optional<uint64_t> length) {
  const auto& settings = site_.behaviour.compression;
  if (!settings.on || (head.status != 200 && head.status != 206)) return Coding::kIdentity;
  if (head.status == 206) {
    if (compressible_type(settings, head.headers.get("content-type")) && !head.headers.has("content-encoding"))
      add_vary(head.headers, "Accept-Encoding");
    return Coding::kIdentity;
  }
  if (!worth_encoding(settings, head, length)) return Coding::kIdentity;
  add_vary(head.headers, "Accept-Encoding");
  const bool room = desk_.running < EncodingDesk::kRunningMax;
  return room && !codings().empty() ? codings().front() : Coding::kIdentity;
}

void SiteExchange::tell_form(http::Headers& not_modified, const http::Headers& of_200, uint64_t size_bytes) {
  http::ResponseHead head;
  head.headers = of_200;
  if (!worth_encoding(site_.behaviour.compression, head, size_bytes)) return;
  add_vary(not_modified, "Accept-Encoding");
  if (codings().empty()) return;
  become_encoded(not_modified, codings().front());
  not_modified.remove("content-encoding");
}

// True: `head` is that of the compressed form now, and what is written goes through the encoder.
bool SiteExchange::begin_encoding(http::ResponseHead& head, std::optional<uint64_t> length) {
  const auto coding = form_of(head, length);
  if (coding == Coding::kIdentity) return false;
  if (request().method != "HEAD") {
    encoder_ = make_encoder(coding);
    if (!encoder_) return false;
    ++desk_.running;
  }
  flush_each_ = !length;
  if (length && !forms_.empty()) form_key_ = form_key(forms_, head.headers.get("etag"), *length, coding);
  become_encoded(head.headers, coding);
  return true;
}

Task<Result<void>> SiteExchange::respond_encoded(http::ResponseHead head, std::span<const uint8_t> body) {
  const bool head_only = request().method == "HEAD";
  if (head_only || body.size() > 4 * kPieceBytes) {
    CO_TRY_VOID(co_await client_.start(std::move(head), std::nullopt));
    if (!head_only) CO_TRY_VOID(co_await write_encoded(body));
    co_return co_await finish_encoded();
  }
  std::string whole;
  encoder_->add(body, whole);
  encoder_->finish(whole);
  if (!form_key_.empty()) desk_.keep(form_key_, bytes_from(whole));
  co_return co_await client_.respond(std::move(head), std::span(reinterpret_cast<const uint8_t*>(whole.data()), whole.size()));
}

Task<Result<void>> SiteExchange::send_ready() {
  if (ready_.empty()) co_return Result<void>{};
  if (form_.size() + ready_.size() > desk_.kept_bytes_max) form_key_.clear();
  if (form_key_.empty()) {
    form_.clear();
  } else {
    form_.append(ready_);
  }
  const auto sent = co_await client_.write(std::span(reinterpret_cast<const uint8_t*>(ready_.data()), ready_.size()));
  ready_.clear();
  co_return sent;
}

Task<Result<void>> SiteExchange::write_encoded(std::span<const uint8_t> piece) {
  while (!piece.empty()) {
    const auto some = piece.first(std::min(piece.size(), kPieceBytes));
    piece = piece.subspan(some.size());
    encoder_->add(some, ready_);
    if (flush_each_) encoder_->flush(ready_);
    CO_TRY_VOID(co_await send_ready());
    if (!piece.empty()) co_await sleep_until(desk_.scheduler, desk_.scheduler.now());
  }
  co_return Result<void>{};
}

Task<Result<void>> SiteExchange::finish_encoded() {
  if (request().method != "HEAD") {
    encoder_->finish(ready_);
    CO_TRY_VOID(co_await send_ready());
    if (!form_key_.empty()) desk_.keep(form_key_, bytes_from(form_));
  }
  co_return co_await client_.finish();
}

// ---- the answer

Task<Result<void>> SiteExchange::respond(http::ResponseHead head, std::span<const uint8_t> body) {
  if (dress(head)) body = {};
  if (begin_encoding(head, body.size())) return respond_encoded(std::move(head), body);
  return client_.respond(std::move(head), body);
}

Task<Result<void>> SiteExchange::start(http::ResponseHead head, std::optional<uint64_t> length) {
  no_body_ = dress(head);
  if (no_body_) return client_.respond(std::move(head), {});
  if (begin_encoding(head, length)) length = std::nullopt;
  return client_.start(std::move(head), length);
}

Task<Result<void>> SiteExchange::write(std::span<const uint8_t> piece) {
  if (no_body_) return done();
  return encoder_ && !piece.empty() ? write_encoded(piece) : client_.write(piece);
}

Task<Result<void>> SiteExchange::finish() {
  if (no_body_) return done();
  return encoder_ ? finish_encoded() : client_.finish();
}

std::string forms_of(std::string_view cache_key, const StoredObject& object) {
  return fmt::format("{}{}form={}", cache_key, '\0', object.purge_mark);
}

std::string form_key(std::string_view forms, std::string_view etag, uint64_t size_bytes, Coding coding) {
  if (etag.empty()) return "";
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return fmt::format("{} {} {} {}", forms, coding_name(coding), size_bytes, etag);
}

}  // namespace evershore::edge
