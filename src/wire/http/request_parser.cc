#include "wire/http/request_parser.h"

#include "base/text.h"
#include "wire/http/chars.h"

namespace evershore::http {

namespace {

constexpr size_t kMethodBytesMax = 32;

constexpr ParseError kFine{};

ParseError parse_version(std::string_view text, uint8_t& minor) {
  const bool shaped = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!shaped) return {400, "bad request line"};
  if (text[5] != '1') return {505, "only HTTP/1 is spoken here"};
  minor = text[7] == '0' ? 0 : 1;  // RFC 9110 2.5: a higher minor version is handled as the highest we know
  return kFine;
}

// RFC 9112 3.2.2: http://authority/path?query. The scheme is not looked at further.
ParseError split_absolute(std::string_view target, RequestHead& head) {
  const auto rest = target.substr(target.find("://") + 3);
  const auto end = rest.find_first_of("/?");
  const auto authority = rest.substr(0, end);
  if (authority.empty() || !valid_authority(authority)) return {400, "bad authority in the request target"};
  head.host = to_lower(authority);
  const auto path = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  if (path.empty()) {
    head.target = head.method == "OPTIONS" ? "*" : "/";
  } else {
    head.target = path.front() == '?' ? "/" + std::string(path) : std::string(path);
  }
  return kFine;
}

bool is_absolute(std::string_view target) {
  return equal_ignoring_case(target.substr(0, 7), "http://") || equal_ignoring_case(target.substr(0, 8), "https://");
}

ParseError parse_target(std::string_view target, RequestHead& head) {
  if (target.empty() || !all_of(target, kTargetChars)) return {400, "bad request target"};
  if (head.method == "CONNECT") {
    if (!valid_authority(target)) return {400, "bad request target"};
    head.target = target;
    return kFine;
  }
  if (is_absolute(target)) return split_absolute(target, head);
  if (target.front() != '/' && !(target == "*" && head.method == "OPTIONS")) return {400, "bad request target"};
  head.target = target;
  return kFine;
}

ParseError parse_request_line(std::string_view line, RequestHead& head) {
  const auto method_end = line.find(' ');
  const auto target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) return {400, "bad request line"};
  const auto method = line.substr(0, method_end);
  if (!is_token(method)) return {400, "bad method"};
  if (method.size() > kMethodBytesMax) return {501, "unknown method"};
  head.method = method;
  const auto version = parse_version(line.substr(target_end + 1), head.minor_version);
  if (version.status != 0) return version;
  return parse_target(line.substr(method_end + 1, target_end - method_end - 1), head);
}

// "a:80" of http and "a:443" of https are "a".
std::string_view without_default_port(std::string_view authority) {
  for (const std::string_view port : {":80", ":443"})
    if (authority.ends_with(port)) return authority.substr(0, authority.size() - port.size());
  return authority;
}

// RFC 9112 3.2: exactly one Host in HTTP/1.1, at most one in 1.0, and a valid one.
ParseError check_host(const Framing& framing, RequestHead& head) {
  if (framing.hosts > 1) return {400, "several Host fields"};
  if (framing.hosts == 0 && head.minor_version > 0) return {400, "Host is missing"};
  if (!valid_authority(framing.host)) return {400, "bad Host"};
  // RFC 9112 3.2.2 has the absolute form's authority win; whoever stands before us may have gone by the other one, so both
  // must be the same.
  const bool differs =
      framing.hosts > 0 && !head.host.empty() && !equal_ignoring_case(without_default_port(framing.host), without_default_port(head.host));
  if (differs) return {400, "Host differs from the request target"};
  if (head.host.empty()) head.host = to_lower(framing.host);
  return kFine;
}

ParseError parse_head(std::string_view block, size_t fields_max, RequestHead& head) {
  const auto line = parse_request_line(take_line(block), head);
  if (line.status != 0) return line;
  const Framing framing = parse_fields(block, head.minor_version, fields_max, head.headers);
  if (framing.error.status != 0) return framing.error;
  head.chunked = framing.chunked;
  head.content_length = framing.content_length;
  head.keep_alive = !framing.close && (head.minor_version > 0 || framing.keep_alive) && head.method != "CONNECT";
  return check_host(framing, head);
}

ParseError error_of(HeadReader::Outcome outcome) {
  switch (outcome) {
    case HeadReader::Outcome::kBareLineFeed: return {400, "a line must end with CR LF"};
    case HeadReader::Outcome::kStartLineTooLong: return {414, "request line too long"};
    default: return {431, "request head too long"};
  }
}

constexpr CharTable kHostChars = [] {
  CharTable table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 32)] = true;
  for (const char c : std::string_view("-._~%")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

constexpr CharTable kIpLiteralChars = [] {
  CharTable table{};
  for (const char c : std::string_view("0123456789abcdefABCDEF:.")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

}  // namespace

bool valid_authority(std::string_view authority) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos || close < 3 || !all_of(authority.substr(1, close - 1), kIpLiteralChars)) return false;
    port = authority.substr(close + 1);
  } else {
    const auto colon = authority.find(':');
    if (!all_of(authority.substr(0, colon), kHostChars)) return false;
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (port.empty()) return true;
  port.remove_prefix(1);
  const bool colon_first = authority[authority.size() - port.size() - 1] == ':';
  return colon_first && port.size() <= 5 && std::ranges::all_of(port, is_digit);
}

RequestParser::Fed RequestParser::feed(std::span<const uint8_t> bytes) {
  const auto fed = reader_.feed(bytes);
  if (fed.outcome == HeadReader::Outcome::kNeedMore) return {ParseState::kNeedMore, fed.consumed};
  const bool complete = fed.outcome == HeadReader::Outcome::kComplete;
  error_ = complete ? parse_head(reader_.block(), reader_.limits().fields_max, head_) : error_of(fed.outcome);
  return {error_.status == 0 ? ParseState::kDone : ParseState::kError, fed.consumed};
}

void RequestParser::reset() {
  reader_.reset();
  error_ = {};
  head_.method.clear();
  head_.target.clear();
  head_.host.clear();
  head_.headers.clear();
  head_.minor_version = 1;
  head_.chunked = false;
  head_.content_length.reset();
  head_.keep_alive = true;
}

}  // namespace evershore::http
