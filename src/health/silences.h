// What people want to hear nothing of for a while. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "health/alert_desk.h"

namespace evershore::health {

struct Silence {
  uint64_t id = 0;
  std::string kind;  // of AlertEvent; "" = every kind
  std::string name;  // of AlertEvent; "" = every name, "assets/*" = all that begin so
  Wall until{};
  std::string reason;
  std::string by;  // "" = unknown
  bool operator==(const Silence&) const = default;
};

inline constexpr size_t kSilencesMax = 100;
inline constexpr Duration kSilenceMax = std::chrono::days(30);

class Silences {
 public:
  // Gives it a number. kInvalid: it ends in the past, or too far away. kBusy: there are kSilencesMax.
  Result<Silence> add(Silence silence, Wall now);
  // As it was in an earlier run. Nothing for what has ended.
  void restore(Silence silence, Wall now);
  // False: there is none with this number.
  bool end(uint64_t id);
  // Takes away those that have ended, and returns their numbers.
  std::vector<uint64_t> take_ended(Wall now);

  // The latest end of those that it falls under; nullopt: none.
  std::optional<Wall> until(const AlertEvent& event, Wall now) const;
  const std::vector<Silence>& all() const { return silences_; }  // by number

 private:
  std::vector<Silence> silences_;
  uint64_t last_id_ = 0;
};

std::string write_silence(const Silence& silence);
std::optional<Silence> read_silence(std::string_view text);  // nullopt: it is none

}  // namespace evershore::health
