#include "app/settings/values.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "dns/places.h"
#include "io/files.h"
#include "io/http_client.h"
#include "io/stream.h"

namespace evershore::app {

namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}
bool is_name(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_name_byte); }

// RFC 1123 2.1 allows letters, digits and '-'; '_' is common in DNS names that are no host's.
bool is_domain(std::string_view text) {
  if (text.size() > 253 || !is_name(text)) return false;
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || label.size() > 63) return false;
  }
  return true;
}

Result<std::string> read_host(std::string_view text) {
  const std::string host = to_lower(text);
  const std::string_view exact = host.starts_with("*.") ? std::string_view(host).substr(2) : std::string_view(host);
  if (host == "*" || is_domain(exact)) return host;
  return fail(Fault::kInvalid,
              fmt::format("\"{}\" is not a host name; write \"assets.example.com\", \"*.example.com\", or \"*\" for any", text));
}

Result<std::string> read_domain(std::string_view text) {
  const std::string_view name = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  const std::string_view exact = name.starts_with("*.") ? name.substr(2) : name;
  if (!is_domain(exact)) return fail(Fault::kInvalid, fmt::format("\"{}\" is not a domain name; write it like \"www.example.com\"", text));
  return to_lower(name);
}

Result<std::string> read_origin(std::string_view text) {
  const std::string_view plain = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
  if (io::parse_http_url(plain) && !plain.contains('?') && !plain.contains('#')) return std::string(plain);
  return fail(Fault::kInvalid,
              fmt::format("\"{}\" is not an endpoint; write scheme, host and port, such as \"http://127.0.0.1:9001\"", text));
}

Result<std::string> read_resolver(std::string_view text) {
  constexpr uint16_t kDnsPort = 53;
  const io::Endpoint bare{std::string(text), kDnsPort};
  if (io::to_socket_address(bare)) return io::format_endpoint(bare);
  const auto endpoint = io::parse_endpoint(text);
  if (endpoint && endpoint->port != 0) return io::format_endpoint(*endpoint);
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not a resolver; write its address like \"192.0.2.53\", \"192.0.2.53:5353\" or "
                                           "\"[2001:db8::53]:5353\"",
                                           text));
}

Result<std::string> read_url(std::string_view text) {
  if (io::parse_http_url(text)) return std::string(text);
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not a URL; write it like \"https://host/path\"", text));
}

std::string absolute(std::string_view path, const std::string& folder) {
  return (std::filesystem::path(folder) / std::filesystem::path(path)).lexically_normal().string();
}

Result<std::string> read_path(std::string_view text, const std::string& folder) {
  if (text.empty() || text.contains('\0')) return fail(Fault::kInvalid, "not a path");
  return absolute(text, folder);
}

Result<std::string> read_readable_file(std::string_view text, const std::string& folder) {
  TRY(std::string path, read_path(text, folder));
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return fail(Fault::kNotFound, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  if (!S_ISREG(info.st_mode)) return fail(Fault::kInvalid, fmt::format("cannot read {}: not a regular file", path));
  if (::access(path.c_str(), R_OK) != 0) return fail(Fault::kRefused, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return path;
}

Result<std::string> in_format(std::string_view text, Format format, const std::string& folder) {
  switch (format) {
    case Format::kText: return std::string(text);
    case Format::kName:
      if (is_name(text)) return std::string(text);
      return fail(Fault::kInvalid, fmt::format("\"{}\" is not a name; letters, digits, '-', '_' and '.' are allowed", text));
    case Format::kEndpoint: {
      TRY(const io::Endpoint endpoint, io::parse_endpoint(text));
      return io::format_endpoint(endpoint);
    }
    case Format::kResolver: return read_resolver(text);
    case Format::kOrigin: return read_origin(text);
    case Format::kHttpUrl: return read_url(text);
    case Format::kHost: return read_host(text);
    case Format::kDomain: return read_domain(text);
    case Format::kDirectory: return read_path(text, folder);
    case Format::kLogFile:
      if (text == "stdout") return std::string(text);
      return read_path(text, folder);
    case Format::kCountry:
      if (text.size() == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z') return std::string(text);
      return fail(Fault::kInvalid, fmt::format("\"{}\" is not a country; write its two capital letters, such as \"DE\"", text));
    case Format::kPrefix: TRY_VOID(dns::parse_prefix(text)); return std::string(text);
    case Format::kReadableFile: return read_readable_file(text, folder);
  }
  return std::string(text);
}

std::string option_names(std::span<const Option> options) {
  std::string names;
  for (const Option& option : options) {
    if (!option.available) continue;
    if (!names.empty()) names += ", ";
    names += fmt::format("\"{}\"", option.name);
  }
  return names;
}

}  // namespace

Result<Duration> read_duration(std::string_view text, const Limits& limits) {
  TRY(const Duration value, parse_duration(text));
  if (value >= limits.shortest && value <= limits.longest) return value;
  return fail(Fault::kInvalid, fmt::format("\"{}\" is out of bounds; allowed is {} to {}", text, plain_duration(limits.shortest),
                                           plain_duration(limits.longest)));
}

Result<uint64_t> read_size(std::string_view text, const Limits& limits) {
  TRY(const uint64_t value, parse_size(text));
  if (value >= limits.least && value <= limits.most) return value;
  return fail(Fault::kInvalid,
              fmt::format("\"{}\" is out of bounds; allowed is {} to {}", text, plain_size(limits.least), plain_size(limits.most)));
}

Result<uint64_t> read_number(int64_t value, const Limits& limits) {
  if (value >= 0 && static_cast<uint64_t>(value) >= limits.least && static_cast<uint64_t>(value) <= limits.most) {
    return static_cast<uint64_t>(value);
  }
  return fail(Fault::kInvalid, fmt::format("{} is out of bounds; allowed is {} to {}", value, limits.least, limits.most));
}

Result<size_t> read_option(std::string_view text, const Limits& limits) {
  const auto at = std::find_if(limits.options.begin(), limits.options.end(), [&](const Option& option) { return option.name == text; });
  if (at == limits.options.end()) {
    return fail(Fault::kInvalid, fmt::format("\"{}\" is not one of {}", text, option_names(limits.options)));
  }
  if (!at->available) {
    return fail(Fault::kInvalid, fmt::format("\"{}\" is not available yet; use one of {}", text, option_names(limits.options)));
  }
  return static_cast<size_t>(at - limits.options.begin());
}

Result<std::string> read_text(std::string_view text, const Limits& limits, const std::string& folder) {
  if (!limits.options.empty()) {
    TRY(const size_t option, read_option(text, limits));
    return std::string(limits.options[option].name);
  }
  if (text.size() > limits.most) return fail(Fault::kInvalid, fmt::format("longer than {} bytes", limits.most));
  return in_format(text, limits.format, folder);
}

Result<Secret> read_secret(std::string_view text, const std::string& folder) {
  if (text.starts_with("env:")) {
    const std::string name(text.substr(4));
    const char* value = name.contains('\0') ? nullptr : std::getenv(name.c_str());
    if (value == nullptr) return fail(Fault::kNotFound, fmt::format("the environment variable {} is not set", name));
    if (*value == '\0') return fail(Fault::kInvalid, fmt::format("the environment variable {} is empty", name));
    return Secret(value);
  }
  if (text.starts_with("file:")) {
    TRY(const std::string path, read_readable_file(text.substr(5), folder));
    TRY(std::string value, io::read_whole_file(path, kSecretBytesMax));
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    if (value.empty()) return fail(Fault::kInvalid, fmt::format("{} is empty", path));
    return Secret(std::move(value));
  }
  if (text.empty()) return fail(Fault::kInvalid, "is empty; leave it out, or write the secret, env:NAME or file:PATH");
  return Secret(std::string(text));
}

std::string plain_duration(Duration span) {
  static constexpr std::pair<Duration, std::string_view> kUnits[] = {{24h, "d"}, {1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}};
  for (const auto& [unit, name] : kUnits) {
    if (span >= unit && span % unit == Duration::zero()) return fmt::format("{}{}", span / unit, name);
  }
  return "0s";
}

std::string plain_size(uint64_t bytes) {
  static constexpr std::string_view kUnits[] = {"", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

}  // namespace evershore::app
