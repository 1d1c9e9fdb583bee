#include "wire/http/http2_request.h"

#include "base/text.h"
#include "wire/http/chars.h"
#include "wire/http/request_parser.h"

namespace evershore::http {

namespace {

constexpr size_t kFieldOverheadBytes = 32;  // RFC 9113 6.5.2
constexpr size_t kMethodBytesMax = 32;

bool has_upper(std::string_view name) {
  return std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// RFC 9113 8.2.2: they speak of an HTTP/1.1 connection, which this is not.
bool of_connection(std::string_view name) {
  switch (name.size()) {
    case 7: return name == "upgrade";
    case 10: return name == "connection" || name == "keep-alive";
    case 16: return name == "proxy-connection";
    case 17: return name == "transfer-encoding";
    default: return false;
  }
}

// RFC 9113 8.2.1: no control characters, no space at either end.
bool good_value(std::string_view value) { return all_field_chars(value) && trim(value).size() == value.size(); }

}  // namespace

void Http2RequestBuilder::reset() {
  head_.method.clear();
  head_.target.clear();
  head_.host.clear();
  head_.headers.clear();
  head_.major_version = 2;
  head_.content_length.reset();
  error_ = {};
  list_bytes_ = 0;
  fields_begun_ = method_seen_ = scheme_seen_ = path_seen_ = authority_seen_ = host_seen_ = false;
  cookies_.clear();
}

// The first one stands.
void Http2RequestBuilder::refuse(ParseError error) {
  if (error_.status == 0) error_ = error;
}

void Http2RequestBuilder::add(std::string_view name, std::string_view value) {
  list_bytes_ += name.size() + value.size() + kFieldOverheadBytes;
  if (list_bytes_ > limits_.head_bytes_max) refuse({431, "request head too long"});
  if (error_.status != 0) return;
  if (!name.empty() && name.front() == ':') {
    if (fields_begun_) return refuse({400, "a pseudo-field after a field"});
    add_pseudo(name, value);
  } else {
    fields_begun_ = true;
    add_field(name, value);
  }
}

void Http2RequestBuilder::add_pseudo(std::string_view name, std::string_view value) {
  const auto once = [&](bool& seen) {
    if (std::exchange(seen, true)) refuse({400, "a pseudo-field is there twice"});
    return error_.status == 0;
  };
  if (name == ":method") {
    if (!once(method_seen_)) return;
    if (!is_token(value)) return refuse({400, "bad method"});
    if (value.size() > kMethodBytesMax) return refuse({501, "unknown method"});
    head_.method = value;
  } else if (name == ":path") {
    if (once(path_seen_)) add_path(value);
  } else if (name == ":scheme") {
    if (once(scheme_seen_) && value != "https" && value != "http") refuse({400, "bad :scheme"});
  } else if (name == ":authority") {
    if (!once(authority_seen_)) return;
    if (value.empty() || !valid_authority(value)) return refuse({400, "bad :authority"});
    if (host_seen_ && !equal_ignoring_case(head_.host, value)) return refuse({400, "Host and :authority differ"});
    head_.host = to_lower(value);
  } else {
    refuse({400, "unknown pseudo-field"});
  }
}

void Http2RequestBuilder::add_path(std::string_view value) {
  if (value.size() > limits_.start_line_bytes_max) return refuse({414, "request target too long"});
  if (value.empty() || !all_of(value, kTargetChars)) return refuse({400, "bad :path"});
  head_.target = value;
}

void Http2RequestBuilder::add_field(std::string_view name, std::string_view value) {
  if (!is_token(name) || has_upper(name)) return refuse({400, "bad field name"});
  if (!good_value(value)) return refuse({400, "bad character in a field value"});
  if (of_connection(name)) return refuse({400, "a field of HTTP/1.1 connections"});
  if (name == "te" && !equal_ignoring_case(value, "trailers")) return refuse({400, "bad TE"});
  if (head_.headers.size() == limits_.fields_max) return refuse({431, "too many fields"});
  if (name == "cookie") return add_cookie(value);
  if (name == "host") {
    // RFC 9113 8.3.1: it may repeat :authority, and stands for it if that is missing.
    if (std::exchange(host_seen_, true)) return refuse({400, "several Host fields"});
    if (!valid_authority(value)) return refuse({400, "bad Host"});
    if (authority_seen_ && !equal_ignoring_case(head_.host, value)) return refuse({400, "Host and :authority differ"});
    head_.host = to_lower(value);
    return;
  }
  if (name == "content-length") {
    const auto length = parse_u64(value);
    if (!length) return refuse({400, "bad Content-Length"});
    if (head_.content_length && *head_.content_length != *length) return refuse({400, "several Content-Length that differ"});
    head_.content_length = length;
  }
  head_.headers.add(name, value);
}

void Http2RequestBuilder::add_cookie(std::string_view value) {
  if (!cookies_.empty()) cookies_ += "; ";
  cookies_ += value;
}

// RFC 9113 8.3.1, 8.5.
ParseError Http2RequestBuilder::check_target() {
  if (!method_seen_) return {400, ":method is missing"};
  if (head_.host.empty()) return {400, ":authority is missing"};
  if (head_.method == "CONNECT") {
    if (path_seen_ || scheme_seen_ || !authority_seen_) return {400, "bad CONNECT"};
    head_.target = head_.host;
    return {};
  }
  if (!scheme_seen_) return {400, ":scheme is missing"};
  if (!path_seen_) return {400, ":path is missing"};
  if (head_.target.front() != '/' && !(head_.target == "*" && head_.method == "OPTIONS")) return {400, "bad :path"};
  return {};
}

ParseError Http2RequestBuilder::finish() {
  if (error_.status == 0) error_ = check_target();
  if (error_.status == 0 && !cookies_.empty()) head_.headers.add("cookie", cookies_);
  return error_;
}

}  // namespace evershore::http
