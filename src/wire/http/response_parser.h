// Response heads from bytes (RFC 9112 4, 5, 6), incrementally. As strict as the request parser: an origin that frames
// doubtfully is not trusted with the connection.
#pragma once

#include "wire/http/head_reader.h"

namespace evershore::http {

class ResponseParser {
 public:
  explicit ResponseParser(HeadLimits limits) : reader_(HeadReader::Kind::kResponse, limits) {}

  struct Fed {
    ParseState state;
    size_t consumed;  // after kDone the rest belongs to the body, or to the next head after a 1xx
  };
  // After kDone or kError: reset() before the next feed(). 1xx heads are reported like others.
  Fed feed(std::span<const uint8_t> bytes);
  // After kDone; may be moved from. keep_alive is false after a 204 that announces a body.
  ResponseHead& head() { return head_; }
  const ParseError& error() const { return error_; }
  void reset();
  bool idle() const { return reader_.empty(); }

 private:
  HeadReader reader_;
  ResponseHead head_;
  ParseError error_;
};

}  // namespace evershore::http
