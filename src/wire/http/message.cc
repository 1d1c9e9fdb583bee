#include "wire/http/message.h"

#include <algorithm>

#include "base/text.h"

namespace evershore::http {

namespace {
// Most names differ in length, which costs no call.
bool same_name(const Header& header, std::string_view name) {
  return header.name.size() == name.size() && equal_ignoring_case(header.name, name);
}
}  // namespace

void Headers::set(std::string_view name, std::string_view value) {
  const auto first = std::ranges::find_if(list_, [&](const Header& header) { return same_name(header, name); });
  if (first == list_.end()) return add(name, value);
  first->value = value;
  const auto others = std::remove_if(first + 1, list_.end(), [&](const Header& header) { return same_name(header, name); });
  list_.erase(others, list_.end());
}

void Headers::remove(std::string_view name) {
  std::erase_if(list_, [&](const Header& header) { return same_name(header, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& header : list_) {
    if (same_name(header, name)) return header.value;
  }
  return std::nullopt;
}

std::string Headers::joined(std::string_view name) const {
  std::string all;
  bool first = true;
  for (const auto& header : list_) {
    if (!same_name(header, name)) continue;
    if (!first) all += ", ";
    all += header.value;
    first = false;
  }
  return all;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(std::ranges::count_if(list_, [&](const Header& header) { return same_name(header, name); }));
}

std::string_view RequestHead::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view RequestHead::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

BodyKind body_kind(const ResponseHead& head, std::string_view request_method) {
  if (request_method == "HEAD" || status_without_body(head.status)) return BodyKind::kNone;
  if (head.chunked) return BodyKind::kChunked;
  return head.content_length ? BodyKind::kLength : BodyKind::kUntilClose;
}

std::string_view standard_reason(uint16_t status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

}  // namespace evershore::http
