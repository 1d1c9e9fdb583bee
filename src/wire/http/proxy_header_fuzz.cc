// Any bytes as a PROXY header: it never reads past them, is never longer than they are, and says the same of them and of what follows.
#include <cstdlib>
#include <vector>

#include "wire/http/proxy_header.h"

using evershore::http::parse_proxy_header;
using evershore::http::ProxyHeader;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, std::min(size, evershore::http::kProxyHeaderBytesMax));
  const auto whole = parse_proxy_header(bytes);
  if (whole.state != ProxyHeader::State::kDone) return 0;
  if (whole.size > bytes.size()) std::abort();
  const auto alone = parse_proxy_header(bytes.first(whole.size));
  if (alone.state != whole.state || alone.address != whole.address || alone.port != whole.port) std::abort();
  if (parse_proxy_header(bytes.first(whole.size - 1)).state == ProxyHeader::State::kDone) std::abort();
  return 0;
}
