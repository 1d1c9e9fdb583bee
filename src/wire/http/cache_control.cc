#include "wire/http/cache_control.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/chars.h"
#include "wire/http/date.h"
#include "wire/http/lists.h"

namespace evershore::http {

namespace {

using std::chrono::seconds;

std::optional<seconds> parse_delta_seconds(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  const auto value = parse_u64(text);  // all digits: only overflow can fail
  if (!value || *value > static_cast<uint64_t>(kDeltaSecondsMax.count())) return kDeltaSecondsMax;
  return seconds(*value);
}

struct Flag {
  std::string_view name;
  bool CacheControl::* member;
};
constexpr std::array kFlags = {
    Flag{"no-store", &CacheControl::no_store},
    Flag{"public", &CacheControl::is_public},
    Flag{"no-transform", &CacheControl::no_transform},
    Flag{"must-revalidate", &CacheControl::must_revalidate},
    Flag{"proxy-revalidate", &CacheControl::proxy_revalidate},
    Flag{"must-understand", &CacheControl::must_understand},
    Flag{"immutable", &CacheControl::immutable},
    Flag{"only-if-cached", &CacheControl::only_if_cached},
};

struct Age {
  std::string_view name;
  std::optional<seconds> CacheControl::* member;
};
constexpr std::array kAges = {
    Age{"max-age", &CacheControl::max_age},
    Age{"s-maxage", &CacheControl::s_maxage},
    Age{"stale-while-revalidate", &CacheControl::stale_while_revalidate},
    Age{"stale-if-error", &CacheControl::stale_if_error},
    Age{"min-fresh", &CacheControl::min_fresh},
};

void note_field_names(std::string_view list, std::vector<std::string>& names) {
  for (const auto name : split_list(list)) names.push_back(to_lower(name));
}

// RFC 9111 5.2.2.4, 5.2.2.7: with field names only those fields are meant.
void note_qualified(bool& flag, std::vector<std::string>& names, const std::optional<std::string>& argument) {
  const size_t before = names.size();
  if (argument) note_field_names(*argument, names);
  if (names.size() == before) flag = true;
}

void note_directive(CacheControl& control, std::string_view name, const std::optional<std::string>& argument) {
  for (const auto& flag : kFlags) {
    if (equal_ignoring_case(name, flag.name)) control.*flag.member = true;
  }
  for (const auto& age : kAges) {
    if (!equal_ignoring_case(name, age.name) || control.*age.member) continue;
    control.*age.member = parse_delta_seconds(argument.value_or("")).value_or(seconds(0));
  }
  if (equal_ignoring_case(name, "max-stale") && !control.max_stale) {
    control.max_stale = argument ? parse_delta_seconds(*argument).value_or(seconds(0)) : kDeltaSecondsMax;
  }
  if (equal_ignoring_case(name, "no-cache")) note_qualified(control.no_cache, control.no_cache_fields, argument);
  if (equal_ignoring_case(name, "private")) note_qualified(control.is_private, control.private_fields, argument);
}

}  // namespace

CacheControl parse_cache_control(std::string_view value) {
  CacheControl control;
  for (const auto directive : split_list(value)) {
    const auto equals = directive.find('=');
    std::optional<std::string> argument;
    // RFC 9111 5.2: token and quoted-string are both accepted for any argument.
    if (equals != std::string_view::npos) argument = unquote(directive.substr(equals + 1));
    note_directive(control, directive.substr(0, equals), argument);
  }
  return control;
}

CacheControl parse_cache_control(const Headers& headers) {
  const auto field = headers.find("cache-control");
  if (!field) return {};
  return headers.count("cache-control") == 1 ? parse_cache_control(*field) : parse_cache_control(headers.joined("cache-control"));
}

std::optional<std::chrono::seconds> parse_age(const Headers& headers) {
  const auto field = headers.find("age");
  if (!field) return std::nullopt;
  return parse_delta_seconds(trim(field->substr(0, field->find(','))));
}

std::optional<Wall> parse_expires(const Headers& headers) {
  const auto field = headers.find("expires");
  if (!field) return std::nullopt;
  const bool contradicted = std::ranges::any_of(
      headers, [&](const Header& header) { return equal_ignoring_case(header.name, "expires") && header.value != *field; });
  return contradicted ? Wall{} : parse_http_date(*field).value_or(Wall{});
}

Vary parse_vary(const Headers& headers) {
  Vary vary;
  for (const auto member : split_list(headers.joined("vary"))) {
    if (member == "*") vary.any = true;
    vary.names.push_back(to_lower(member));
  }
  std::ranges::sort(vary.names);
  const auto repeated = std::ranges::unique(vary.names);
  vary.names.erase(repeated.begin(), repeated.end());
  return vary;
}

}  // namespace evershore::http
