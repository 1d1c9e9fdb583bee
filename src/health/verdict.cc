#include "health/verdict.h"

#include <fmt/format.h>

namespace evershore::health {

Verdict judge_status(uint16_t status) { return {status >= 200 && status < 400, fmt::format("{}", status)}; }

Verdict judge_search(uint16_t status, std::string_view body, std::string_view search) {
  Verdict verdict = judge_status(status);
  if (!verdict.ok) return verdict;
  verdict.ok = body.substr(0, kSearchBytes).contains(search);
  if (!verdict.ok) verdict.why += fmt::format(", but the text is not in the first {} bytes", kSearchBytes);
  return verdict;
}

Verdict judge_bucket(uint16_t status, Signed request) {
  if (status == 404) return {false, "404: no such bucket"};
  if (status == 403 && request == Signed::kYes) return {false, "403: the credentials are refused"};
  return judge_marker(status);
}

Verdict judge_marker(uint16_t status) {
  if (status == 429) return {false, "429: throttled"};
  return {status < 500, fmt::format("{}", status)};
}

}  // namespace evershore::health
