// Small files and randomness: blocking helpers for start-up, settings and state. Not for the path of a request.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::io {

// kNotFound: there is no such file. kInvalid: longer than `bytes_max`. kRefused: not permitted. Else kBroken.
Result<std::string> read_whole_file(const std::string& path, size_t bytes_max);

// After success the new content survives a power cut; after failure, or a crash in between, the old content is whole
// (temporary file beside it, fsync, rename, fsync of the directory). `mode` as in open(2), e.g. 0600.
Result<void> write_file_durably(const std::string& path, std::string_view bytes, uint32_t mode);

// With all parents. Those that are made get `mode` (whatever the umask says); existing ones are left as they are.
Result<void> make_directories(const std::string& path, uint32_t mode);

struct DiskSpace {
  uint64_t free_bytes = 0;  // that we may use
  uint64_t total_bytes = 0;
};
// Of the file system that `path` lies in.
Result<DiskSpace> disk_space(const std::string& path);

// Makes a rename, creation or removal in `directory` survive a power cut.
Result<void> sync_directory(const std::string& directory);

// From the kernel's generator, fit for keys.
void fill_random(std::span<uint8_t> bytes);
std::vector<uint8_t> random_bytes(size_t count);
uint64_t random_u64();

}  // namespace evershore::io
