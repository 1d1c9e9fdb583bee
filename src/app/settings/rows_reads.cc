// The rows of how a site reads from its regions.
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

constexpr std::array<Option, 2> kReadsModes{{{"latest"}, {"any"}}};
constexpr std::array<Option, 3> kChoiceModes{{{"order"}, {"weights"}, {"nearest"}}};

}  // namespace

Limits weight_limits() { return {.most = 1'000}; }

std::span<const Row<SiteSettings>> site_reads_rows() {
  using S = SiteSettings;
  static const Row<S> rows[] = {
      {"reads",
       Choice<S>{[](S& at, size_t option) { at.reads.mode = static_cast<ReadsMode>(option); },
                 [](const S& at) { return static_cast<size_t>(at.reads.mode); }},
       {.options = kReadsModes},
       Apply::kLive,
       "Of a key whose change is known but not everywhere yet: `latest` asks only regions that hold the newest copy, `any` asks as "
       "always."},
      {"choice",
       Choice<S>{[](S& at, size_t option) { at.reads.choice = static_cast<ChoiceMode>(option); },
                 [](const S& at) { return static_cast<size_t>(at.reads.choice); }},
       {.options = kChoiceModes},
       Apply::kLive,
       "Which of the usable regions the edge asks first: the first in `regions`, one by the hash of the key and the `weights`, or the one "
       "whose probes are answered soonest."},
      {"weights",
       Named{},
       {.most = kRegionsMax},
       Apply::kLive,
       "With `choice = \"weights\"`, `{ REGION = NUMBER }` from 0 to 1000: each region's share of the keys. Without one: 0, asked only "
       "when "
       "the others fail."},
      {"failback.ramp",
       [](S& at) -> std::vector<std::string>& { return at.failback.ramp.shares; },
       {.most = 16},
       Apply::kLive,
       "Shares of its keys that a region gets one after the other when it serves again, such as `\"1%\"`, `\"10%\"`, `\"100%\"`; none: all "
       "at once."},
      {"failback.step",
       [](S& at) -> Duration& { return at.failback.ramp.step; },
       {.shortest = 100ms, .longest = 24h},
       Apply::kLive,
       "For so long each share of the ramp lasts. Failures lead back to the one before."},
  };
  return rows;
}

}  // namespace evershore::app
