// Heads and chunked bodies: the same bytes, whole and in pieces, must come to the same end.
#include <cstdlib>

#include "base/assert.h"
#include "base/text.h"
#include "wire/http/chunked.h"
#include "wire/http/request_parser.h"
#include "wire/http/response_parser.h"

namespace evershore::http {
namespace {

using Bytes = std::span<const uint8_t>;

template <class Parser>
std::pair<ParseState, size_t> run(Parser& parser, Bytes input, size_t step) {
  size_t used = 0;
  while (used < input.size()) {
    const auto fed = parser.feed(input.subspan(used, std::min(step, input.size() - used)));
    used += fed.consumed;
    if (fed.state != ParseState::kNeedMore) return {fed.state, used};
  }
  return {ParseState::kNeedMore, used};
}

template <class Parser>
void heads(Bytes input, size_t step) {
  Parser whole{HeadLimits{}}, pieces{HeadLimits{}};
  const auto a = run(whole, input, input.size() + 1);
  const auto b = run(pieces, input, step);
  EVERSHORE_ASSERT(a.first == b.first);
  EVERSHORE_ASSERT(whole.error().status == pieces.error().status);
  if (a.first != ParseState::kDone) return;
  EVERSHORE_ASSERT(a.second == b.second);
  EVERSHORE_ASSERT(whole.head().headers.size() == pieces.head().headers.size());
}

std::string chunks(Bytes input, size_t step, ParseState& state) {
  ChunkedDecoder decoder;
  std::string data;
  state = ParseState::kNeedMore;
  while (!input.empty() && state == ParseState::kNeedMore) {
    const auto fed = decoder.feed(input.first(std::min(step, input.size())));
    data += as_text(fed.data);
    state = fed.state;
    input = input.subspan(fed.consumed);
  }
  return data;
}

}  // namespace
}  // namespace evershore::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore::http;
  if (size < 1) return 0;
  const size_t step = size_t{1} + data[0] % 32;
  const Bytes input(data + 1, size - 1);
  heads<RequestParser>(input, step);
  heads<ResponseParser>(input, step);
  ParseState whole, pieces;
  EVERSHORE_ASSERT(chunks(input, size, whole) == chunks(input, step, pieces));
  EVERSHORE_ASSERT(whole == pieces);
  return 0;
}
