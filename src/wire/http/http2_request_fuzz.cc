// Fields of HTTP/2 requests: what is accepted reads back as the same request when it is written as HTTP/1.1.
#include "base/assert.h"
#include "base/text.h"
#include "wire/http/http2_request.h"
#include "wire/http/request_parser.h"
#include "wire/http/serialize.h"

namespace evershore::http {
namespace {

// "name LF value LF ..."; a few short names stand for the usual ones, so that the fuzzer gets past them.
std::string_view name_of(std::string_view text) {
  if (text == "m") return ":method";
  if (text == "s") return ":scheme";
  if (text == "a") return ":authority";
  if (text == "p") return ":path";
  if (text == "l") return "content-length";
  return text;
}

std::string_view take(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

void read_back(const RequestHead& head) {
  std::string text;
  append_request_line(text, head.method, head.target);
  append_field(text, "Host", head.host);
  append_fields(text, head.headers);
  text += "\r\n";
  RequestParser parser{HeadLimits{.head_bytes_max = 1 << 20, .start_line_bytes_max = 1 << 20, .fields_max = 1'000}};
  EVERSHORE_ASSERT(parser.feed(as_bytes(text)).state == ParseState::kDone);
  EVERSHORE_ASSERT(parser.head().method == head.method);
  EVERSHORE_ASSERT(parser.head().target == head.target);
  EVERSHORE_ASSERT(parser.head().host == head.host);
  EVERSHORE_ASSERT(parser.head().content_length == head.content_length);
  EVERSHORE_ASSERT(!parser.head().chunked);
  EVERSHORE_ASSERT(parser.head().keep_alive || head.method == "CONNECT");
  EVERSHORE_ASSERT(parser.head().headers.size() == head.headers.size() + 1);
}

}  // namespace
}  // namespace evershore::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  using namespace evershore::http;
  auto text = as_text(std::span(data, size));
  Http2RequestBuilder builder{HeadLimits{}};
  builder.reset();
  if (size % 2 == 0) {
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/x"}})
      builder.add(name, value);
  }
  while (!text.empty()) {
    const auto name = name_of(take(text));
    builder.add(name, take(text));
  }
  if (builder.finish().status == 0) read_back(builder.head());
  return 0;
}
