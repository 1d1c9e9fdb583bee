#include "io/tls_stream.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace evershore::io {
namespace {

constexpr size_t kRecordBytesMax = 16 * 1024;  // RFC 8446 5.1
constexpr size_t kSmallRecordBytes = 4 * 1024;

std::string system_error(int code) { return code == 0 ? "the peer broke off" : std::string(std::strerror(code)); }

// OpenSSL keeps its errors in a queue of the thread: it must be empty before a call whose failure is to be explained.
void forget_old_errors() {
  ERR_clear_error();
  errno = 0;
}

// Fails for good only on kError; sets `fatal` where the connection may not even be shut down any more.
Attempt explain(SSL* ssl, int returned, bool& fatal) {
  const int code = errno;
  switch (SSL_get_error(ssl, returned)) {
    case SSL_ERROR_WANT_READ: return {.end = Attempt::End::kWouldRead};
    case SSL_ERROR_WANT_WRITE: return {.end = Attempt::End::kWouldWrite};
    case SSL_ERROR_ZERO_RETURN: return {.end = Attempt::End::kEof};
    case SSL_ERROR_SYSCALL: fatal = true; return {.end = Attempt::End::kError, .error = take_ssl_error(system_error(code))};
    default: fatal = true; return {.end = Attempt::End::kError, .error = "TLS: " + take_ssl_error("failed")};
  }
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::shared_ptr<void> owner, SslPtr ssl, std::unique_ptr<Stream> tcp)
      : owner_(std::move(owner)), tcp_(std::move(tcp)), ssl_(std::move(ssl)) {}
  ~TlsStream() override { TlsStream::close(); }

  void close() override {
    finish_writing();
    tcp_->close();
  }
  void finish_writing() override {
    if (watch().closed() || fatal_) return;
    forget_old_errors();
    SSL_shutdown(ssl_.get());  // close_notify if the kernel takes it now: nobody waits for it
  }
  void reset() override { tcp_->reset(); }

  Attempt try_read(std::span<uint8_t> into) override {
    forget_old_errors();
    size_t got = 0;
    const bool nothing_before = SSL_has_pending(ssl_.get()) == 0;
    const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    // A small record that came alone: OpenSSL's buffer, which holds a large one, was not filled.
    drained_ = nothing_before && returned == 1 && got <= kSmallRecordBytes && SSL_has_pending(ssl_.get()) == 0;
    if (returned == 1) return {.bytes = got};
    return explain(ssl_.get(), returned, fatal_);
  }

  Attempt try_write(std::span<const iovec> pieces) override {
    if (pieces.front().iov_len < kRecordBytesMax && pieces.size() > 1) return write_gathered(pieces);
    return write_one(pieces.front().iov_base, pieces.front().iov_len);
  }

  FdWatch& watch() override { return tcp_->watch(); }
  bool drained() const override { return drained_; }

  std::string_view protocol() const override {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string_view tls_version() const override { return SSL_get_version(ssl_.get()); }
  bool has_buffered() const override { return SSL_has_pending(ssl_.get()) == 1; }

  // A session ticket may be waiting, which is no sign of anything: let OpenSSL take it in (RFC 8446 4.6.1).
  bool silent() override {
    if (watch().closed() || fatal_) return false;
    uint8_t byte;
    size_t got = 0;
    forget_old_errors();
    const int returned = SSL_peek_ex(ssl_.get(), &byte, 1, &got);
    return returned != 1 && explain(ssl_.get(), returned, fatal_).end == Attempt::End::kWouldRead;
  }

  Attempt try_handshake() {
    forget_old_errors();
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) return {};
    Attempt attempt = explain(ssl_.get(), returned, fatal_);
    const long verified = SSL_get_verify_result(ssl_.get());
    if (attempt.end == Attempt::End::kError && verified != X509_V_OK) {
      attempt.error = fmt::format("the certificate is not accepted: {}", X509_verify_cert_error_string(verified));
    }
    return attempt;
  }
  void forbid_shutdown() { fatal_ = true; }
  void allow_shutdown() { fatal_ = false; }

 private:
  // A head and a small body leave in one record. OpenSSL wants a refused write repeated with the same bytes; the caller
  // repeats from the same place, so gathering again gives the same.
  Attempt write_gathered(std::span<const iovec> pieces) {
    uint8_t record[kRecordBytesMax];
    size_t size = 0;
    for (const iovec& piece : pieces) {
      const size_t part = std::min(piece.iov_len, kRecordBytesMax - size);
      std::memcpy(record + size, piece.iov_base, part);
      size += part;
      if (size == kRecordBytesMax) break;
    }
    return write_one(record, size);
  }

  Attempt write_one(const void* bytes, size_t size) {
    forget_old_errors();
    size_t put = 0;
    const int returned = SSL_write_ex(ssl_.get(), bytes, size, &put);
    if (returned == 1) return {.bytes = put};
    Attempt attempt = explain(ssl_.get(), returned, fatal_);
    if (attempt.end == Attempt::End::kEof) return {.end = Attempt::End::kError, .error = "the peer has closed"};
    return attempt;
  }

  std::shared_ptr<void> owner_;
  std::unique_ptr<Stream> tcp_;  // before ssl_: the descriptor outlives what uses it
  SslPtr ssl_;
  bool drained_ = false;
  bool fatal_ = false;  // SSL_shutdown(3): not after a fatal error
};

}  // namespace

void SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }
void SslContextFree::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

std::string take_ssl_error(std::string otherwise) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::move(otherwise) : std::string(reason);
}

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_read_ahead(context, 1);  // one recv for a record's head and body
}

Task<Result<std::unique_ptr<Stream>>> shake_hands(std::shared_ptr<void> owner, SslPtr ssl, std::unique_ptr<Stream> tcp, std::string whom,
                                                  Mono deadline) {
  if (tcp->watch().closed()) co_return fail(Fault::kClosed, "closed on this side");
  SSL_set_fd(ssl.get(), tcp->watch().fd());
  tcp->set_deadline(deadline);
  auto stream = std::make_unique<TlsStream>(std::move(owner), std::move(ssl), std::move(tcp));
  stream->forbid_shutdown();  // SSL_shutdown(3): not in the middle of a handshake
  for (;;) {
    Attempt attempt = stream->try_handshake();
    if (attempt.end == Attempt::End::kDone) break;
    if (attempt.end == Attempt::End::kEof) attempt.error = "the peer has closed";
    if (attempt.end == Attempt::End::kEof || attempt.end == Attempt::End::kError) {
      co_return fail(Fault::kBroken, fmt::format("TLS handshake with {}: {}", whom, attempt.error));
    }
    const Ready direction = attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable;
    const WaitEnd end = co_await stream->watch().wait(direction, Known::kTriedNow);
    if (end == WaitEnd::kDeadline) co_return fail(Fault::kTimedOut, fmt::format("TLS handshake with {}: no answer in time", whom));
    if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "closed on this side");
  }
  stream->allow_shutdown();
  stream->set_deadline(kNever);
  co_return stream;
}

}  // namespace evershore::io
