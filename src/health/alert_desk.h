// What one receiver of alerts is told, and when: trouble that has lasted, again while it lasts, and its end. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace evershore::health {

struct AlertEvent {
  std::string kind;    // as AlertSettings::on has them
  std::string name;    // "east", "bucket", "assets/west"
  std::string state;   // "up", "down", "behind", ...
  std::string before;  // "" = unknown
  std::string why;
  Wall at{};
};
// False: the good end of something, such as "up", "answered", "in sync".
bool is_trouble(const AlertEvent& event);

struct AlertRules {
  Duration hold{};       // trouble must have lasted so long
  Duration repeat{};     // told again after so long while it lasts; 0 = once
  bool recovery = true;  // its end is told, too
  Duration group{};      // what is due waits so long for other news, and all of it is told together
};

// Until when nothing is to be told of it (health/silences.h); kNotSilenced.
using SilencedUntil = std::function<Mono(const AlertEvent&)>;
inline constexpr Mono kNotSilenced = Mono::min();

struct AlertNotice {
  enum class Kind : uint8_t { kTrouble, kAgain, kRecovery } kind = Kind::kTrouble;
  AlertEvent event;
  Wall since{};  // of the trouble
};

inline constexpr size_t kAlertsOpenMax = 1'000;

class AlertDesk {
 public:
  AlertDesk(AlertRules rules, SilencedUntil silenced) : rules_(rules), silenced_(std::move(silenced)) {}

  //   known of it      news       becomes
  //   nothing          trouble    told after `hold`
  //   waiting          trouble    waiting on, with the newer words
  //   waiting          recovery   forgotten: it was too short to be told
  //   told             trouble    told at once if the state is another one
  //   told             recovery   told at once, unless recoveries are not wanted; forgotten
  //   nothing          recovery   told at once: the trouble was told before a restart
  // While it is silenced, trouble waits, and is told after that if it lasts. The end of what was told is told all the same.
  // False: too much is open, and this is not taken.
  bool take(const AlertEvent& event, Mono now);
  // Takes what is to be told now, oldest first. With rules.group it is one message.
  std::vector<AlertNotice> due(Mono now);
  // When there is more; kNever.
  Mono next() const;
  // Told, or waiting to be told, and not over.
  size_t open() const { return items_.size(); }

 private:
  struct Item {
    AlertNotice notice;
    Mono due_at{};
    uint64_t number = 0;
    bool told = false;
  };
  Mono due_at(const Item& item) const;

  AlertRules rules_;
  SilencedUntil silenced_;
  uint64_t numbers_ = 0;
  std::map<std::pair<std::string, std::string>, Item> items_;
};

}  // namespace evershore::health
