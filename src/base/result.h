// Errors are values; absence is not an error (use std::optional for it).
// No exception crosses one of our own interfaces: a library that throws is caught in io/, store/, queue/ or app/.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace evershore {

// A fault exists only where some caller acts differently on it; everything else is text.
enum class Fault : uint8_t {
  kNotFound,      // the thing that was asked for is not there, where absence is an error
  kRefused,       // the other side said no and will say no again (authorisation, connection refused)
  kBusy,          // try again later: overloaded, throttled, queue full
  kTimedOut,      // a deadline passed; the effect is unknown
  kPrecondition,  // a condition (If-Match, generation, lease) was false: re-read, then decide again
  kInvalid,       // the input is malformed; text says what, where and what to do
  kClosed,        // the peer or we closed it; no more will come
  kBroken,        // anything else that failed
};

std::string_view fault_name(Fault fault);

struct Error {
  Fault fault = Fault::kBroken;
  std::string text;  // for people: names the thing, and the remedy where there is one
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string text) { return std::unexpected(Error{fault, std::move(text)}); }

// The same error with the place it passed put in front: "settings.toml: cannot open: ...".
inline std::unexpected<Error> wrap(Error error, std::string_view context) {
  error.text.insert(0, std::string(context) + ": ");
  return std::unexpected(std::move(error));
}

}  // namespace evershore

#define EVERSHORE_CONCAT_(a, b) a##b
#define EVERSHORE_CONCAT(a, b) EVERSHORE_CONCAT_(a, b)
#define EVERSHORE_TRY_(leave, temp, decl, ...)               \
  auto temp = __VA_ARGS__;                                   \
  if (!temp) leave std::unexpected(std::move(temp).error()); \
  decl = *std::move(temp)

// TRY(auto info, parse(text));          passes the Error up, else declares `info`
#define TRY(decl, ...) EVERSHORE_TRY_(return, EVERSHORE_CONCAT(try_, __LINE__), decl, __VA_ARGS__)
// CO_TRY(auto info, co_await store.find(key));     the same inside a coroutine
#define CO_TRY(decl, ...) EVERSHORE_TRY_(co_return, EVERSHORE_CONCAT(try_, __LINE__), decl, __VA_ARGS__)

// For Result<void>.
#define TRY_VOID(...) \
  if (auto try_void = __VA_ARGS__; !try_void) return std::unexpected(std::move(try_void).error())
#define CO_TRY_VOID(...)                                                   \
  {                                                                        \
    auto try_void = __VA_ARGS__;                                           \
    if (!try_void) co_return std::unexpected(std::move(try_void).error()); \
  }                                                                        \
  static_assert(true)
