// Reports of the drills that this node has seen, for comparison; kept on the board over restarts. One thread (control).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace evershore::app {

inline constexpr size_t kDrillsKept = 50;
inline constexpr size_t kDrillBytesMax = 256 << 10;  // of a report

class DrillBook {
 public:
  using Save = std::function<void(std::string key, std::optional<std::string> value)>;

  // From the board's entries; those of others are passed over.
  void restore(const std::vector<std::pair<std::string, std::string>>& entries, Save save);
  // A report as `evershore drill` makes it. Returns its number. kInvalid: it is none, or too long.
  Result<uint64_t> keep(const std::string& report);

  // All, oldest first, with "id" and without their timelines and notes.
  std::string list_json() const;
  // One, with "id". kNotFound.
  Result<std::string> report_json(uint64_t id) const;

 private:
  Save save_;
  std::map<uint64_t, std::string> reports_;  // JSON, by number
};

}  // namespace evershore::app
