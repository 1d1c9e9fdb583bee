// Heads to bytes, appended to a string that the caller reuses.
//
// Nothing that a value holds can break out of its line: CR, LF and NUL are written as spaces (RFC 9110 5.5), so that a key
// or a message from outside cannot add a field.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/http/message.h"

namespace evershore::http {

void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, uint64_t value);
void append_fields(std::string& out, const Headers& headers);  // all, in order

// "GET /x HTTP/1.1\r\n"; `target` must be a valid one (it is checked like a value).
void append_request_line(std::string& out, std::string_view method, std::string_view target);
// "HTTP/1.1 200 OK\r\n"; reason "" = the standard one.
void append_status_line(std::string& out, uint16_t status, std::string_view reason);

// Whole heads with the closing empty line; the headers as they are, framing fields are the caller's.
void append_request_head(std::string& out, std::string_view method, std::string_view target, const Headers& headers);
void append_response_head(std::string& out, const ResponseHead& head);

}  // namespace evershore::http
