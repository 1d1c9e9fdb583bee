#include "wire/http/conditional.h"

#include <algorithm>

#include "base/text.h"
#include "wire/http/date.h"
#include "wire/http/lists.h"

namespace evershore::http {

namespace {

std::string_view opaque(std::string_view etag) { return etag.starts_with("W/") ? etag.substr(2) : etag; }
bool well_formed(std::string_view etag) {
  const auto tag = opaque(etag);
  return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

Wall whole_seconds(Wall time) { return std::chrono::floor<std::chrono::seconds>(time); }

// RFC 9110 13.1.1, 13.1.2: "*" is true if there is any object.
bool lists_object(std::string_view value, const Validators& object, EtagComparison comparison) {
  if (!object.exists) return false;
  return trim(value) == "*" || etag_in_list(value, object.etag, comparison);
}

// nullopt: no such field, or one to be ignored (not a date, RFC 9110 13.1.3), or no date to compare with.
std::optional<bool> modified_since(const Headers& request, std::string_view name, const Validators& object) {
  const auto field = request.find(name);
  if (!field || !object.exists || !object.last_modified || request.count(name) > 1) return std::nullopt;
  const auto since = parse_http_date(*field);
  if (!since) return std::nullopt;
  return whole_seconds(*object.last_modified) > *since;
}

// RFC 9110 13.1.5: If-Range needs a strong validator; a date must be exactly the object's.
bool if_range_holds(std::string_view value, const Validators& object) {
  if (well_formed(value)) return etags_match_strongly(value, object.etag);
  const auto date = parse_http_date(value);
  return date && object.last_modified && *date == whole_seconds(*object.last_modified);
}

}  // namespace

bool etags_match_strongly(std::string_view a, std::string_view b) { return a == b && well_formed(a) && !a.starts_with("W/"); }

bool etags_match_weakly(std::string_view a, std::string_view b) { return opaque(a) == opaque(b) && well_formed(a); }

bool etag_in_list(std::string_view value, std::string_view etag, EtagComparison comparison) {
  const auto match = comparison == EtagComparison::kStrong ? etags_match_strongly : etags_match_weakly;
  // Opaque tags have no escapes but may hold commas and backslashes, so they are cut out by their quotes.
  while (!value.empty()) {
    const auto start = value.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    value.remove_prefix(start);
    const auto open = value.starts_with("W/") ? size_t{2} : size_t{0};
    if (value.size() <= open || value[open] != '"') {  // malformed: on to the next comma
      const auto comma = value.find(',');
      value.remove_prefix(comma == std::string_view::npos ? value.size() : comma);
      continue;
    }
    const auto close = value.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (match(value.substr(0, close + 1), etag)) return true;
    value.remove_prefix(close + 1);
  }
  return false;
}

ConditionalDecision evaluate_conditions(const Headers& request, std::string_view method, const Validators& object) {
  const bool safe = method == "GET" || method == "HEAD";
  // 13.2.2 steps 1 and 2
  if (request.has("if-match")) {
    if (!lists_object(request.joined("if-match"), object, EtagComparison::kStrong)) return {Precondition::kFailed};
  } else if (modified_since(request, "if-unmodified-since", object).value_or(false)) {
    return {Precondition::kFailed};
  }
  // steps 3 and 4
  if (request.has("if-none-match")) {
    if (lists_object(request.joined("if-none-match"), object, EtagComparison::kWeak)) {
      return {safe ? Precondition::kNotModified : Precondition::kFailed};
    }
  } else if (safe && !modified_since(request, "if-modified-since", object).value_or(true)) {
    return {Precondition::kNotModified};
  }
  // step 5; RFC 9110 14.2: Range is for GET
  const auto if_range = request.find("if-range");
  const bool use_range = method == "GET" && request.has("range") && (!if_range || if_range_holds(*if_range, object));
  return {Precondition::kProceed, use_range};
}

}  // namespace evershore::http
