// No query and no cookie that was not signed is ever good, and what is stripped stays stripped.
#include "base/assert.h"
#include "edge/signed_url.h"

using namespace evershore;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto half = text.size() / 2;
  SignedSettings settings;
  settings.keys.push_back({"k", Secret("a secret that nobody guesses")});
  http::RequestHead request;
  request.target = "/x?" + std::string(text.substr(0, half));
  request.headers.add("Cookie", text.substr(half));
  const auto verdict = edge::check_grant(settings, {.site = "s", .key = "x", .client_address = "192.0.2.1"}, request);
  EVERSHORE_ASSERT(verdict != edge::GrantVerdict::kGood);
  edge::strip_grant(request);
  EVERSHORE_ASSERT(!edge::strip_grant(request));
  EVERSHORE_ASSERT(edge::check_grant(settings, {.site = "s", .key = "x", .client_address = "192.0.2.1"}, request) ==
                   edge::GrantVerdict::kMissing);
  (void)edge::in_network(text, "192.0.2.1");
  return 0;
}
