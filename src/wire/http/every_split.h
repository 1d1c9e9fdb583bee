// For tests: runs a parser over every way to cut its input in two, and over one byte at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace evershore::http {

using Pieces = std::vector<std::span<const uint8_t>>;

inline void for_every_split(std::string_view input, const std::function<void(const Pieces&)>& run) {
  const auto bytes = as_bytes(input);
  run({bytes});
  for (size_t cut = 1; cut < bytes.size(); ++cut) run({bytes.first(cut), bytes.subspan(cut)});
  Pieces single;
  for (size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.subspan(i, 1));
  run(single);
}

}  // namespace evershore::http
