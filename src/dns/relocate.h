// Records that were prepared to stand behind one question, moved behind another name of a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evershore::dns {

struct Placement {
  size_t at = 0;          // where the records begin in the message
  size_t records = 0;     // how many
  size_t name_at = 0;     // where the name lies that they answer for, uncompressed
  size_t name_bytes = 0;  //
};

// The records point as if their name were the question's (at kHeaderBytes) and they came right behind the question. Makes them point to
// the name and to each other where these are. False: a place is too far for a pointer (RFC 1035 4.1.4), and the records are spoilt.
bool relocate(std::span<uint8_t> message, const Placement& placement);

}  // namespace evershore::dns
