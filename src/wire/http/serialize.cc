#include "wire/http/serialize.h"

#include <algorithm>
#include <charconv>

namespace evershore::http {

namespace {

bool breaks_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

// Without a way out of the loop, so that it looks at many characters at once.
bool any_breaks_line(std::string_view text) {
  bool any = false;
  for (const char c : text) any |= breaks_line(c);
  return any;
}

void append_safe(std::string& out, std::string_view text) {
  const size_t from = out.size();
  out += text;
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(from);
  if (any_breaks_line(text)) std::replace_if(begin, out.end(), breaks_line, ' ');
}

}  // namespace

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_safe(out, name);
  out += ": ";
  append_safe(out, value);
  out += "\r\n";
}

void append_field(std::string& out, std::string_view name, uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append_field(out, name, std::string_view(digits, static_cast<size_t>(end - digits)));
}

void append_fields(std::string& out, const Headers& headers) {
  for (const auto& header : headers) append_field(out, header.name, header.value);
}

void append_request_line(std::string& out, std::string_view method, std::string_view target) {
  append_safe(out, method);
  out += ' ';
  const size_t from = out.size();
  append_safe(out, target);
  // A space would end the target early.
  for (size_t at = out.find(' ', from); at != std::string::npos; at = out.find(' ', at)) out.replace(at, 1, "%20");
  out += " HTTP/1.1\r\n";
}

void append_status_line(std::string& out, uint16_t status, std::string_view reason) {
  if (status == 200 && reason.empty()) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  char digits[5];
  const auto end = std::to_chars(digits, digits + sizeof digits, status).ptr;
  out += "HTTP/1.1 ";
  out.append(digits, end);
  out += ' ';
  append_safe(out, reason.empty() ? standard_reason(status) : reason);
  out += "\r\n";
}

void append_request_head(std::string& out, std::string_view method, std::string_view target, const Headers& headers) {
  append_request_line(out, method, target);
  append_fields(out, headers);
  out += "\r\n";
}

void append_response_head(std::string& out, const ResponseHead& head) {
  append_status_line(out, head.status, head.reason);
  append_fields(out, head.headers);
  out += "\r\n";
}

}  // namespace evershore::http
