// What a node keeps of its certificates, in node.data and shared with others: values to JSON and back. Read strictly: a document that
// is not whole is an error, never half of one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/ordering.h"
#include "base/result.h"
#include "base/time.h"

namespace evershore::acme {

struct Account {
  std::string key_pem;
  std::string url;  // "" = not made yet
  bool operator==(const Account&) const = default;
};

// One host's way to its next certificate.
struct Progress {
  std::string order_url;  // "" = no order under way
  std::string key_pem;    // of the certificate ordered
  uint32_t failures = 0;
  Wall failed_at{};
  std::optional<Duration> retry_after;
  std::string problem;  // of the last failure
  bool operator==(const Progress&) const = default;
};

// A TXT record for dns-01.
struct DnsProof {
  std::string name;  // "_acme-challenge.example.com"
  std::string value;
  auto operator<=>(const DnsProof&) const = default;
};
struct DnsProofs {
  std::vector<DnsProof> proofs;
  Wall until{};  // whoever published them has given up by then
};

// Who may order now.
struct Lease {
  std::string node;
  Wall until{};
};
enum class LeaseVerdict : uint8_t { kTake, kMine, kHeld };
//   present          until        verdict
//   none             -            kTake
//   of another node  in the past  kTake
//   of another node  to come      kHeld
//   mine             -            kMine: I died with it
LeaseVerdict judge_lease(const std::optional<Lease>& present, std::string_view node, Wall now);

std::string to_text(const Account& account);
std::string to_text(const Progress& progress);
std::string to_text(const DnsProofs& proofs);
std::string to_text(const Lease& lease);
Result<Account> read_account(std::string_view text);
Result<Progress> read_progress(std::string_view text);
Result<DnsProofs> read_proofs(std::string_view text);
Result<Lease> read_lease(std::string_view text);

// "_acme-challenge.example.com" for "example.com" and "*.example.com".
std::string proof_name(std::string_view host);
// A host as a part of a path or key: "_wildcard.example.com" for "*.example.com".
std::string path_element(std::string_view host);

}  // namespace evershore::acme
