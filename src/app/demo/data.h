// What the demo fills its first region with: the documentation this machine has, generated files where that is too little,
// and large objects of a repeatable pattern.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace evershore::app::demo {

struct DataObject {
  std::string key;
  std::string content_type;
  uint64_t size_bytes = 0;
  Sha256 sha256{};
  std::string file;           // where its bytes are; "" = a pattern
  uint64_t pattern_seed = 0;  // when `file` is ""
};

struct DataRules {
  std::string directory = "/usr/share/doc";
  size_t files_max = 4'000;
  uint64_t bytes_max = 60'000'000;
  size_t files_min = 500;  // generated when the directory has fewer
  uint64_t file_bytes_max = 512 * 1024;
};

// Regular files below the directory (links are not followed), in the order of their names, keys relative to it.
// Unreadable files are passed over.
std::vector<DataObject> small_objects(const DataRules& rules);

// `name` of pattern `seed`.
DataObject pattern_object(std::string key, uint64_t seed, uint64_t size_bytes);

// Bytes of pattern `seed` from `offset` on, which must be a multiple of 8.
void fill_pattern(uint64_t seed, uint64_t offset, std::span<uint8_t> into);

// All its bytes, for small objects.
Result<std::string> bytes_of(const DataObject& object);

std::string content_type_of(const std::string& path);

}  // namespace evershore::app::demo
