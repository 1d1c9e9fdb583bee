// A line of the access log. Pure. Whatever a client writes into its request stays inside its field: nothing of it can end a line or
// a field, or steer a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "edge/answer.h"
#include "model/edge_front.h"

namespace evershore::edge {

struct AccessEntry {
  Wall time{};              // when the answer had ended
  std::string_view client;  // address
  std::string_view host;    // "" = none, or not read
  std::string_view method;  // "" = the request could not be read
  std::string_view target;
  std::string_view protocol;  // "HTTP/1.1"
  std::string_view tls;       // "TLSv1.3"; "" = plain
  uint16_t status = 0;        // 0 = no answer began
  uint64_t body_bytes = 0;
  bool complete = false;  // the whole answer was handed to the client's connection
  Duration took{};
  std::string_view region;  // "" = none
  CacheWord cache = CacheWord::kNone;
  uint32_t attempts = 0;
  std::string_view request_id;
  std::string_view referer;
  std::string_view user_agent;
};

// Appends one line with its end.
void append_access_line(std::string& out, const AccessEntry& entry, AccessFormat format);

}  // namespace evershore::edge
