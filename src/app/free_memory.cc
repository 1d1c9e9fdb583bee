#include "app/free_memory.h"

#include <gperftools/malloc_extension_c.h>

// Only there where the program is linked with tcmalloc: not in builds with sanitizers, which bring their own allocator.
extern "C" [[gnu::weak]] void MallocExtension_ReleaseFreeMemory(void);

namespace evershore::app {

void give_back_free_memory() {
  if (MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
}

}  // namespace evershore::app
