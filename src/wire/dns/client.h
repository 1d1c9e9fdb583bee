// The asking side: build a query, take a response apart. For the drill, the demo, and tests; allocates freely.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/dns/message.h"
#include "wire/dns/name.h"

namespace evershore::dnswire {

struct QueryOptions {
  bool recursion_desired = false;
  std::optional<uint16_t> edns_payload_bytes;  // set = an OPT record goes along
  bool dnssec_ok = false;                      // needs EDNS
  bool nsid = false;                           // needs EDNS
  uint8_t edns_version = 0;
  std::optional<ClientSubnet> client_subnet{};  // needs EDNS
};
std::vector<uint8_t> build_query(const Name& name, uint16_t type, uint16_t id, const QueryOptions& options = {});

struct Record {
  Name owner;
  uint16_t type = 0;
  uint16_t klass = kClassIn;
  uint32_t ttl = 0;
  std::string rdata;          // names in it are written out
  std::string value() const;  // rdata_to_text()
  bool operator==(const Record&) const = default;
};

struct Response {
  uint16_t id = 0;
  uint16_t flags = 0;
  Rcode rcode = Rcode::kNoError;  // with the upper bits of the OPT record
  std::optional<Name> question;   // letter case as echoed
  uint16_t question_type = 0;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  // without the OPT record
  Edns edns;
  std::string nsid;
  bool authoritative() const { return (flags & kFlagAa) != 0; }
  bool truncated() const { return (flags & kFlagTc) != 0; }
};
// Any message with at most one question. Pointers must point backwards.
Result<Response> parse_response(std::span<const uint8_t> packet);

}  // namespace evershore::dnswire
