// One plan in motion: asks regions as attempts.h says, several side by side where it hedges, until one answer fits.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.h"
#include "edge/attempts.h"
#include "edge/run/origin.h"
#include "edge/run/region_book.h"
#include "edge/takeover.h"

namespace evershore::edge {

// What a continuation must fit; absent when an object is looked for.
struct Continuation {
  Identity object;
  uint64_t next_byte = 0;
};

struct RaceEnd {
  GiveUp why = GiveUp::kUnavailable;   // kNone: `reply` is there
  std::unique_ptr<OriginReply> reply;  // with another `why`: a region's own refusal, where the race keeps those
  RegionRecord* region = nullptr;      // whose reply it is
  uint32_t attempts = 0;
  Mono asked{};              // when the winner was asked
  std::string last_problem;  // for people, where nobody fitted
};

// Shared by its legs, which may outlive the race: a leg that lost still tells the book how its region fared.
struct Race {
  struct Lane {
    RegionRecord* region = nullptr;
    Mono begun{};
    bool running = false;
    bool silence_noted = false;
    bool in_line = false;  // not asked yet: too many wait for the region already
    std::shared_ptr<OriginCancel> cancel;
    std::unique_ptr<OriginReply> reply;  // of the leg that ended kFound
  };
  struct Ended {
    size_t leg;
    LegEnd end;
  };
  struct Refused {
    std::unique_ptr<OriginReply> reply;
    RegionRecord* region = nullptr;
    Mono asked{};
    LegEnd end = LegEnd::kFailed;
  };

  Race(Scheduler& scheduler, std::vector<Candidate> order, OriginRequest what, std::optional<Continuation> continues)
      : changed(scheduler), candidates(std::move(order)), request(std::move(what)), continuation(std::move(continues)) {
    if (candidates.size() > kLegsMax) candidates.resize(kLegsMax);
    lanes.resize(candidates.size());
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i].region = candidates[i].region;
  }
  // A refusal that the client gets if nobody has more to say: "there is none" before "I failed", else the later one.
  void keep(Refused next) {
    if (refused && refused->end == LegEnd::kMissing && next.end != LegEnd::kMissing) return;
    refused = std::move(next);
  }
  // Wakes the race to end with nothing; its legs are cancelled.
  void abandon() {
    abandoned = true;
    for (auto& lane : lanes)
      if (lane.running) lane.cancel->cancel();
    changed.notify_all();
  }

  Signal changed;
  std::vector<Candidate> candidates;
  OriginRequest request;  // without the region
  std::optional<Continuation> continuation;
  std::vector<Lane> lanes;
  std::deque<Ended> ended;
  std::deque<size_t> suspect;
  bool keeps_refusals = false;
  std::optional<Refused> refused;
  bool over = false;
  bool abandoned = false;
  bool overslept = false;  // this loop was late for the race's own timer
  std::string last_problem;
};

}  // namespace evershore::edge
