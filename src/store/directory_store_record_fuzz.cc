#include <cstdlib>

#include "base/text.h"
#include "store/directory_store_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const auto record = store::decode_record({data, size});
  if (record && !store::decode_record(as_bytes(store::encode_record(*record)))) std::abort();
  return 0;
}
