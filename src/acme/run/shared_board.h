// What several nodes share of their certificates: sealed documents under ".evershore/acme/" in regions' buckets, which the edge never
// serves and replication never touches. Written to every region, read from the first that answers, so that it outlives a region.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme/documents.h"
#include "acme/seal.h"
#include "base/log.h"
#include "base/time.h"
#include "store/object_store.h"

namespace evershore::acme {

class SharedBoard {
 public:
  // `stores`, in order of preference, and `scheduler` outlive it. `authority`: authority_element().
  SharedBoard(Scheduler& scheduler, std::vector<ObjectStore*> stores, SealKey key, std::string authority)
      : scheduler_(scheduler), stores_(std::move(stores)), key_(key), prefix_(".evershore/acme/" + std::move(authority) + "/") {}

  // Name -> a mark that changes with the content.
  Task<Result<std::map<std::string, std::string>>> list();
  // nullopt: there is none.
  Task<Result<std::optional<std::string>>> get(std::string name);
  // Done when one region has it.
  Task<Result<void>> put(std::string name, std::string text);
  Task<Result<void>> remove(std::string name);

  enum class Claim : uint8_t { kGot, kHeld };
  // At most one node has it at a time, as long as the regions' clocks and conditional writes hold; where a store has none of
  // these, two may: they order the same certificate twice, and the later one stays.
  Task<Result<Claim>> claim(std::string node, Duration span);
  Task<void> release(std::string node);

 private:
  struct Found {
    std::string text;
    std::string etag;
  };
  Task<Result<std::optional<Found>>> get_from(ObjectStore& store, std::string name);
  Task<Result<void>> put_to(ObjectStore& store, std::string name, std::string text, PutCondition condition);
  Task<Result<Claim>> claim_in(ObjectStore& store, std::string node, Duration span);

  Scheduler& scheduler_;
  const std::vector<ObjectStore*> stores_;
  const SealKey key_;
  const std::string prefix_;
  std::vector<const ObjectStore*> probed_;
};

}  // namespace evershore::acme
