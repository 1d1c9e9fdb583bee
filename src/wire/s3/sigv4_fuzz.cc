// First line: the Authorization header; second: the target. Nothing that is not signed may be allowed.
#include <cstdlib>

#include "base/text.h"
#include "wire/s3/sigv4.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const auto text = as_text({data, size});
  const auto lines = split(text, '\n');
  http::RequestHead request;
  request.method = "GET";
  request.headers.add("Host", "h");
  request.headers.add("x-amz-date", "20130524T000000Z");
  request.headers.add("x-amz-content-sha256", s3::kUnsignedPayload);
  if (!lines[0].empty()) request.headers.add("Authorization", lines[0]);
  request.target = lines.size() > 1 ? std::string(lines[1]) : "/";
  s3::Verifier verifier({.access_key = "AKIA", .secret_key = "a secret that the input does not know"}, "");
  if (verifier.verify(request, *s3::parse_amz_date("20130524T000000Z")).outcome == s3::AuthOutcome::kAllowed) std::abort();
  return 0;
}
