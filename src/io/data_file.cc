#include "io/data_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace evershore::io {

namespace {
std::unexpected<Error> failed(const std::string& path, const char* what) {
  return fail(Fault::kBroken, fmt::format("{}: cannot {}: {}", path, what, strerrordesc_np(errno)));
}
}  // namespace

Result<std::unique_ptr<DataFile>> DataFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path, "open");
  return std::unique_ptr<DataFile>(new DataFile(fd, path));
}

DataFile::~DataFile() { ::close(fd_); }

Result<void> DataFile::read_at(uint64_t offset, std::span<uint8_t> into) const {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path_, "read");
    if (got == 0) return fail(Fault::kBroken, fmt::format("{}: ends before byte {}", path_, offset + into.size()));
    offset += static_cast<uint64_t>(got);
    into = into.subspan(static_cast<size_t>(got));
  }
  return {};
}

Result<void> DataFile::write_at(uint64_t offset, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return failed(path_, "write");
    offset += static_cast<uint64_t>(put);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

Result<uint64_t> DataFile::size() const {
  struct stat found = {};
  if (::fstat(fd_, &found) != 0) return failed(path_, "look at");
  return static_cast<uint64_t>(found.st_size);
}

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path, "open");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool busy = errno == EWOULDBLOCK;
    auto error = failed(path, "lock");
    ::close(fd);
    if (busy) return fail(Fault::kBusy, fmt::format("{}: another process uses this folder", folder));
    return error;
  }
  return std::unique_ptr<FolderLock>(new FolderLock(fd));
}

FolderLock::~FolderLock() { ::close(fd_); }

Result<std::vector<std::string>> names_in(const std::string& folder) {
  DIR* const directory = ::opendir(folder.c_str());
  if (directory == nullptr) return failed(folder, "list");
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(directory);
  return names;
}

void remove_file(const std::string& path) { ::unlink(path.c_str()); }

}  // namespace evershore::io
