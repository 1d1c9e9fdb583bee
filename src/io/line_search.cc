#include "io/line_search.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace evershore::io {

namespace {

constexpr size_t kPieceBytes = 4 << 20;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Result<void> read_at(int fd, uint64_t at, std::string& into, size_t bytes) {
  into.resize(bytes);
  for (size_t got = 0; got < bytes;) {
    const ssize_t some = ::pread(fd, into.data() + got, bytes - got, static_cast<off_t>(at + got));
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return fail(Fault::kBroken, "the file has become shorter while it was read");
    got += static_cast<size_t>(some);
  }
  return {};
}

// The line around `at` in `text`; "" if one of its ends is not there.
std::string_view line_around(std::string_view text, size_t at, bool begins_file) {
  const size_t before = text.rfind('\n', at);
  const size_t end = text.find('\n', at);
  if (end == std::string_view::npos || (before == std::string_view::npos && !begins_file)) return {};
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(begin, end - begin);
}

}  // namespace

Result<std::string> last_line_with(const std::string& path, std::string_view needle, uint64_t bytes_max) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat facts{};
  if (file.fd < 0 || ::fstat(file.fd, &facts) != 0) {
    return fail(errno == ENOENT ? Fault::kNotFound : Fault::kBroken, fmt::format("{}: cannot be read: {}", path, strerrordesc_np(errno)));
  }
  const auto size = static_cast<uint64_t>(facts.st_size);
  const uint64_t first = size - std::min(size, bytes_max);
  std::string text;
  // From the end backwards, each piece with the beginning of the one behind it, so that a line that lies across is whole in one of them.
  for (uint64_t end = size; end > first;) {
    const uint64_t begin = end - std::min<uint64_t>(end - first, kPieceBytes);
    const uint64_t with_next = std::min<uint64_t>(size, end + kSearchedLineBytesMax);
    TRY_VOID(read_at(file.fd, begin, text, with_next - begin));
    for (size_t at = text.rfind(needle); at != std::string::npos; at = at == 0 ? std::string::npos : text.rfind(needle, at - 1)) {
      const auto line = line_around(text, at, begin == 0);
      if (!line.empty()) return std::string(line);
    }
    end = begin;
  }
  return fail(Fault::kNotFound, fmt::format("{}: no such line", path));
}

}  // namespace evershore::io
