// Domain names as values (RFC 1035 3.1, RFC 4343). A Name is the uncompressed wire form with its letter case kept;
// comparing and hashing ignore ASCII case only, label bytes are otherwise arbitrary.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::dnswire {

inline constexpr size_t kNameBytesMax = 255;  // RFC 1035 2.3.4, with the root's length byte
inline constexpr size_t kLabelBytesMax = 63;
inline constexpr size_t kLabelsMax = 127;

class Name {
 public:
  Name() : wire_(1, '\0') {}  // the root

  // Presentation form, always absolute: "www.example.com" and "www.example.com." are the same. \DDD and \X escapes.
  static Result<Name> parse(std::string_view text);
  // Exactly one uncompressed name.
  static Result<Name> from_wire(std::string_view wire);

  std::string_view wire() const { return wire_; }
  std::string text() const;  // with the final dot; "." for the root
  bool is_root() const { return wire_.size() == 1; }
  size_t labels() const;              // without the root's
  std::string_view label() const;     // leftmost; "" for the root
  Name parent() const;                // of the root: the root
  bool under(const Name& top) const;  // equal to `top` or below it
  bool is_wildcard() const { return wire_.size() > 2 && wire_[0] == 1 && wire_[1] == '*'; }
  Name lower() const;
  // "label.this"; false when it would be too long.
  bool push_front(std::string_view label);

  // Ignoring case; the order is that of the lower-cased wire form (for maps, not DNSSEC's).
  bool operator==(const Name& other) const;
  bool operator<(const Name& other) const;

 private:
  explicit Name(std::string wire) : wire_(std::move(wire)) {}
  std::string wire_;
};

// The order of Name for two names in wire form.
bool name_less(std::string_view a, std::string_view b);

// Lower-cases a name in wire form. Length bytes (at most 63) lie below 'A', so plain byte-wise folding is right.
void lower_wire(std::span<const uint8_t> wire, uint8_t* out);

// A hash that grows label by label from the root, so that one pass gives the hash of every ancestor.
// `label` is the length byte and the label's bytes, lower case, `size` of them; kHashReadAhead bytes from any place in it
// must be readable, whatever they hold. Start with kHashRoot.
inline constexpr size_t kHashReadAhead = 8;
inline constexpr uint64_t kHashRoot = 0x9E3779B97F4A7C15ULL;
uint64_t hash_label(uint64_t parent, const uint8_t* label, size_t size);
uint64_t hash_name(const Name& name);

}  // namespace evershore::dnswire
