// Percent-encoding as S3 signs it: everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evershore::s3 {

enum class Slash : uint8_t { kKept, kEncoded };
enum class PlusMeans : uint8_t { kPlus, kSpace };  // kSpace: query strings and the keys of events are form-encoded

std::string encode(std::string_view bytes, Slash slash);
// A '%' that two hex digits do not follow stands for itself.
std::string decode(std::string_view text, PlusMeans plus);

}  // namespace evershore::s3
