// Finds a line in a log file that others write meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::io {

inline constexpr size_t kSearchedLineBytesMax = 128 << 10;  // of a line; a longer one is not found

// The last whole line that holds `needle` (not empty, without a line's end), without its end; looks at the file's last `bytes_max` bytes.
// Blocking, for a worker: a GiB takes some tenths of a second. kNotFound: no such line, or no such file.
Result<std::string> last_line_with(const std::string& path, std::string_view needle, uint64_t bytes_max);

}  // namespace evershore::io
