// Keeps, lists and settles the losers of crossing writes (replicate/conflict.h says where they are).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "replicate/conflict.h"
#include "replicate/reconcile.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

struct Conflict {
  ConflictId id;
  ObjectKey name;  // of the copy
  uint64_t size_bytes = 0;
  std::string etag;
  Wall kept{};                       // when, by its store's clock
  std::vector<std::string> regions;  // that have it
};

enum class Settle : uint8_t {
  kKeepWinner,  // the kept copy goes
  kKeepLoser,   // its content becomes the key's, as a client's write; then the copy goes
};

class Conflicts {
 public:
  explicit Conflicts(SiteContext& context) : context_(context) {}

  // When it resumes well, each loser is kept: in the region where it was written, and in the others as far as they can be
  // reached. kPrecondition: one changed meanwhile. With rules.conflict_retention 0 it is only counted.
  Task<Result<void>> keep(ObjectKey key, std::vector<Loser> losers);

  // In order of their names; those of keys with this prefix. Fails if no region can be listed.
  Task<Result<std::vector<Conflict>>> list(std::string prefix);
  // Removes what is older than the retention; what stays is counted. Regions that fail are left for the next time.
  Task<void> sweep();
  // `told` is called after the content has become the key's, with the region it was written to.
  using Told = std::function<Task<Result<void>>(std::string region, std::string etag)>;
  Task<Result<void>> settle(Conflict conflict, Settle how, Told told);

 private:
  Task<Result<void>> keep_one(ObjectKey key, Loser loser);
  Task<Result<void>> copy_to(Region& region, const Copy& from, ConflictId id);
  Task<Result<void>> list_region(Region& region, std::string prefix, std::vector<Conflict>& into);
  Task<Result<void>> sweep_region(Region& region, Wall before, uint64_t& left);
  Task<Result<void>> restore(const Conflict& conflict, const Told& told);

  SiteContext& context_;
};

}  // namespace evershore::replicate
