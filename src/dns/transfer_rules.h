// The settings of transfers and keys -> rules.
#pragma once

#include <string>
#include <vector>

#include "dns/transfer.h"
#include "model/settings.h"

namespace evershore::dns {

struct TransferProblem {
  std::string path;  // "dns.transfer.allow[1]"
  std::string message;
};

struct LoadedTransferRules {
  TransferRules rules;
  std::vector<TransferProblem> problems;  // all of them
};

LoadedTransferRules load_transfer_rules(const DnsSettings& settings);

}  // namespace evershore::dns
