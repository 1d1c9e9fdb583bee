// RFC 1035 master files with $ORIGIN, $TTL, $INCLUDE and $GENERATE. Records in their commonest form are read here, as there may be
// millions of them; all others by libldns.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/dns/name.h"

namespace evershore::dns {

inline constexpr size_t kMasterProblemsMax = 20;
inline constexpr size_t kIncludeDepthMax = 16;
inline constexpr size_t kIncludedFilesMax = 1'000;
inline constexpr size_t kIncludedBytesMax = 256UL << 20;  // of one zone, a file included twice counted twice
inline constexpr size_t kGeneratedRecordsMax = 1'000'000;

using FileTexts = std::map<std::string, std::string>;  // by path

struct MasterRecord {
  const std::string* file = nullptr;  // one of MasterFacts::files
  size_t line = 0;                    // where the record begins
  dnswire::Name owner;
  uint16_t type = 0;
  uint32_t ttl = 0;
  std::string rdata;
};
struct MasterProblem {
  std::string file;
  size_t line = 0;
  std::string message;
};
struct MasterFacts {
  std::deque<std::string> files;        // the file itself first, then what it includes; they stay where they are when this is moved
  std::vector<MasterProblem> problems;  // reading stops after kMasterProblemsMax
};

// Reads `path` and what it includes, all found in `texts`, and hands each record to `take`. `origin` is what relative names end in.
// Class IN only. An included file has its own origin, TTL and last owner, beginning with those of the place that includes it; nothing of
// that comes back.
MasterFacts read_master_file(const std::string& path, const FileTexts& texts, const dnswire::Name& origin,
                             const std::function<void(const MasterRecord&)>& take);

// Adds to `texts` what they include, by `read`. A relative name is taken from the folder of the file that includes it. What cannot be
// read is left out, and reported by read_master_file() at the line that wants it.
void add_included_files(FileTexts& texts, const std::function<Result<std::string>(const std::string& path)>& read);

}  // namespace evershore::dns
