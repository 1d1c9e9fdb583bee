#include "io/proxy_reader.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "wire/http/proxy_header.h"

namespace evershore::io {

namespace {

using http::ProxyHeader;

struct Look {
  ProxyHeader header;
  bool ended = false;  // the peer has closed, or broken off
};

// At what has come, which stays where it is: what follows the header belongs to whoever reads next.
Look look(int fd) {
  std::array<uint8_t, http::kProxyHeaderBytesMax> bytes;
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return {.header = {}, .ended = errno != EAGAIN && errno != EINTR};
  Look seen{.header = http::parse_proxy_header(std::span(bytes).first(static_cast<size_t>(got))), .ended = got == 0};
  if (seen.header.state == ProxyHeader::State::kDone) (void)::recv(fd, bytes.data(), seen.header.size, MSG_DONTWAIT);
  return seen;
}

}  // namespace

Task<Result<Endpoint>> read_proxy_header(Stream& tcp, Mono deadline) {
  tcp.set_deadline(deadline);
  for (Known known = Known::kUnknown;; known = Known::kTriedNow) {
    // The first wait asks the kernel for what is there already; a later one must not, or what was looked at would end it at once.
    const WaitEnd end = co_await tcp.watch().wait(Ready::kReadable, known);
    if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "closed on this side");
    if (end == WaitEnd::kDeadline) co_return fail(Fault::kInvalid, "PROXY header: it did not come in time");
    auto seen = look(tcp.watch().fd());
    if (seen.header.state == ProxyHeader::State::kError)
      co_return fail(Fault::kInvalid, fmt::format("PROXY header: {}", seen.header.error));
    if (seen.header.state == ProxyHeader::State::kDone) co_return Endpoint{std::move(seen.header.address), seen.header.port};
    if (seen.ended) co_return fail(Fault::kBroken, "the peer has closed");
  }
}

}  // namespace evershore::io
