// The console's own files, made of web/ by the build and kept in the program: each as it is, and gzip'd.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace evershore::console {

struct ConsoleFile {
  std::string_view path;  // "/", "/console.js", ...: those of is_console_file()
  std::string_view type;
  std::span<const uint8_t> plain;
  std::span<const uint8_t> gzip;
};
// nullptr: none of them. Any thread.
const ConsoleFile* find_console_file(std::string_view path);

}  // namespace evershore::console
