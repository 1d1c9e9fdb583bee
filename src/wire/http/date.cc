#include "wire/http/date.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/chars.h"

namespace evershore::http {

namespace {

using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_two(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

bool is_digit_or_space(char c) { return is_digit(c) || c == ' '; }

// Does `text` have the shape of `shape`? There 9 stands for a digit, _ for a digit or a space, a for a letter.
bool shaped(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char wanted) {
    if (wanted == '9') return is_digit(c);
    if (wanted == '_') return is_digit_or_space(c);
    if (wanted == 'a') return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
    return c == wanted;
  });
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c == ' ' ? 0 : c - '0');
  return value;
}

struct Fields {
  std::string_view day_name, day, month, year, time;  // time: "08:49:37"
};

std::optional<Wall> assemble(const Fields& fields, int year) {
  const auto month = std::ranges::find(kMonths, fields.month);
  if (month == kMonths.end()) return std::nullopt;
  const auto date = std::chrono::year(year) / static_cast<int>(month - kMonths.begin() + 1) / number(fields.day);
  const int hour = number(fields.time.substr(0, 2)), minute = number(fields.time.substr(3, 2)), second = number(fields.time.substr(6, 2));
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second
  return sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

bool known(std::string_view name, const std::array<std::string_view, 7>& names) { return std::ranges::find(names, name) != names.end(); }

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Wall> parse_fixdate(std::string_view text) {
  if (!shaped(text, "aaa, 99 aaa 9999 99:99:99 GMT")) return std::nullopt;
  const Fields fields{text.substr(0, 3), text.substr(5, 2), text.substr(8, 3), text.substr(12, 4), text.substr(17, 8)};
  if (!known(fields.day_name, kDays)) return std::nullopt;
  return assemble(fields, number(fields.year));
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<Wall> parse_rfc850(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || !known(text.substr(0, comma), kLongDays)) return std::nullopt;
  const auto rest = text.substr(comma);
  if (!shaped(rest, ", 99-aaa-99 99:99:99 GMT")) return std::nullopt;
  const Fields fields{text.substr(0, comma), rest.substr(2, 2), rest.substr(5, 3), rest.substr(9, 2), rest.substr(12, 8)};
  const int year = number(fields.year);
  return assemble(fields, year < 70 ? 2000 + year : 1900 + year);
}

// Sun Nov  6 08:49:37 1994
std::optional<Wall> parse_asctime(std::string_view text) {
  if (!shaped(text, "aaa aaa _9 99:99:99 9999")) return std::nullopt;
  const Fields fields{text.substr(0, 3), text.substr(8, 2), text.substr(4, 3), text.substr(20, 4), text.substr(11, 8)};
  if (!known(fields.day_name, kDays)) return std::nullopt;
  return assemble(fields, number(fields.year));
}

}  // namespace

std::string format_http_date(Wall time) {
  constexpr Wall kFirst = sys_days(std::chrono::year(0) / 1 / 1);
  constexpr Wall kLast = sys_days(std::chrono::year(9999) / 12 / 31);
  const Wall within = std::clamp(time, kFirst, kLast);
  const auto midnight = std::chrono::floor<std::chrono::days>(within);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(within - midnight));
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  std::string out;
  out.reserve(29);
  out += kDays[std::chrono::weekday(midnight).c_encoding()];
  out += ", ";
  append_two(out, static_cast<unsigned>(date.day()));
  out += ' ';
  out += kMonths[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  append_two(out, year / 100);
  append_two(out, year % 100);
  out += ' ';
  append_two(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(clock.seconds().count()));
  out += " GMT";
  return out;
}

std::optional<Wall> parse_http_date(std::string_view text) {
  if (const auto time = parse_fixdate(text)) return time;
  if (const auto time = parse_rfc850(text)) return time;
  return parse_asctime(text);
}

}  // namespace evershore::http
