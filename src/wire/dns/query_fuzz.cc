// A query from anywhere: the parser stays inside the packet, and what it says of the question holds.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore::dnswire;
  Query query;
  const auto verdict = parse_query({data, size}, query);
  EVERSHORE_ASSERT(query.question_bytes == 0 || kHeaderBytes + query.question_bytes <= size);
  if (verdict == Verdict::kOk) EVERSHORE_ASSERT(query.question_bytes == query.name_bytes + 4);
  const auto response = parse_response({data, size});
  if (!response) return 0;
  for (const auto& record : response->answers) static_cast<void>(record.value());
  return 0;
}
