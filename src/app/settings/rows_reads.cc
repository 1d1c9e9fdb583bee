// The rows of how a site reads from its regions.
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

constexpr std::array<Option, 2> kReadsModes{{{"latest"}, {"any"}}};

}  // namespace

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
  };
  return rows;
}

}  // namespace evershore::app
