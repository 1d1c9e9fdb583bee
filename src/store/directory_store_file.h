// Files of a DirectoryStore: staging, reading back, the few system calls with their errors in words. Blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store/directory_store_record.h"

namespace evershore::store {

// An owned descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File();
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// "cannot DO PATH: reason", with the present errno. A full disk is kBusy: it may be freed.
std::unexpected<Error> fail_errno(std::string_view doing, const std::string& path);

struct OpenedObject {
  File file;
  ObjectRecord record;
};
// No such file: nullopt. A file without a whole record: kBroken.
Result<std::optional<OpenedObject>> open_object(const std::string& path);

// Fills `into` from `offset`; a file that ends before: kBroken.
Result<void> read_exactly(const File& file, uint64_t offset, std::span<uint8_t> into);

// A file that is being written under a temporary name. Gone when destroyed, unless published.
class StagedFile {
 public:
  static Result<StagedFile> create(std::string path);
  StagedFile(StagedFile&& other) noexcept : file_(std::move(other.file_)), path_(std::exchange(other.path_, {})) {}
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  Result<void> append(std::span<const uint8_t> bytes);
  // The first `bytes` of `source`, inside the kernel where the file system can.
  Result<void> append_from(const File& source, uint64_t bytes);
  Result<void> sync();
  // One rename: `to` is the old or the new file, whole, at any moment. kNotFound: its directory is gone.
  Result<void> publish(const std::string& to);

 private:
  StagedFile(File file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  File file_;
  std::string path_;  // "" once published
};

Result<void> sync_directory_of(const std::string& path);

}  // namespace evershore::store
