// Request heads from bytes (RFC 9112 3, 5, 6), incrementally and strictly: whatever two implementations might read
// differently is refused.
#pragma once

#include "wire/http/head_reader.h"

namespace evershore::http {

// Refused with 400: malformed lines, bare LF, folded lines, space before a colon, bad characters, no or several Host,
// a Host other than the absolute form's authority, Transfer-Encoding with Content-Length, differing Content-Length. 414, 431: too long.
// 501: a transfer coding other than chunked, a method longer than any known. 505: a major version other than 1.
class RequestParser {
 public:
  explicit RequestParser(HeadLimits limits) : reader_(HeadReader::Kind::kRequest, limits) {}

  struct Fed {
    ParseState state;
    size_t consumed;  // of the bytes given; after kDone the rest belongs to the body or to the next request
  };
  // After kDone or kError: reset() before the next feed().
  Fed feed(std::span<const uint8_t> bytes);
  RequestHead& head() { return head_; }  // after kDone; may be moved from
  const RequestHead& head() const { return head_; }
  const ParseError& error() const { return error_; }
  void reset();
  bool idle() const { return reader_.empty(); }  // nothing of a request has come yet

 private:
  HeadReader reader_;
  RequestHead head_;
  ParseError error_;
};

// "host", "host:80", "[::1]:80"; empty is allowed (RFC 9112 3.2).
bool valid_authority(std::string_view authority);

}  // namespace evershore::http
