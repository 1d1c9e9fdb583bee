// RFC 1035 master files, read by libldns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dns/name.h"

namespace evershore::dns {

struct MasterRecord {
  size_t line = 0;  // where the record ends
  dnswire::Name owner;
  uint16_t type = 0;
  uint32_t ttl = 0;
  std::string rdata;
};
struct MasterProblem {
  size_t line = 0;
  std::string message;
};
struct MasterRecords {
  std::vector<MasterRecord> records;
  std::vector<MasterProblem> problems;  // reading stops after kMasterProblemsMax
};
inline constexpr size_t kMasterProblemsMax = 20;

// `origin` is what relative names end in. Class IN only. $INCLUDE is refused: the file must be whole.
MasterRecords read_master_file(std::string_view text, const dnswire::Name& origin);

}  // namespace evershore::dns
