// A setting is one row: its name, the field it fills, its limits, how a change is applied, and a line for people. The reader, the
// checks and the reference all come from it; its default is the field's own in model/settings.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/settings.h"

namespace evershore::app {

enum class Apply : uint8_t { kLive, kRestart };

enum class Format : uint8_t {
  kText,          // anything up to `most` bytes
  kName,          // letters, digits, '-', '_', '.'
  kEndpoint,      // address:port to listen on
  kResolver,      // address or address:port of a DNS server; made address:port
  kOrigin,        // http(s)://host[:port]
  kHttpUrl,       // http(s)://host[:port]/path?query
  kHost,          // "assets.example.com", "*.example.com", "*"; made lower case
  kDomain,        // a DNS name; a final dot is taken off
  kDirectory,     // a path, made absolute
  kCountry,       // two letters, "DE"
  kPrefix,        // an address prefix, "192.0.2.0/24"
  kReadableFile,  // a path, made absolute; must be a file we can read
  kLogFile,       // a path, made absolute, or "stdout"
};

struct Option {
  std::string_view name;
  bool available = true;  // false: planned, and refused as "not available yet"
};

struct Limits {
  bool required = false;
  Format format = Format::kText;       // of texts and of the members of lists
  Duration shortest{};                 // of durations
  Duration longest = 24h * 365;        //
  uint64_t least = 0;                  // of numbers, sizes, and lengths of lists
  uint64_t most = 4096;                // the same, and bytes of texts
  std::span<const Option> options{};   // texts and members of lists must be one of these
  std::string_view default_text = {};  // for the reference, where the field's own default does not tell
};

template <class S, class T>
using Access = T& (*)(S&);

// An enum, by its place in limits.options.
template <class S>
struct Choice {
  void (*set)(S&, size_t);
  size_t (*get)(const S&);
};

struct Tables {};    // an array of tables, described in a section of its own
struct Named {};     // tables or lists by name, described in a section of its own
struct OneTable {};  // a table, described in a section of its own

template <class S>
using Field = std::variant<Access<S, std::string>, Access<S, Duration>, Access<S, uint64_t>, Access<S, uint32_t>, Access<S, bool>,
                           Access<S, std::vector<std::string>>, Access<S, Secret>, Choice<S>, Tables, Named, OneTable>;

template <class S>
struct Row {
  std::string_view key;  // below the section, dotted: "check.interval"
  Field<S> field;
  Limits limits;
  Apply apply = Apply::kLive;
  std::string_view text;
};

}  // namespace evershore::app
