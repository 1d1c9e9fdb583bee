// The HTTP codec's part of a request's cost: a browser-sized head in, a response head out, chunks and ranges.
#include <benchmark/benchmark.h>

#include "base/text.h"
#include "wire/http/chunked.h"
#include "wire/http/date.h"
#include "wire/http/range.h"
#include "wire/http/request_parser.h"
#include "wire/http/response_parser.h"
#include "wire/http/serialize.h"

namespace evershore::http {
namespace {

constexpr std::string_view kSmallRequest = "GET /assets/app.js HTTP/1.1\r\nHost: assets.example.com\r\n\r\n";
constexpr std::string_view kBrowserRequest =
    "GET /assets/css/site.css?v=20261122 HTTP/1.1\r\nHost: assets.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/css,*/*;q=0.1\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\nReferer: https://www.example.com/\r\nSec-Fetch-Dest: style\r\nSec-Fetch-Mode: no-cors\r\n"
    "If-None-Match: \"9bb58f26192e4ba00f01e2e7b136bbd8\"\r\nPriority: u=2\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 19:03:38 GMT\r\nLast-Modified: Sun, 22 Nov 2026 18:00:00 GMT\r\n"
    "ETag: \"9bb58f26192e4ba00f01e2e7b136bbd8\"\r\nx-amz-request-id: 4442587FB7D0A2F9\r\nAccept-Ranges: bytes\r\n"
    "Content-Type: text/css\r\nContent-Length: 1024\r\nServer: AmazonS3\r\n\r\n";

template <class Parser>
void parse(benchmark::State& state, std::string_view text) {
  Parser parser{HeadLimits{}};
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.feed(as_bytes(text)));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
void parse_request(benchmark::State& state, std::string_view text) { parse<RequestParser>(state, text); }
void parse_response(benchmark::State& state, std::string_view text) { parse<ResponseParser>(state, text); }
BENCHMARK_CAPTURE(parse_request, small, kSmallRequest);
BENCHMARK_CAPTURE(parse_request, browser, kBrowserRequest);
BENCHMARK_CAPTURE(parse_response, object, kResponse);

void serialize_response(benchmark::State& state) {
  ResponseParser parser{HeadLimits{}};
  parser.feed(as_bytes(kResponse));
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_response_head(out, parser.head());
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(serialize_response);

void decode_chunks(benchmark::State& state) {
  const std::vector<uint8_t> data(static_cast<size_t>(state.range(0)), 'x');
  std::string body;
  while (body.size() < 256 * 1024) append_chunk(body, data);
  body += kLastChunk;
  for (auto _ : state) {
    ChunkedDecoder decoder;
    for (auto rest = as_bytes(body); !rest.empty();) rest = rest.subspan(decoder.feed(rest).consumed);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * body.size()));
}
BENCHMARK(decode_chunks)->Arg(64)->Arg(16 * 1024);

void format_date(benchmark::State& state) {
  Wall time{std::chrono::seconds(1'795'000'000)};
  for (auto _ : state) benchmark::DoNotOptimize(format_http_date(time += std::chrono::seconds(1)));
}
BENCHMARK(format_date);

void parse_range_field(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decide_range("bytes=1048576-2097151", 1 << 30));
}
BENCHMARK(parse_range_field);

}  // namespace
}  // namespace evershore::http

BENCHMARK_MAIN();
