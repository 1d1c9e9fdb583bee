// What the files of Node share.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/stream.h"

namespace evershore::app {

inline constexpr Duration kKeysInterval = std::chrono::minutes(1);  // between two looks at the zones' keys

// On the board, over restarts.
inline constexpr const char* kSerialsKey = "dns_serials";
inline constexpr const char* kUsableKey = "dns_last_usable";
inline constexpr const char* kOutsideKey = "dns_outside";
inline constexpr const char* kSilencePrefix = "silence/";  // and its number

Result<std::vector<io::Endpoint>> endpoints_of(const std::vector<std::string>& texts);

}  // namespace evershore::app
