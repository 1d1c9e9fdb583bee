#include "dns/master_text_entries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::dns {

namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

std::unexpected<Error> bad(std::string text) { return fail(Fault::kInvalid, "$GENERATE: " + std::move(text)); }

}  // namespace

bool MasterEntries::next(MasterEntry& entry, std::string& problem) {
  while (at_ < text_.size()) {
    entry.line = line_;
    entry.text.clear();
    problem.clear();
    if (!read_entry(entry, problem)) return true;
    if (!std::ranges::all_of(entry.text, blank)) return true;
  }
  return false;
}

void MasterEntries::skip_comment() {
  while (at_ < text_.size() && text_[at_] != '\n') ++at_;
}

// Up to the line end that ends the entry. False: broken.
bool MasterEntries::read_entry(MasterEntry& entry, std::string& problem) {
  size_t open = 0;
  bool quoted = false;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '\n') {
      ++line_;
      if (quoted) problem = "the closing quote is missing";
      if (quoted) return false;
      if (open == 0) return true;
      entry.text += ' ';
    } else if (c == '\\' && at_ < text_.size() && text_[at_] != '\n') {
      entry.text += c;
      entry.text += text_[at_++];
    } else if (c == '"') {
      quoted = !quoted;
      entry.text += c;
    } else if (quoted) {
      entry.text += c;
    } else if (c == ';') {
      skip_comment();
    } else if (c == '(' || c == ')') {
      if (c == ')' && open == 0) {
        problem = "there is no opening parenthesis for this closing one";
        skip_comment();
        return false;
      }
      if (c == '(') ++open;
      if (c == ')') --open;
      entry.text += ' ';
    } else if (c != '\r') {
      entry.text += c;
    }
  }
  if (quoted) problem = "the closing quote is missing";
  if (open > 0) problem = "the closing parenthesis is missing";
  return problem.empty();
}

namespace {

struct Range {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t step = 1;
};

Result<Range> read_range(std::string_view text) {
  constexpr uint64_t kNumberMax = 0x7FFF'FFFF;
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (dash != std::string_view::npos && (slash == std::string_view::npos || slash > dash)) {
    const auto first = parse_u64(text.substr(0, dash));
    const auto last = parse_u64(text.substr(dash + 1, slash == std::string_view::npos ? slash : slash - dash - 1));
    const auto step = slash == std::string_view::npos ? std::optional<uint64_t>(1) : parse_u64(text.substr(slash + 1));
    if (first && last && step && *first <= *last && *last <= kNumberMax && *step > 0 && *step <= kNumberMax)
      return Range{*first, *last, *step};
  }
  return bad(fmt::format("\"{}\" is not a range; write it like 1-10 or 1-10/2", text));
}

std::string nibbles(uint64_t number, size_t width, bool upper) {
  std::string out;
  // Digits and dots count towards the width.
  while (number > 0 || out.size() < std::max<size_t>(width, 1)) {
    if (!out.empty()) out += '.';
    out += fmt::format(fmt::runtime(upper ? "{:X}" : "{:x}"), number & 0xF);
    number >>= 4;
  }
  return out;
}

std::string in_base(uint64_t number, size_t width, char base) {
  switch (base) {
    case 'o': return fmt::format("{:0{}o}", number, width);
    case 'x': return fmt::format("{:0{}x}", number, width);
    case 'X': return fmt::format("{:0{}X}", number, width);
    case 'n': return nibbles(number, width, false);
    case 'N': return nibbles(number, width, true);
    default: return fmt::format("{:0{}d}", number, width);
  }
}

// The inside of ${...}.
Result<std::string> modified(std::string_view modifier, uint64_t number) {
  const auto parts = split(modifier, ',');
  const bool minus = parts[0].starts_with('-');
  const auto offset = parse_u64(minus || parts[0].starts_with('+') ? parts[0].substr(1) : parts[0]);
  const auto width = parts.size() > 1 ? parse_u64(parts[1]) : std::optional<uint64_t>(0);
  const std::string_view base = parts.size() > 2 ? parts[2] : "d";
  const bool sound = parts.size() <= 3 && offset && *offset <= 0x7FFF'FFFF && width && *width <= kGenerateWidthMax && base.size() == 1 &&
                     std::string_view("doxXnN").contains(base[0]);
  if (!sound) return bad(fmt::format("\"${{{}}}\" is not OFFSET,WIDTH,BASE", modifier));
  if (minus && *offset > number) return bad(fmt::format("\"${{{}}}\" makes {} negative", modifier, number));
  return in_base(minus ? number - *offset : number + *offset, *width, base[0]);
}

Result<std::string> put_number(std::string_view text, uint64_t number) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto next = text.substr(i + 1);
    if (text[i] == '\\' && !next.empty()) {
      out += text.substr(i, 2);
      ++i;
    } else if (text[i] != '$') {
      out += text[i];
    } else if (next.starts_with('$')) {
      out += "\\$";
      ++i;
    } else if (next.starts_with('{')) {
      const size_t end = next.find('}');
      if (end == std::string_view::npos) return bad("the closing brace is missing");
      TRY(const auto put, modified(next.substr(1, end - 1), number));
      out += put;
      i += end + 1;
    } else {
      out += fmt::format("{}", number);
    }
  }
  return out;
}

std::string_view take_word(std::string_view& words) {
  while (!words.empty() && blank(words.front())) words.remove_prefix(1);
  const size_t size = std::min(words.find_first_of(" \t"), words.size());
  const auto word = words.substr(0, size);
  words.remove_prefix(size);
  return word;
}

}  // namespace

Result<std::vector<std::string>> generate_records(std::string_view words, size_t limit) {
  TRY(const auto range, read_range(take_word(words)));
  const auto left = take_word(words);
  if (left.empty() || trim(words).empty()) return bad("write it like: $GENERATE 1-10 host$ A 10.0.0.$");
  if ((range.last - range.first) / range.step >= limit) return bad(fmt::format("makes too many records; there may be {} more", limit));
  std::vector<std::string> out;
  for (uint64_t number = range.first; number <= range.last; number += range.step) {
    TRY(auto record, put_number(left, number));
    TRY(const auto right, put_number(words, number));
    out.push_back(std::move(record) + right);
  }
  return out;
}

}  // namespace evershore::dns
