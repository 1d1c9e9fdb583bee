// What lies in a cache folder is read as if anybody could have written it.
#include "base/assert.h"
#include "base/text.h"
#include "edge/disk_format.h"
#include "edge/purge.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  using namespace evershore::edge;
  const std::span bytes(data, size);
  if (const auto head = decode_head(bytes)) {
    EVERSHORE_ASSERT(head->record_bytes() >= head->front_bytes());
    const auto front = bytes.first(std::min<size_t>(bytes.size(), head->front_bytes()));
    if (const auto decoded = decode_front(*head, front, "k", Mono{}, Wall{}))
      EVERSHORE_ASSERT(decoded->block_checksums.size() == head->blocks());
  }
  // Behind a head that is right, any meta.
  RecordHead head{.kind = RecordKind::kObject, .meta_bytes = static_cast<uint32_t>(size)};
  (void)decode_front(head, bytes, "k", Mono{}, Wall{});
  if (const auto lines = decode_index(as_text(bytes))) EVERSHORE_ASSERT(decode_index(encode_index(*lines)) == lines);
  (void)PurgeList::decode(as_text(bytes));
  return 0;
}
