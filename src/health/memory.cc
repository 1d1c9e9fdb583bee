#include "health/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::health {

namespace {

constexpr std::string_view kFirstLine = "evershore-health 1";

std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

// NAME tab up|down tab SINCE tab WHY, a check a line.
std::string write_memory(const Memory& memory) {
  std::string text = fmt::format("{}\n", kFirstLine);
  for (const auto& [name, check] : memory) {
    if (check.health == Health::kUnknown) continue;
    text += fmt::format("{}\t{}\t{}\t{}\n", one_line(name), health_name(check.health), format_iso8601(check.since), one_line(check.why));
  }
  return text;
}

Memory read_memory(std::string_view text) {
  Memory memory;
  if (text.size() > kMemoryBytesMax) return memory;
  const auto lines = split(text, '\n');
  if (lines.front() != kFirstLine) return memory;
  for (const std::string_view line : lines) {
    const auto cells = split(line, '\t');
    if (cells.size() != 4) continue;
    const auto since = parse_iso8601(cells[2]);
    const bool up = cells[1] == health_name(Health::kUp);
    if (!since || (!up && cells[1] != health_name(Health::kDown))) continue;
    memory[std::string(cells[0])] = {up ? Health::kUp : Health::kDown, *since, std::string(cells[3])};
  }
  return memory;
}

}  // namespace evershore::health
