#include "wire/dns/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "wire/dns/text_escape.h"

namespace evershore::dnswire {

namespace {

std::unexpected<Error> bad_name(std::string_view text, std::string_view why) {
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not a domain name: {}", text, why));
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<uint8_t>(c);
  if (byte <= ' ' || byte >= 0x7F) {
    out += fmt::format("\\{:03}", byte);
    return;
  }
  if (c == '.' || c == '\\' || c == '"' || c == ';' || c == '(' || c == ')' || c == '@' || c == '$') out += '\\';
  out += c;
}

// Eight bytes at a time: no carry passes from one to the next, bytes above 127 stay.
uint64_t lower_word(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101'0101'0101'0101ULL;
  const uint64_t low_bits = word & (0x7F * kOnes);
  const uint64_t from_a = low_bits + (0x80 - 'A') * kOnes;    // top bit: 'A' or later
  const uint64_t beyond_z = low_bits + (0x7F - 'Z') * kOnes;  // top bit: after 'Z'
  const uint64_t upper = (from_a ^ beyond_z) & ~word & (0x80 * kOnes);
  return word | upper >> 2;  // 0x80 >> 2 is the bit between 'A' and 'a'
}

}  // namespace

Result<Name> Name::parse(std::string_view text) {
  if (text.empty()) return bad_name(text, "it is empty");
  if (text == ".") return Name();
  std::string wire(1, '\0');
  size_t label_start = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '.') {
      if (wire.size() == label_start + 1) return bad_name(text, "it has an empty label");
      wire[label_start] = static_cast<char>(wire.size() - label_start - 1);
      label_start = wire.size();
      wire += '\0';
      ++i;
      continue;
    }
    const auto byte = take_escaped(text, i);
    if (!byte) return bad_name(text, "a backslash needs one character or three digits up to 255");
    wire += *byte;
    if (wire.size() - label_start - 1 > kLabelBytesMax) return bad_name(text, "a label is longer than 63 bytes");
  }
  if (wire.size() > label_start + 1) {
    wire[label_start] = static_cast<char>(wire.size() - label_start - 1);
    wire += '\0';
  }
  if (wire.size() > kNameBytesMax) return bad_name(text, "it is longer than 255 bytes");
  return Name(std::move(wire));
}

Result<Name> Name::from_wire(std::string_view wire) {
  size_t at = 0;
  while (at < wire.size() && wire[at] != '\0') {
    if (static_cast<uint8_t>(wire[at]) > kLabelBytesMax) return fail(Fault::kInvalid, "label type not allowed");
    at += 1 + static_cast<uint8_t>(wire[at]);
  }
  if (at + 1 != wire.size() || wire.size() > kNameBytesMax) return fail(Fault::kInvalid, "not one whole name");
  return Name(std::string(wire));
}

std::string Name::text() const {
  if (is_root()) return ".";
  std::string out;
  for (size_t at = 0; wire_[at] != '\0'; at += 1 + static_cast<uint8_t>(wire_[at])) {
    for (size_t i = 0; i < static_cast<uint8_t>(wire_[at]); ++i) append_escaped(out, wire_[at + 1 + i]);
    out += '.';
  }
  return out;
}

size_t Name::labels() const {
  size_t count = 0;
  for (size_t at = 0; wire_[at] != '\0'; at += 1 + static_cast<uint8_t>(wire_[at])) ++count;
  return count;
}

std::string_view Name::label() const { return std::string_view(wire_).substr(1, static_cast<uint8_t>(wire_[0])); }

Name Name::parent() const {
  if (is_root()) return *this;
  return Name(wire_.substr(1 + static_cast<uint8_t>(wire_[0])));
}

bool Name::under(const Name& top) const {
  const size_t mine = labels();
  const size_t theirs = top.labels();
  if (mine < theirs) return false;
  size_t at = 0;
  for (size_t i = 0; i < mine - theirs; ++i) at += 1 + static_cast<uint8_t>(wire_[at]);
  return equal_ignoring_case(std::string_view(wire_).substr(at), top.wire_);
}

Name Name::lower() const { return Name(to_lower(wire_)); }

bool Name::push_front(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax || wire_.size() + label.size() + 1 > kNameBytesMax) return false;
  wire_.insert(0, label);
  wire_.insert(wire_.begin(), static_cast<char>(label.size()));
  return true;
}

bool Name::operator==(const Name& other) const { return equal_ignoring_case(wire_, other.wire_); }

bool Name::operator<(const Name& other) const { return name_less(wire_, other.wire_); }

bool name_less(std::string_view a, std::string_view b) {
  const auto folded = [](char c) { return static_cast<uint8_t>(ascii_lower(c)); };
  return std::ranges::lexicographical_compare(a, b, {}, folded, folded);
}

void lower_wire(std::span<const uint8_t> wire, uint8_t* out) {
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= wire.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, &wire[at], sizeof word);
    word = lower_word(word);
    std::memcpy(out + at, &word, sizeof word);
  }
  for (; at < wire.size(); ++at) out[at] = static_cast<uint8_t>(wire[at] | ((wire[at] >= 'A' && wire[at] <= 'Z') << 5));
}

uint64_t hash_label(uint64_t parent, const uint8_t* label, size_t size) {
  constexpr uint64_t kFactor = 0xFF51AFD7ED558CCDULL;
  uint64_t hash = parent ^ size;
  for (size_t at = 0; at < size; at += kHashReadAhead) {
    uint64_t word = 0;
    std::memcpy(&word, label + at, sizeof word);
    const size_t left = size - at;
    if (left < sizeof word) word &= (uint64_t{1} << (8 * left)) - 1;
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 32;
  }
  return hash;
}

uint64_t hash_name(const Name& name) {
  std::string lower = to_lower(name.wire());
  lower.append(kHashReadAhead, '\0');
  std::vector<size_t> starts;
  for (size_t at = 0; lower[at] != '\0'; at += 1 + static_cast<uint8_t>(lower[at])) starts.push_back(at);
  uint64_t hash = kHashRoot;
  for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
    const auto* label = reinterpret_cast<const uint8_t*>(lower.data() + *start);
    hash = hash_label(hash, label, 1 + size_t{label[0]});
  }
  return hash;
}

}  // namespace evershore::dnswire
