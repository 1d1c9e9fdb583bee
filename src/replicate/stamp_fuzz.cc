// Stamps come from user metadata, so from anyone. Whatever decodes must encode back to the same bytes.
#include "base/assert.h"
#include "base/text.h"
#include "replicate/version.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const std::string_view text = as_text({data, size});
  const auto stamp = replicate::decode_stamp(text, "key", 5);
  if (stamp) EVERSHORE_ASSERT(replicate::encode_stamp(*stamp, "key", 5) == text);
  return 0;
}
