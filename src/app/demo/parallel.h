// The same job for many indices, several at a time. One loop's.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "base/task.h"

namespace evershore::app::demo {

using IndexJob = std::function<Task<Result<void>>(size_t)>;  // a call to a named coroutine

// Jobs 0 ... `count` - 1, `width` at a time. The first error stops it: jobs that have begun still end.
Task<Result<void>> for_each_index(size_t count, size_t width, IndexJob job);

}  // namespace evershore::app::demo
