// The part that requests and responses share: where a head ends, and its field lines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http/message.h"

namespace evershore::http {

struct HeadLimits {
  size_t head_bytes_max = 32 * 1024;        // all lines with their ends
  size_t start_line_bytes_max = 16 * 1024;  // without its end
  size_t fields_max = 256;
};

enum class ParseState : uint8_t { kNeedMore, kDone, kError };

// Why a message was refused, and the status that says so (for a response: always 502).
struct ParseError {
  uint16_t status = 0;
  std::string_view text;  // a literal
};

// Finds the end of a head over any split of the input. A head that arrives in one piece is not copied.
class HeadReader {
 public:
  enum class Kind : uint8_t { kRequest, kResponse };
  enum class Outcome : uint8_t { kNeedMore, kComplete, kBareLineFeed, kStartLineTooLong, kHeadTooLong };
  struct Fed {
    Outcome outcome;
    size_t consumed;  // kNeedMore: all; kComplete: up to and with the empty line
  };

  HeadReader(Kind kind, HeadLimits limits) : kind_(kind), limits_(limits) {}
  Fed feed(std::span<const uint8_t> bytes);
  // After kComplete: the start line and each field line, every one ended by CRLF, without the closing empty line.
  // Points into the bytes of the last feed() or into this reader.
  std::string_view block() const { return block_; }
  void reset();
  bool empty() const { return kept_.empty(); }  // nothing of a head has come yet
  const HeadLimits& limits() const { return limits_; }

 private:
  Fed scan(std::string_view view, size_t already);

  Kind kind_;
  HeadLimits limits_;
  std::string kept_;
  std::string_view block_;
  size_t scanned_ = 0;
  size_t line_start_ = 0;
  size_t block_start_ = 0;
  bool start_line_seen_ = false;
};

// What the fields say about framing and the connection (RFC 9112 6, 7, 9.3).
struct Framing {
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  size_t hosts = 0;
  std::string_view host;
  ParseError error = {};  // status 0 = fine
};

// Takes the first line off `block` (without its CRLF).
std::string_view take_line(std::string_view& block);
// Parses field lines into `headers`. `minor_version` matters for Transfer-Encoding.
Framing parse_fields(std::string_view lines, uint8_t minor_version, size_t fields_max, Headers& headers);

}  // namespace evershore::http
