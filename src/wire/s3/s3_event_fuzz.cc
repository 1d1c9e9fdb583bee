#include <cstdlib>

#include "base/text.h"
#include "wire/s3/event.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const auto events = s3::parse_events(as_text({data, size}));
  if (!events) return 0;
  for (const auto& event : *events) {
    const auto again = s3::parse_events(s3::render_event(event, "r"));
    if (!again || again->size() != 1 || again->front().key != event.key) std::abort();
  }
  return 0;
}
