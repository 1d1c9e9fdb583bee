// Any bytes at all give settings or problems, each with a place inside the text.
#include <cstdint>

#include "app/settings/settings.h"
#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = evershore::app::parse_settings(text, "evershore.toml");
  for (const auto& problem : loaded.problems) {
    EVERSHORE_ASSERT(problem.line >= 1);
    EVERSHORE_ASSERT(problem.column >= 1);
    EVERSHORE_ASSERT(!problem.message.empty());
  }
  return 0;
}
