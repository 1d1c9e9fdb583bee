// Files that are read and written at places, for data that may be lost: nothing here is synced.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::io {

// Blocking; any thread, several at once.
class DataFile {
 public:
  // Made where it does not exist, with mode 0600.
  static Result<std::unique_ptr<DataFile>> open(const std::string& path);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  Result<void> read_at(uint64_t offset, std::span<uint8_t> into) const;  // all of it; a file that ends before is kBroken
  Result<void> write_at(uint64_t offset, std::span<const uint8_t> bytes);
  Result<uint64_t> size() const;

 private:
  DataFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

// One process at a time has a folder to itself; given up with the object, or with the process.
class FolderLock {
 public:
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder);  // kBusy: another process has it
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

Result<std::vector<std::string>> names_in(const std::string& folder);  // without "." and "..", in no order
void remove_file(const std::string& path);                             // none there, or it cannot be: no matter

}  // namespace evershore::io
