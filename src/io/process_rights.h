// What this process may do: as whom it runs, and how many descriptors it may have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace evershore::io {

struct User {
  std::string name;
  uint32_t id = 0;
  uint32_t group = 0;
};
// kNotFound: there is no such user here.
Result<User> find_user(const std::string& name);

bool is_root();
uint32_t user_id();

// The process, with all its threads, becomes this user for good: with its groups alone, without any capability. Only as root.
Result<void> become_user(const User& user);

// A file or folder and all below it become this user's. Links are not followed, and a file that has another name as well is left
// as it is: it may be somebody else's. What is not there needs nothing.
Result<void> give_tree_to(const std::string& path, const User& user);

// As many as the system lets it have. The number; what cannot be raised stays.
size_t raise_descriptor_limit();

}  // namespace evershore::io
