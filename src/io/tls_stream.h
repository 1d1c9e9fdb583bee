// What tls_client.cc and tls_server.cc share: the stream and the handshake. OpenSSL's types are only named here.
#pragma once

#include <memory>
#include <string>

#include "io/stream.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace evershore::io {

struct SslFree {
  void operator()(SSL* ssl) const;
};
struct SslContextFree {
  void operator()(SSL_CTX* context) const;
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextFree>;

// The first reason in OpenSSL's queue of this thread, which is emptied; `otherwise` when there is none.
std::string take_ssl_error(std::string otherwise);

// TLS 1.2 and newer, modes for a non-blocking descriptor and little memory.
void set_common_options(SSL_CTX* context);

// Shakes hands on `tcp` as the side that `ssl` was set to. `owner` is what the context belongs to and is kept with the stream.
Task<Result<std::unique_ptr<Stream>>> shake_hands(std::shared_ptr<void> owner, SslPtr ssl, std::unique_ptr<Stream> tcp, std::string whom,
                                                  Mono deadline);

}  // namespace evershore::io
