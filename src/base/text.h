// Small text and byte helpers that every floor needs: ASCII case, numbers, hex, base64, durations, sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace evershore {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);                                // spaces and tabs at both ends
std::vector<std::string_view> split(std::string_view text, char separator);  // "a,,b" -> {"a", "", "b"}

// Digits only (no sign, no space, no overflow).
std::optional<uint64_t> parse_u64(std::string_view text);
std::optional<uint64_t> parse_hex_u64(std::string_view text);

std::string to_hex(std::span<const uint8_t> bytes);  // lower case
std::optional<std::vector<uint8_t>> from_hex(std::string_view text);
std::string to_base64(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> from_base64(std::string_view text);  // strict, padded

inline std::span<const uint8_t> as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(std::span<const uint8_t> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// "250ms", "10s", "15m", "1h", "7d"; whole numbers; a unit is required (except "0").
Result<Duration> parse_duration(std::string_view text);
// "0", "512KiB", "256MiB", "20GiB", "1TiB", "10MB" (decimal), "123" (bytes).
Result<uint64_t> parse_size(std::string_view text);
std::string format_duration(Duration span);  // "250 ms", "3.2 s", "4 min 10 s", "2 h 5 min", "4 d 3 h"
std::string format_size(uint64_t bytes);     // "812 B", "1.4 MiB"

// "2026-11-22T19:03:38Z" and back (milliseconds kept when present).
std::string format_iso8601(Wall time);
std::optional<Wall> parse_iso8601(std::string_view text);

// Edit distance (insert, delete, replace, swap of neighbours); for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace evershore
