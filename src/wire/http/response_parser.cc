#include "wire/http/response_parser.h"

#include "base/text.h"
#include "wire/http/chars.h"

namespace evershore::http {

namespace {

constexpr ParseError kFine{};

// "HTTP/1.1 200 OK"; the space after the status may be missing when there is no reason.
ParseError parse_status_line(std::string_view line, ResponseHead& head) {
  constexpr ParseError kBad{502, "bad status line"};
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !is_digit(line[7]) || line[8] != ' ') return kBad;
  const auto status = parse_u64(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599) return kBad;
  if (line.size() > 12 && line[12] != ' ') return kBad;
  const auto reason = line.size() > 12 ? line.substr(13) : std::string_view{};
  if (!all_of(reason, kFieldChars)) return kBad;
  head.minor_version = line[7] == '0' ? 0 : 1;
  head.status = static_cast<uint16_t>(*status);
  head.reason = reason;
  return kFine;
}

ParseError parse_head(std::string_view block, size_t fields_max, ResponseHead& head) {
  const auto line = parse_status_line(take_line(block), head);
  if (line.status != 0) return line;
  const Framing framing = parse_fields(block, head.minor_version, fields_max, head.headers);
  if (framing.error.status != 0) return {502, framing.error.text};
  head.chunked = framing.chunked;
  head.content_length = framing.content_length;
  // RFC 9110 8.6, RFC 9112 6.1: no framing where there is no body. Whoever announces one may also send one, later, and that would be
  // taken for the next answer.
  const bool doubtful =
      (status_without_body(head.status) && head.status != 304) && (framing.chunked || framing.content_length.value_or(0) > 0);
  head.keep_alive = !framing.close && (head.minor_version > 0 || framing.keep_alive) && !doubtful;
  return kFine;
}

ParseError error_of(HeadReader::Outcome outcome) {
  const bool bare = outcome == HeadReader::Outcome::kBareLineFeed;
  return bare ? ParseError{502, "a line must end with CR LF"} : ParseError{502, "response head too long"};
}

}  // namespace

ResponseParser::Fed ResponseParser::feed(std::span<const uint8_t> bytes) {
  const auto fed = reader_.feed(bytes);
  if (fed.outcome == HeadReader::Outcome::kNeedMore) return {ParseState::kNeedMore, fed.consumed};
  const bool complete = fed.outcome == HeadReader::Outcome::kComplete;
  error_ = complete ? parse_head(reader_.block(), reader_.limits().fields_max, head_) : error_of(fed.outcome);
  return {error_.status == 0 ? ParseState::kDone : ParseState::kError, fed.consumed};
}

void ResponseParser::reset() {
  reader_.reset();
  head_ = ResponseHead{};
  error_ = {};
}

}  // namespace evershore::http
