// Name look-ups beside a loop: each in a thread of its own, so that one dead name server delays no other name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "io/loop.h"

namespace evershore::io {

using Addresses = Result<std::vector<std::string>>;

class Resolver {
 public:
  static constexpr size_t kLookupsMax = 32;
  explicit Resolver(Loop& loop) : loop_(loop), in_flight_(std::make_shared<size_t>(0)) {}

  Task<Addresses> resolve(std::string host, Mono deadline);

 private:
  Loop& loop_;
  std::shared_ptr<size_t> in_flight_;  // the loop's thread only
};

// "127.0.0.1", "::1": an address as such, not a name.
bool is_ip_literal(const std::string& host);

}  // namespace evershore::io
