// What one loop's edge counts. Written by the loop, read by any thread.
#pragma once

#include <array>

#include "base/counter.h"

namespace evershore::edge {

struct EdgeCounters {
  Counter requests;
  std::array<Counter, 6> answers_by_class;  // [2] = 2xx ... ; [0] = reset or client gone before a head
  Counter cache_hits;
  Counter cache_misses;
  Counter disk_hits;            // objects that came from the disk tier into memory
  Counter cache_stale;          // served although stale, because nobody answered (or within stale-while-revalidate)
  Counter cache_revalidated;    // 304 from a region
  Counter collapsed;            // requests that shared another one's fetch
  Counter reads_redirected;     // fetches that left out a region whose copy is older
  Counter reads_undecided;      // fetches where no region was known to hold the newest copy: asked in the usual order
  Counter reads_older;          // answers with an older copy, because nobody who holds the newest could be reached
  Counter copies_doubted;       // cached copies that news of their key made doubtful or dropped
  Counter resets;               // bodies that could not be completed
  Counter cache_bytes;          // gauge
  Counter cache_objects;        // gauge
  Counter forms_made;           // compressed bodies that were kept for the next
  Counter forms_served;         // answers with one of them
  Counter bytes_sent;           // of bodies to clients
  LatencyHistogram first_byte;  // request complete to head sent or ready
};

}  // namespace evershore::edge
