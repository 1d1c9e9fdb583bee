#include "io/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace evershore::io {
namespace {

std::unexpected<Error> failed(const std::string& path, const char* what) {
  const int code = errno;
  const Fault fault = code == ENOENT ? Fault::kNotFound : code == EACCES || code == EPERM ? Fault::kRefused : Fault::kBroken;
  return fail(fault, fmt::format("{}: cannot {}: {}", path, what, strerrordesc_np(code)));
}

class File {
 public:
  File(const std::string& path, int flags, mode_t mode) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
    if (put < 0 && errno != EINTR) return false;
  }
  return true;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_and_sync(const std::string& path, std::string_view bytes, mode_t mode) {
  File file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);  // nobody may read a secret before its mode is set
  if (!file.open()) return failed(path, "create");
  if (::fchmod(file.fd(), mode) != 0) return failed(path, "set the mode of");
  if (!write_fully(file.fd(), bytes)) return failed(path, "write");
  if (::fsync(file.fd()) != 0) return failed(path, "sync");
  return {};
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, size_t bytes_max) {
  File file(path, O_RDONLY, 0);
  if (!file.open()) return failed(path, "open");
  std::string content;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "read");
    if (got == 0) return content;
    if (content.size() + static_cast<size_t>(got) > bytes_max)
      return fail(Fault::kInvalid, fmt::format("{}: longer than {} bytes", path, bytes_max));
    content.append(buffer, static_cast<size_t>(got));
  }
}

Result<void> write_file_durably(const std::string& path, std::string_view bytes, uint32_t mode) {
  const std::string temporary = fmt::format("{}.{:016x}.tmp", path, random_u64());
  auto written = write_and_sync(temporary, bytes, mode);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = failed(path, "replace");
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_directory(parent_of(path));
}

Result<void> make_directories(const std::string& path, uint32_t mode) {
  struct stat existing = {};
  if (::stat(path.c_str(), &existing) == 0) {
    if (S_ISDIR(existing.st_mode)) return {};
    return fail(Fault::kInvalid, fmt::format("{}: exists and is not a directory", path));
  }
  if (errno != ENOENT) return failed(path, "look at");
  const std::string parent = parent_of(path);
  if (parent != path) TRY_VOID(make_directories(parent, mode));
  if (::mkdir(path.c_str(), mode) == 0) {
    if (::chmod(path.c_str(), mode) != 0) return failed(path, "set the mode of");
    return {};
  }
  if (errno != EEXIST) return failed(path, "create the directory");
  return {};  // somebody else was quicker, or the path ends in a slash
}

Result<DiskSpace> disk_space(const std::string& path) {
  struct statvfs found{};
  if (::statvfs(path.c_str(), &found) != 0) return failed(path, "ask for free space");
  return DiskSpace{.free_bytes = uint64_t{found.f_bavail} * found.f_frsize, .total_bytes = uint64_t{found.f_blocks} * found.f_frsize};
}

Result<void> sync_directory(const std::string& directory) {
  File file(directory, O_RDONLY | O_DIRECTORY, 0);
  if (!file.open()) return failed(directory, "open");
  if (::fsync(file.fd()) != 0) return failed(directory, "sync");
  return {};
}

void fill_random(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    EVERSHORE_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) bytes = bytes.subspan(static_cast<size_t>(got));
  }
}

std::vector<uint8_t> random_bytes(size_t count) {
  std::vector<uint8_t> bytes(count);
  fill_random(bytes);
  return bytes;
}

uint64_t random_u64() {
  uint64_t value = 0;
  fill_random({reinterpret_cast<uint8_t*>(&value), sizeof value});
  return value;
}

}  // namespace evershore::io
