// Keeps what people and replication say about regions (model/steering.h), over restarts too, and publishes it. One thread
// (control); the durable board lives on another loop and is written behind: a wish is in force at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/event_log.h"
#include "base/published.h"
#include "model/settings.h"
#include "model/steering.h"

namespace evershore::app {

// What is written durably: board key -> value, nullopt = remove.
using SaveBoardEntry = std::function<void(std::string key, std::optional<std::string> value)>;

class Steersman {
 public:
  // `on_change` runs after each publication, on this thread.
  Steersman(Scheduler& scheduler, EventLog& events, SaveBoardEntry save, std::function<void()> on_change);

  const Published<Steering>& published() const { return published_; }
  const Steering& now() const { return steering_; }

  // From the board, at start: keys "drain/REGION" and "pin/SITE". What names things that are gone is dropped.
  void restore(const std::vector<std::pair<std::string, std::string>>& entries, const Settings& settings);

  void drain(const std::string& region, std::string reason, std::optional<Duration> for_span);
  void undrain(const std::string& region);
  void pin(const std::string& site, std::optional<std::string> region);
  // nullopt = may serve. No effect and no event when nothing changes but the numbers in `why`.
  void set_readiness(const std::string& site, const std::string& region, std::optional<std::string> why_not);
  // Regions that a replicated site has now and had not before: not ready until replication says so.
  void await_new_regions(const Settings& before, const Settings& after);
  // Forgets regions and sites that the settings no longer have.
  void retain(const Settings& settings);

 private:
  void publish();
  void schedule_end(const std::string& region);

  Scheduler& scheduler_;
  EventLog& events_;
  SaveBoardEntry save_;
  std::function<void()> on_change_;
  Steering steering_;
  Published<Steering> published_;
};

}  // namespace evershore::app
