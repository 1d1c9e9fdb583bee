// Percent-encoding as S3 signs it (only A-Z a-z 0-9 - . _ ~ stay), and query strings. Paths are never normalised: keys are
// bytes, "a//b" and "a/../b" are keys of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evershore::http {

enum class Slash : uint8_t { kKeep, kEncode };
void append_percent_encoded(std::string& out, std::string_view bytes, Slash slash);
std::string percent_encode(std::string_view bytes, Slash slash);

// nullopt: a '%' without two hex digits. '+' stays a plus.
std::optional<std::string> percent_decode(std::string_view text);

struct QueryParameter {
  std::string name;
  std::string value;
  bool has_value = false;  // "a=" has one, "a" has not
  bool operator==(const QueryParameter&) const = default;
};
inline constexpr size_t kQueryParametersMax = 256;
// "a=1&b&c=%20" decoded, in order, empty members left out; '+' is a space, as in forms and in S3.
// nullopt: a bad escape, or more than kQueryParametersMax.
std::optional<std::vector<QueryParameter>> parse_query(std::string_view query);
// The first of that name; nullptr if there is none.
const QueryParameter* find_parameter(const std::vector<QueryParameter>& query, std::string_view name);

}  // namespace evershore::http
