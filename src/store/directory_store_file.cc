#include "store/directory_store_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace evershore::store {

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::unexpected<Error> fail_errno(std::string_view doing, const std::string& path) {
  const int code = errno;
  const auto fault = code == ENOENT ? Fault::kNotFound : code == ENOSPC || code == EDQUOT || code == EMFILE ? Fault::kBusy : Fault::kBroken;
  return fail(fault, fmt::format("cannot {} {}: {}", doing, path, std::strerror(code)));
}

Result<void> read_exactly(const File& file, uint64_t offset, std::span<uint8_t> into) {
  while (!into.empty()) {
    const auto got = ::pread(file.fd(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", "an object's file");
    if (got == 0) return fail(Fault::kBroken, "an object's file ends early");
    into = into.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

namespace {
// One read covers record and tail of nearly every object.
constexpr size_t kGuessBytes = 2048;

Result<ObjectRecord> read_record(const File& file, const std::string& path) {
  const auto damaged = [&] { return fail(Fault::kBroken, path + " is damaged: it does not end in a whole record"); };
  struct stat about{};
  if (::fstat(file.fd(), &about) != 0) return fail_errno("stat", path);
  const auto size = static_cast<uint64_t>(about.st_size);
  std::vector<uint8_t> end(static_cast<size_t>(std::min<uint64_t>(size, kGuessBytes)));
  TRY_VOID(read_exactly(file, size - end.size(), end));
  if (end.size() < kRecordTailBytes) return damaged();
  const auto length = record_length(std::span(end).last(kRecordTailBytes));
  if (!length) return damaged();
  const uint64_t whole = *length + kRecordTailBytes;
  if (whole > size) return damaged();
  if (whole > end.size()) {
    end.resize(whole);
    TRY_VOID(read_exactly(file, size - whole, end));
  }
  auto record = decode_record(std::span(end).last(whole));
  if (!record || record->size_bytes != size - whole) return damaged();
  return *std::move(record);
}
}  // namespace

Result<std::optional<OpenedObject>> open_object(const std::string& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0 && errno == ENOENT) return std::nullopt;
  if (file.fd() < 0) return fail_errno("open", path);
  TRY(auto record, read_record(file, path));
  return OpenedObject{std::move(file), std::move(record)};
}

Result<StagedFile> StagedFile::create(std::string path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd() < 0) return fail_errno("create", path);
  return StagedFile(std::move(file), std::move(path));
}

StagedFile::~StagedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> StagedFile::append(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file_.fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", path_);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<void> StagedFile::append_from(const File& source, uint64_t bytes) {
  off_t from = 0;
  bool in_kernel = true;
  std::array<uint8_t, 64 * 1024> buffer;
  while (bytes > 0) {
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(bytes, 1ULL << 30));
    const auto copied = in_kernel ? ::copy_file_range(source.fd(), &from, file_.fd(), nullptr, wanted, 0) : 0;
    if (copied > 0) {
      bytes -= static_cast<uint64_t>(copied);
      continue;
    }
    in_kernel = false;  // not every file system can
    const auto piece = std::span(buffer).first(std::min(wanted, buffer.size()));
    TRY_VOID(read_exactly(source, static_cast<uint64_t>(from), piece));
    TRY_VOID(append(piece));
    from += static_cast<off_t>(piece.size());
    bytes -= piece.size();
  }
  return {};
}

Result<void> StagedFile::sync() {
  if (::fdatasync(file_.fd()) != 0) return fail_errno("sync", path_);
  return {};
}

Result<void> StagedFile::publish(const std::string& to) {
  if (::rename(path_.c_str(), to.c_str()) != 0) return fail_errno("rename to", to);
  path_.clear();
  return {};
}

Result<void> sync_directory_of(const std::string& path) {
  const auto directory = path.substr(0, path.rfind('/'));
  const File file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd() < 0) return fail_errno("open", directory);
  if (::fsync(file.fd()) != 0) return fail_errno("sync", directory);
  return {};
}

}  // namespace evershore::store
