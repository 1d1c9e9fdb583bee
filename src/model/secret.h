// A text that must not be seen.
#pragma once

#include <string>

namespace evershore {

// A secret read from the settings, the environment or a file. Never printed: there is no formatter for it on purpose.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

}  // namespace evershore
