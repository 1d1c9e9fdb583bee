// The month's bill of a layout, line by line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aws/layout.h"

namespace evershore::aws {

struct Volumes {
  double stored_gb = 0;   // in each copy
  double served_gb = 0;   // to clients, a month
  double written_gb = 0;  // to the primary, a month
  uint64_t requests = 0;  // of clients, a month
  uint64_t writes = 0;    // objects, a month
};

struct CostLine {
  std::string what, count;
  double usd = 0;  // negative: a free tier
  bool checked = true;
};

struct Estimate {
  std::string prices_of;
  std::vector<CostLine> lines;
  std::vector<std::string> remarks;
  double total() const;
};

// Versions that are kept: as much again as is written in the month.
Estimate estimate(const Layout& layout, const Volumes& volumes);
std::string estimate_text(const Layout& layout, const Estimate& estimate);
std::string estimate_json(const Layout& layout, const Estimate& estimate);

}  // namespace evershore::aws
