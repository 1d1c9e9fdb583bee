// A client's exchange as a site's rules want it: what the handler answers leaves with the site's fields, cross-origin permissions
// and per-object redirects, and compressed where the client takes that. Lives as long as one request, on the handler's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "edge/encoder.h"
#include "edge/stored_object.h"
#include "io/http_server.h"
#include "model/settings.h"

namespace evershore::edge {

// Where the compressed forms of an object lie in the cache, and each of them. "" without an ETag: nobody could tell it from that
// of another version.
std::string forms_of(std::string_view cache_key, const StoredObject& object);
std::string form_key(std::string_view forms, std::string_view etag, uint64_t size_bytes, Coding coding);

// What all exchanges of a loop share.
struct EncodingDesk {
  Scheduler& scheduler;
  // Keeps a compressed body for whoever wants the same next.
  std::function<void(const std::string& key, std::shared_ptr<const Bytes> body)> keep;
  uint64_t kept_bytes_max = 0;                // larger ones are not
  size_t running = 0;                         // answers being compressed
  static constexpr size_t kRunningMax = 256;  // more leave as they are: some 2 MiB each
};

class SiteExchange final : public io::HttpExchange {
 public:
  // All outlive it.
  SiteExchange(io::HttpExchange& client, const SiteSettings& site, EncodingDesk& desk);
  ~SiteExchange() override;
  SiteExchange(const SiteExchange&) = delete;
  SiteExchange& operator=(const SiteExchange&) = delete;

  // ---- compression
  // The codings that this client takes, best first; none where the site does not compress, or the client wants a range.
  const std::vector<Coding>& codings();
  // The answer is `object`, which the cache may give to anybody: its compressed form is kept for the next.
  void may_keep_forms(std::string_view cache_key, const StoredObject& object) { forms_ = forms_of(cache_key, object); }
  // Of a 304: what the 200 would have said of its form.
  void tell_form(http::Headers& not_modified, const http::Headers& of_200, uint64_t size_bytes);

  // Without the links' signatures and the cookies that the site itself deals with.
  const http::RequestHead& request() const override { return edited_ ? *edited_ : client_.request(); }
  const io::Endpoint& peer() const override { return client_.peer(); }
  bool tls() const override { return client_.tls(); }
  io::Loop& loop() override { return client_.loop(); }
  Task<Result<std::span<const uint8_t>>> read_body() override { return client_.read_body(); }
  Task<Result<std::string>> read_whole_body(size_t max) override { return client_.read_whole_body(max); }

  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) override;
  Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) override;
  Task<Result<void>> write(std::span<const uint8_t> piece) override;
  Task<Result<void>> finish() override;
  void abort() override { client_.abort(); }
  bool started() const override { return client_.started(); }

 private:
  bool dress(http::ResponseHead& head) const;
  Coding form_of(http::ResponseHead& head, std::optional<uint64_t> length);
  bool begin_encoding(http::ResponseHead& head, std::optional<uint64_t> length);
  Task<Result<void>> respond_encoded(http::ResponseHead head, std::span<const uint8_t> body);
  Task<Result<void>> write_encoded(std::span<const uint8_t> piece);
  Task<Result<void>> finish_encoded();
  Task<Result<void>> send_ready();

  static constexpr size_t kPieceBytes = 64 << 10;  // compressed at once, then the loop gets on with others

  io::HttpExchange& client_;
  const SiteSettings& site_;
  EncodingDesk& desk_;
  std::optional<http::RequestHead> edited_;
  bool no_body_ = false;  // the answer has become one without: what is written goes nowhere
  std::optional<std::vector<Coding>> codings_;
  std::string forms_;     // of what is served; "" = it is not kept in other forms
  std::string form_key_;  // "" = the form is not kept
  std::unique_ptr<Encoder> encoder_;
  bool flush_each_ = false;  // nobody knows when the next piece comes
  std::string ready_;
  std::string form_;
};

}  // namespace evershore::edge
