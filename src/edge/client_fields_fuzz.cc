// Any bytes as what a client and its proxies say: its address is an address or nothing, and a line of the access log is one line.
#include <cstdlib>
#include <string>

#include "edge/access_line.h"
#include "edge/client_address.h"

using namespace evershore;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Networks trusted;
  (void)trusted.add("10.0.0.0/8");
  const http::Headers fields{{"X-Forwarded-For", text}, {"Forwarded", text}, {"X-Forwarded-Proto", text}};
  for (const auto field : {ClientField::kXForwardedFor, ClientField::kForwarded}) {
    const auto seen = edge::seen_client(fields, field, trusted);
    if (!seen.address.empty() && address_bytes(seen.address).empty()) std::abort();
  }
  for (const auto format : {AccessFormat::kJson, AccessFormat::kCombined}) {
    std::string line;
    edge::append_access_line(line, {.client = "::1", .host = text, .method = "GET", .target = text, .referer = text, .user_agent = text},
                             format);
    for (size_t i = 0; i + 1 < line.size(); ++i)
      if (static_cast<unsigned char>(line[i]) < 0x20) std::abort();
    if (!line.ends_with('\n')) std::abort();
  }
  return 0;
}
