#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace evershore {

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii_lower);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t from = 0;
  for (size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

namespace {
std::optional<uint64_t> parse_unsigned(std::string_view text, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
}  // namespace

std::optional<uint64_t> parse_u64(std::string_view text) { return parse_unsigned(text, 10); }
std::optional<uint64_t> parse_hex_u64(std::string_view text) { return parse_unsigned(text, 16); }

std::string to_hex(std::span<const uint8_t> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

namespace {
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}  // namespace

std::optional<std::vector<uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<uint8_t> out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return out;
}

std::string to_base64(std::span<const uint8_t> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    if (left > 1) group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (left > 2) group |= bytes[i + 2];
    out += kBase64[group >> 18];
    out += kBase64[(group >> 12) & 63];
    out += left > 1 ? kBase64[(group >> 6) & 63] : '=';
    out += left > 2 ? kBase64[group & 63] : '=';
  }
  return out;
}

std::optional<std::vector<uint8_t>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::vector<uint8_t> out;
  out.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    for (size_t j = 0; j < 4; ++j) {
      const bool is_padding = i + j >= text.size() - padding;
      const size_t value = is_padding ? 0 : kBase64.find(text[i + j]);
      if (value == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    out.push_back(static_cast<uint8_t>(group >> 16));
    out.push_back(static_cast<uint8_t>(group >> 8));
    out.push_back(static_cast<uint8_t>(group));
  }
  out.resize(out.size() - padding);
  return out;
}

namespace {
struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Splits "15m" into 15 and the factor of "m". The unit must be in the table; the product must fit.
std::optional<uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_u64(text.substr(0, digits));
  const auto unit = std::ranges::find(units, trim(text.substr(digits)), &Unit::name);
  if (!number || unit == units.end()) return std::nullopt;
  if (*number > static_cast<uint64_t>(INT64_MAX) / unit->factor) return std::nullopt;
  return *number * unit->factor;
}
}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 7> kUnits{{{"us", 1'000},
                                               {"ms", 1'000'000},
                                               {"s", 1'000'000'000},
                                               {"m", 60'000'000'000},
                                               {"min", 60'000'000'000},
                                               {"h", 3'600'000'000'000},
                                               {"d", 86'400'000'000'000}}};
  if (text == "0") return Duration{0};
  const auto value = parse_with_unit(text, kUnits);
  if (!value) {
    return fail(
        Fault::kInvalid,
        fmt::format("\"{}\" is not a duration; write a whole number and a unit, such as \"250ms\", \"10s\", \"15m\" or \"1h\"", text));
  }
  return Duration{static_cast<int64_t>(*value)};
}

Result<uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<Unit, 10> kUnits{{{"", 1},
                                                {"B", 1},
                                                {"KiB", 1ULL << 10},
                                                {"MiB", 1ULL << 20},
                                                {"GiB", 1ULL << 30},
                                                {"TiB", 1ULL << 40},
                                                {"KB", 1'000},
                                                {"MB", 1'000'000},
                                                {"GB", 1'000'000'000},
                                                {"TB", 1'000'000'000'000}}};
  const auto value = parse_with_unit(text, kUnits);
  if (!value) {
    return fail(Fault::kInvalid,
                fmt::format("\"{}\" is not a size; write a whole number and a unit, such as \"256MiB\" or \"20GiB\"", text));
  }
  return *value;
}

std::string format_duration(Duration span) {
  using namespace std::chrono;
  if (span < Duration{0}) return "-" + format_duration(-span);
  if (span < 1ms) return fmt::format("{} us", duration_cast<microseconds>(span).count());
  if (span < 1s) return fmt::format("{} ms", duration_cast<milliseconds>(span).count());
  const double seconds = duration<double>(span).count();
  if (span < 100s) return span % 1s == 0s ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.1f} s", seconds);
  const auto total = duration_cast<std::chrono::seconds>(span).count();
  if (span < 1h) return fmt::format("{} min {} s", total / 60, total % 60);
  if (span < 24h) return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
  return fmt::format("{} d {} h", total / 86400, total % 86400 / 3600);
}

std::string format_size(uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kNames{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kNames.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kNames[unit]);
}

std::string format_iso8601(Wall time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  const auto base = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const auto ms = clock.subseconds().count();
  return ms == 0 ? base + "Z" : fmt::format("{}.{:03}Z", base, ms);
}

std::optional<Wall> parse_iso8601(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  std::array<uint64_t, 6> field{};
  static constexpr std::array<std::pair<size_t, size_t>, 6> kAt{{{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  for (size_t i = 0; i < kAt.size(); ++i) {
    const auto number = parse_u64(text.substr(kAt[i].first, kAt[i].second));
    if (!number) return std::nullopt;
    field[i] = *number;
  }
  uint64_t micros = 0;
  const auto fraction = text.substr(19, text.size() - 20);
  if (!fraction.empty()) {
    std::string digits(fraction.substr(1, 6));
    digits.resize(6, '0');
    const auto number = parse_u64(digits);
    if (fraction[0] != '.' || fraction.size() < 2 || !number) return std::nullopt;
    micros = *number;
  }
  const year_month_day date{year(static_cast<int>(field[0])), month(static_cast<unsigned>(field[1])), day(static_cast<unsigned>(field[2]))};
  if (!date.ok() || field[3] > 23 || field[4] > 59 || field[5] > 60) return std::nullopt;
  return sys_days{date} + hours(field[3]) + minutes(field[4]) + seconds(field[5]) + microseconds(micros);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace evershore
