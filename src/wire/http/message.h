// HTTP/1.1 messages as values (RFC 9110, RFC 9112). Strict where leniency would allow smuggling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evershore::http {

struct Header {
  std::string name;   // as received or as it will be sent; compared without case
  std::string value;  // trimmed
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> list) : list_(list) {}

  void add(std::string_view name, std::string_view value) { list_.emplace_back(std::string(name), std::string(value)); }
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void remove(std::string_view name);
  // The first one's value; nullopt when absent.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }  // "" when absent
  bool has(std::string_view name) const { return find(name).has_value(); }
  // All values of that name, joined by ", " (RFC 9110 5.3).
  std::string joined(std::string_view name) const;
  size_t count(std::string_view name) const;

  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  void clear() { list_.clear(); }  // keeps the room
  void reserve(size_t count) { list_.reserve(count); }

 private:
  std::vector<Header> list_;
};

struct RequestHead {
  std::string method;
  std::string target;         // origin form as received, "/a%20b?x=y"; absolute form is split: authority goes to `host`
  std::string host;           // from Host (or the absolute form), lower case, with port if given
  uint8_t major_version = 1;  // 2: came over HTTP/2, and what is said of HTTP/1.1 framing has no meaning
  uint8_t minor_version = 1;  // HTTP/1.minor
  Headers headers;
  bool chunked = false;  // body framing
  std::optional<uint64_t> content_length;
  bool keep_alive = true;  // by version and Connection

  std::string_view path() const;   // target up to '?'
  std::string_view query() const;  // after '?', "" if none
};

struct ResponseHead {
  uint16_t status = 200;
  std::string reason;  // "" = the standard one
  uint8_t minor_version = 1;
  Headers headers;
  bool chunked = false;
  std::optional<uint64_t> content_length;  // as announced; nullopt and not chunked: the body ends with the connection
  bool keep_alive = true;
};

// RFC 9110 15; "Unknown" for others (a reason phrase is never needed, but an empty one confuses some clients).
std::string_view standard_reason(uint16_t status);

// What follows a response head on the wire (RFC 9112 6.3). It depends on the request's method.
enum class BodyKind : uint8_t { kNone, kLength, kChunked, kUntilClose };
BodyKind body_kind(const ResponseHead& head, std::string_view request_method);
// 1xx, 204 and 304 never have a body.
constexpr bool status_without_body(uint16_t status) { return status < 200 || status == 204 || status == 304; }

}  // namespace evershore::http
