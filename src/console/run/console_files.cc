#include "console/run/console_files.h"

#include <algorithm>
#include <array>

// EVERSHORE_CONSOLE_FILES is the folder where scripts/build-console has put them. The assembler takes them in as they are: no
// compiler reads a hundred thousand numbers.
#define EVERSHORE_TAKE_IN(symbol, file)                                                                              \
  asm(".section .rodata\n.balign 16\n.global " #symbol "\n" #symbol ":\n.incbin \"" EVERSHORE_CONSOLE_FILES "/" file \
      "\"\n.global " #symbol "_end\n" #symbol "_end:\n.byte 0\n.previous\n");                                        \
  extern "C" const uint8_t symbol[];                                                                                 \
  extern "C" const uint8_t symbol##_end[]

EVERSHORE_TAKE_IN(evershore_console_page, "index.html");
EVERSHORE_TAKE_IN(evershore_console_page_gz, "index.html.gz");
EVERSHORE_TAKE_IN(evershore_console_script, "console.js");
EVERSHORE_TAKE_IN(evershore_console_script_gz, "console.js.gz");
EVERSHORE_TAKE_IN(evershore_console_style, "console.css");
EVERSHORE_TAKE_IN(evershore_console_style_gz, "console.css.gz");
EVERSHORE_TAKE_IN(evershore_console_icon, "favicon.svg");
EVERSHORE_TAKE_IN(evershore_console_icon_gz, "favicon.svg.gz");

namespace evershore::console {

const ConsoleFile* find_console_file(std::string_view path) {
  static const std::array<ConsoleFile, 4> kFiles{{
      {"/",
       "text/html; charset=utf-8",
       {evershore_console_page, evershore_console_page_end},
       {evershore_console_page_gz, evershore_console_page_gz_end}},
      {"/console.js",
       "text/javascript; charset=utf-8",
       {evershore_console_script, evershore_console_script_end},
       {evershore_console_script_gz, evershore_console_script_gz_end}},
      {"/console.css",
       "text/css; charset=utf-8",
       {evershore_console_style, evershore_console_style_end},
       {evershore_console_style_gz, evershore_console_style_gz_end}},
      {"/favicon.svg",
       "image/svg+xml",
       {evershore_console_icon, evershore_console_icon_end},
       {evershore_console_icon_gz, evershore_console_icon_gz_end}},
  }};
  const auto at = std::ranges::find(kFiles, path, &ConsoleFile::path);
  return at == kFiles.end() ? nullptr : &*at;
}

}  // namespace evershore::console
