#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace evershore {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "evershore: bug: %s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace evershore
