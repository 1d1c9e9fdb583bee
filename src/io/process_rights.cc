#include "io/process_rights.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace evershore::io {

namespace {

std::unexpected<Error> failed(std::string_view what) { return fail(Fault::kBroken, fmt::format("{}: {}", what, std::strerror(errno))); }

Result<void> give_one(const std::string& path, const User& user) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return errno == ENOENT ? Result<void>() : failed(path);
  const bool ours = info.st_uid == user.id && info.st_gid == user.group;
  if (ours || (S_ISREG(info.st_mode) && info.st_nlink > 1)) return {};
  if (::lchown(path.c_str(), user.id, user.group) != 0 && errno != ENOENT) return failed(path);
  return {};
}

}  // namespace

Result<User> find_user(const std::string& name) {
  std::vector<char> room(16 * 1024);
  passwd entry = {};
  passwd* found = nullptr;
  const int code = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr && code != 0) return fail(Fault::kBroken, fmt::format("user \"{}\": {}", name, std::strerror(code)));
  if (found == nullptr) return fail(Fault::kNotFound, fmt::format("there is no user \"{}\" here", name));
  return User{.name = name, .id = entry.pw_uid, .group = entry.pw_gid};
}

bool is_root() { return ::geteuid() == 0; }
uint32_t user_id() { return ::geteuid(); }

Result<void> become_user(const User& user) {
  if (::initgroups(user.name.c_str(), user.group) != 0) return failed("initgroups");
  if (::setresgid(user.group, user.group, user.group) != 0) return failed("setresgid");
  if (::setresuid(user.id, user.id, user.id) != 0) return failed("setresuid");
  if (user.id != 0 && ::setuid(0) == 0) return fail(Fault::kBroken, "the process could become root again");
  return {};
}

Result<void> give_tree_to(const std::string& path, const User& user) {
  TRY_VOID(give_one(path, user));
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(path, std::filesystem::directory_options::none, error);
  for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    TRY_VOID(give_one(at->path().string(), user));
  }
  return {};  // what ended the walk is no folder, or went away meanwhile
}

size_t raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit wanted{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  }
  return limit.rlim_cur;
}

}  // namespace evershore::io
