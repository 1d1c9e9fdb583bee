// One pass over all listings and rows of a site. It writes to no bucket: what differs is handed on. Memory is a few pages for
// each region, whatever the size. Regions that cannot be used are left out; with fewer than two there is nothing to compare.
#pragma once

#include <functional>

#include "replicate/merge_scan.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

struct ScanReport {
  Wall started{};
  Wall ended{};
  RegionSet regions;  // that were compared
  uint64_t keys = 0;
  uint64_t different = 0;
  uint64_t bytes_different = 0;
  uint64_t keys_present = 0;  // in some region
  uint64_t own_keys = 0;      // Evershore's own
  uint64_t lists = 0;         // requests
  ObjectKey last_key;         // compared
};

// Takes the findings of a slice; the scan goes on when it resumes. An error ends the scan.
using FindingSink = std::function<Task<Result<void>>(std::vector<Finding> findings)>;
using ScanProgress = std::function<void(const ScanReport& so_far)>;

struct ScanOptions {
  ObjectKey after;          // only keys behind this one
  bool tell_equal = false;  // kEqual comes out, too
};

// `sink` and `progress` outlive the task.
Task<Result<ScanReport>> scan_site(SiteContext& context, ScanOptions options, const FindingSink& sink, const ScanProgress& progress);
Task<Result<ScanReport>> scan_site(SiteContext& context, const FindingSink& sink, const ScanProgress& progress);

// What a working scan would enqueue for it.
queue::NewTask new_task_of(Finding finding);
queue::TaskRow task_of(const Finding& finding);

// The sink of a working scan: new rows are put, expired ones erased, keys that differ are enqueued.
Task<Result<void>> enqueue_findings(SiteContext& context, std::vector<Finding> findings);

}  // namespace evershore::replicate
