// The same bytes in one piece and in pieces of a length the input chooses: the same data, the same outcome.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "wire/s3/aws_chunked.h"

namespace {
using namespace evershore;

std::string outcome(std::span<const uint8_t> input, size_t piece) {
  s3::AwsChunkedDecoder decoder(std::nullopt, s3::TrailerRule::kAllowed);
  std::string data;
  while (!input.empty() && !decoder.done()) {
    const auto step = decoder.step(input.first(std::min(piece, input.size())));
    if (!step) return "refused";
    if (step->consumed == 0) std::abort();
    data += as_text(step->data);
    input = input.subspan(step->consumed);
  }
  return data + (decoder.done() ? "|done|" : "|more|") + std::to_string(decoder.trailers().size());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> input(data + 1, size - 1);
  if (outcome(input, size) != outcome(input, data[0] % 16 + 1U)) std::abort();
  return 0;
}
