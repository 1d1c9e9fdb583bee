// Bytes that claim to be stored rows: any of them is read or refused, and what was read is written the same way again.
#include "base/assert.h"
#include "base/text.h"
#include "queue/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const std::string_view bytes = as_text({data, size});
  if (const auto row = queue::decode_row("k", bytes)) EVERSHORE_ASSERT(queue::decode_row("k", queue::encode(*row)).value() == *row);
  if (const auto task = queue::decode_task("k", bytes))
    EVERSHORE_ASSERT(queue::decode_task("k", queue::encode(*task)).value().hint == task->hint);
  if (const auto facts = queue::decode_facts(bytes)) EVERSHORE_ASSERT(queue::decode_facts(queue::encode(*facts)).value() == *facts);
  return 0;
}
