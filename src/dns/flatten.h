// From choices to record sets, and from aliases to the addresses behind them.
#pragma once

#include <functional>

#include "dns/choose.h"
#include "dns/name_tree.h"
#include "dns/outside.h"

namespace evershore::dns {

// What a server without our policies would say for a choice: of drawn ones all, where the type allows more than one; of a turning one
// the first; by place that of a client from nowhere, else the first there is.
RecordSet with_plain_view(uint16_t type, Choice choice);

// The set that a tree stands for, its ends made by `end`. Neither rdata nor a choice: no data for anybody.
RecordSet set_of(const ChoiceTree& tree, uint16_t type, const std::function<RecordSet(const std::vector<const DecidedAnswer*>&)>& end);

struct PendingAlias {
  size_t zone;
  const DecidedRecord* record;
  Node* node;  // where the addresses go
  ChoiceTree tree;
};

// Puts the addresses behind each alias at its name, choices on the way included. An alias may lead to another; in a circle it has
// nothing. `tree` is that of the zones they stand in; names outside of them have what `outside` says. More outcomes than kOutcomesMax:
// the plain view of what is beyond.
void place_aliases(NameTree& tree, const std::vector<PendingAlias>& aliases, const OutsideAddresses& outside);

}  // namespace evershore::dns
