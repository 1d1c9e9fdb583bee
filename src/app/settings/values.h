// One setting's text -> its value, within its limits. Errors say what is wrong with the text and what to write instead.
#pragma once

#include <string>
#include <string_view>

#include "app/settings/row.h"
#include "base/result.h"

namespace evershore::app {

inline constexpr size_t kSecretBytesMax = 64 << 10;

Result<Duration> read_duration(std::string_view text, const Limits& limits);
Result<uint64_t> read_size(std::string_view text, const Limits& limits);
Result<uint64_t> read_number(int64_t value, const Limits& limits);
// In the normal form of its format. `folder` is what relative paths start from.
Result<std::string> read_text(std::string_view text, const Limits& limits, const std::string& folder);
// Place in limits.options.
Result<size_t> read_option(std::string_view text, const Limits& limits);
// Literal, "env:NAME" or "file:PATH". Errors never hold the secret.
Result<Secret> read_secret(std::string_view text, const std::string& folder);

// "1h", "512MiB": as people write it.
std::string plain_duration(Duration span);
std::string plain_size(uint64_t bytes);

}  // namespace evershore::app
