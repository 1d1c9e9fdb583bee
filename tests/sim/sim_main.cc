// sim --seeds N --first S [--regions R] [--planted NAME] [--tell yes]: runs N histories and prints each seed that broke an
// invariant; with --tell, everything that happens.
// Exit codes: 0 none broke, 1 some did, 2 usage.
#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "replication_world.h"

namespace {

using namespace evershore;

struct Wanted {
  uint64_t seeds = 1'000;
  uint64_t first = 1;
  uint64_t regions = 0;  // by the seed
  replicate::PlantedBug bug = replicate::PlantedBug::kNone;
  bool tell = false;
};

std::optional<Wanted> parse(int count, char** arguments) {
  Wanted wanted;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const auto number = parse_u64(arguments[i + 1]);
    const auto bug = sim::planted_bug_named(arguments[i + 1]);
    if (name == "--seeds" && number) {
      wanted.seeds = *number;
    } else if (name == "--first" && number) {
      wanted.first = *number;
    } else if (name == "--regions" && number && *number >= sim::kWorldRegionsMin && *number <= sim::kWorldRegionsMax) {
      wanted.regions = *number;
    } else if (name == "--planted" && bug) {
      wanted.bug = *bug;
    } else if (name == "--tell") {
      wanted.tell = std::string_view(arguments[i + 1]) == "yes";
    } else {
      return std::nullopt;
    }
  }
  return count % 2 == 1 ? std::optional(wanted) : std::nullopt;
}

}  // namespace

int main(int count, char** arguments) {
  const auto wanted = parse(count, arguments);
  if (!wanted) {
    fmt::print(stderr, "usage: sim [--seeds N] [--first S] [--regions 2..5] [--planted NAME] [--tell yes]\n");
    return 2;
  }
#ifndef EVERSHORE_PLANTED_BUGS
  if (wanted->bug != replicate::PlantedBug::kNone) {
    fmt::print(stderr, "sim: planted bugs are not in this build; configure with -DEVERSHORE_PLANTED_BUGS=ON\n");
    return 2;
  }
#endif
  uint64_t broken = 0;
  for (uint64_t seed = wanted->first; seed < wanted->first + wanted->seeds; ++seed) {
    sim::WorldOptions options{.seed = seed, .regions = wanted->regions, .bug = wanted->bug};
    if (wanted->tell) options.tell = [](const std::string& line) { fmt::print("{}\n", line); };
    const auto end = sim::run_world(options);
    broken += end.broken.empty() ? 0 : 1;
    for (const auto& text : end.broken) fmt::print("{}\n", text);
  }
  fmt::print("{} of {} histories broke an invariant\n", broken, wanted->seeds);
  return broken == 0 ? 0 : 1;
}
