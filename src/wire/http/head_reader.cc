#include "wire/http/head_reader.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "wire/http/chars.h"
#include "wire/http/lists.h"

namespace evershore::http {

HeadReader::Fed HeadReader::feed(std::span<const uint8_t> bytes) {
  const std::string_view input = as_text(bytes);
  if (kept_.empty()) {
    const Fed fed = scan(input, 0);
    if (fed.outcome == Outcome::kNeedMore) kept_.assign(input);
    return fed;
  }
  const size_t already = kept_.size();
  kept_.append(input.substr(0, limits_.head_bytes_max + 2));  // more than that is refused anyway
  return scan(kept_, already);
}

// Whatever the split, the same limit is hit first: the start line's before the head's, both before a bare line feed.
HeadReader::Fed HeadReader::scan(std::string_view view, size_t already) {
  const size_t consumed = view.size() - already;
  while (scanned_ < view.size()) {
    const void* found = std::memchr(view.data() + scanned_, '\n', view.size() - scanned_);
    if (found == nullptr) break;
    const size_t at = static_cast<size_t>(static_cast<const char*>(found) - view.data());
    const size_t line_bytes = at - line_start_;  // with the CR
    if (!start_line_seen_ && line_bytes > limits_.start_line_bytes_max + 1) return {Outcome::kStartLineTooLong, consumed};
    if (at >= limits_.head_bytes_max) return {Outcome::kHeadTooLong, consumed};
    // RFC 9112 2.2 lets a recipient take a bare LF as a line end; two that differ on it can be played against each other.
    if (line_bytes == 0 || view[at - 1] != '\r') return {Outcome::kBareLineFeed, consumed};
    scanned_ = at + 1;
    if (line_bytes > 1) {
      start_line_seen_ = true;
    } else if (start_line_seen_) {
      block_ = view.substr(block_start_, line_start_ - block_start_);
      return {Outcome::kComplete, scanned_ - already};
    } else if (kind_ == Kind::kRequest) {
      block_start_ = scanned_;  // RFC 9112 2.2: empty lines before a request line are passed over
    } else {
      start_line_seen_ = true;  // an empty status line: refused by the parser
    }
    line_start_ = scanned_;
  }
  scanned_ = view.size();
  if (!start_line_seen_ && view.size() - line_start_ > limits_.start_line_bytes_max + 1) return {Outcome::kStartLineTooLong, consumed};
  if (view.size() > limits_.head_bytes_max) return {Outcome::kHeadTooLong, consumed};
  return {Outcome::kNeedMore, consumed};
}

void HeadReader::reset() {
  kept_.clear();
  block_ = {};
  scanned_ = line_start_ = block_start_ = 0;
  start_line_seen_ = false;
}

std::string_view take_line(std::string_view& block) {
  const auto end = block.find("\r\n");
  const auto line = block.substr(0, end);
  block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
  return line;
}

namespace {

void note_content_length(std::string_view value, Framing& framing) {
  const auto length = parse_u64(value);
  // RFC 9112 6.3 rule 5: differing lengths are unrecoverable; a list of equal ones may be refused, and is.
  if (!length) {
    framing.error = {400, "bad Content-Length"};
  } else if (framing.content_length && *framing.content_length != *length) {
    framing.error = {400, "several Content-Length that differ"};
  } else {
    framing.content_length = length;
  }
}

void note_transfer_encoding(std::string_view value, uint8_t minor_version, Framing& framing) {
  if (framing.chunked) {
    framing.error = {400, "several Transfer-Encoding"};
  } else if (minor_version == 0) {
    framing.error = {400, "Transfer-Encoding in HTTP/1.0"};  // RFC 9112 6.1: its framing is faulty
  } else if (equal_ignoring_case(value, "chunked")) {
    framing.chunked = true;
  } else {
    const auto codings = split_list(value);
    const bool known = std::ranges::all_of(codings, [](std::string_view coding) { return equal_ignoring_case(coding, "chunked"); });
    framing.error = known ? ParseError{400, "bad Transfer-Encoding"} : ParseError{501, "transfer coding not supported"};
  }
}

void note_connection(std::string_view value, Framing& framing) {
  for (const auto option : split_list(value)) {
    if (equal_ignoring_case(option, "close")) framing.close = true;
    if (equal_ignoring_case(option, "keep-alive")) framing.keep_alive = true;
  }
}

void note_field(std::string_view name, std::string_view value, uint8_t minor_version, Framing& framing) {
  switch (name.size()) {
    case 4:
      if (!equal_ignoring_case(name, "host")) return;
      ++framing.hosts;
      framing.host = value;
      return;
    case 10:
      if (equal_ignoring_case(name, "connection")) note_connection(value, framing);
      return;
    case 14:
      if (equal_ignoring_case(name, "content-length")) note_content_length(value, framing);
      return;
    case 17:
      if (equal_ignoring_case(name, "transfer-encoding")) note_transfer_encoding(value, minor_version, framing);
      return;
    default: return;
  }
}

}  // namespace

Framing parse_fields(std::string_view lines, uint8_t minor_version, size_t fields_max, Headers& headers) {
  Framing framing;
  headers.reserve(16);
  while (!lines.empty() && framing.error.status == 0) {
    const auto line = take_line(lines);
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    // RFC 9112 5.1, 5.2: no space before the colon, no folded lines; neither begins with a token.
    if (colon == std::string_view::npos || !is_token(name)) {
      framing.error = {400, "bad field line"};
      break;
    }
    const auto value = trim(line.substr(colon + 1));
    if (!all_field_chars(value)) {
      framing.error = {400, "bad character in a field value"};
      break;
    }
    if (headers.size() == fields_max) {
      framing.error = {431, "too many fields"};
      break;
    }
    note_field(name, value, minor_version, framing);
    headers.add(name, value);
  }
  // RFC 9112 6.1: both together is how requests are smuggled.
  if (framing.error.status == 0 && framing.chunked && framing.content_length) {
    framing.error = {400, "Transfer-Encoding and Content-Length together"};
  }
  return framing;
}

}  // namespace evershore::http
