// Request heads from HTTP/2's fields (RFC 9113 8.2, 8.3), one at a time, as strictly as from HTTP/1.1: what comes out could have been
// written as an HTTP/1.1 head and read back as the same.
#pragma once

#include "wire/http/head_reader.h"

namespace evershore::http {

// Refused with 400: a missing, doubled, late or unknown pseudo-field, an upper-case or bad name, a bad value, fields that belong to a
// connection, a Host that contradicts :authority, differing Content-Length. 414, 431: too long. 501: a method longer than any known.
class Http2RequestBuilder {
 public:
  explicit Http2RequestBuilder(HeadLimits limits) : limits_(limits) {}

  void reset();  // for the next request; keeps the room
  // In the order of the wire. After an error only sizes are counted: what is refused takes no memory.
  void add(std::string_view name, std::string_view value);
  // After the last field. Status 0: head() is whole.
  ParseError finish();

  const RequestHead& head() const { return head_; }
  size_t list_bytes() const { return list_bytes_; }  // as RFC 9113 6.5.2 counts: 32 more for each field

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void add_path(std::string_view value);
  void add_field(std::string_view name, std::string_view value);
  void add_cookie(std::string_view value);
  void refuse(ParseError error);
  ParseError check_target();

  HeadLimits limits_;
  RequestHead head_;
  ParseError error_;
  size_t list_bytes_ = 0;
  bool fields_begun_ = false;
  bool method_seen_ = false;
  bool scheme_seen_ = false;
  bool path_seen_ = false;
  bool authority_seen_ = false;
  bool host_seen_ = false;
  std::string cookies_;  // RFC 9113 8.2.3: crumbs, to be one field again
};

}  // namespace evershore::http
