#include "dns/usable_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::dns {

std::string usable_text(const LastUsable& usable) {
  std::string out;
  for (const auto& [record, flags] : usable) {
    out += fmt::format("{} {} ", record.first.text(), record.second);
    for (const bool flag : flags) out += flag ? '1' : '0';
    out += '\n';
  }
  return out;
}

LastUsable usable_from_text(std::string_view text) {
  LastUsable out;
  for (const auto line : split(text, '\n')) {
    const auto parts = split(line, ' ');
    if (parts.size() != 3 || parts[2].empty() || parts[2].find_first_not_of("01") != std::string_view::npos) continue;
    const auto name = Name::parse(parts[0]);
    const auto type = parse_u64(parts[1]);
    if (!name || !type || *type > UINT16_MAX) continue;
    auto& flags = out[{*name, static_cast<uint16_t>(*type)}];
    flags.clear();
    for (const char flag : parts[2]) flags.push_back(flag == '1');
  }
  return out;
}

}  // namespace evershore::dns
