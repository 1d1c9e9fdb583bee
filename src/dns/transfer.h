// Zones as secondaries get them: whole (AXFR, RFC 5936) or what changed since a serial they have (IXFR, RFC 1995). One
// transfer holds one state of its zone from beginning to end, whatever happens to the zone meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/networks.h"
#include "dns/journal.h"
#include "dns/plain_zone.h"
#include "wire/dns/tsig.h"

namespace evershore::dns {

// Who may take zones away. A request passes if it meets every list that is not empty; two empty lists let nobody pass.
struct TransferRules {
  Networks networks;
  std::vector<Name> key_names;         // of `keys`, one of which must have signed
  std::vector<dnswire::TsigKey> keys;  // all that we know, for any signed query
  // `key`: who signed; nullptr = nobody.
  bool allow(std::span<const uint8_t> address, const dnswire::TsigKey* key) const;
};

struct TransferZone {
  std::shared_ptr<const PlainZone> content;
  uint32_t serial = 0;
  Journal journal;
};

// What the servers transfer from; published beside the compiled answers.
struct TransferSnapshot {
  TransferRules rules;
  std::map<Name, TransferZone> zones;  // by apex
};

struct ZoneRecordView {
  const Name* owner = nullptr;
  uint16_t type = 0;
  uint32_t ttl = 0;
  std::string_view rdata;
};

// The records of a transfer in their order. Keeps alive what it reads from.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual bool next(ZoneRecordView& record) = 0;  // false: that was all
};
std::unique_ptr<RecordSource> whole_zone(std::shared_ptr<const PlainZone> zone);  // SOA, all the others, SOA
std::unique_ptr<RecordSource> differences(std::shared_ptr<const PlainZone> zone, std::vector<std::shared_ptr<const Difference>> steps);
std::unique_ptr<RecordSource> soa_alone(std::shared_ptr<const PlainZone> zone);

// The messages of a transfer, one after the other: as many records in each as names can still be compressed against.
class TransferStream {
 public:
  struct Request {
    std::vector<uint8_t> question;  // name, type, class as asked
    uint16_t id = 0;
    uint16_t flags = 0;  // as asked
    bool edns = false;
  };
  TransferStream(Request request, std::unique_ptr<RecordSource> source, std::optional<dnswire::TsigSigner> signer);

  bool done() const { return !waiting_; }
  // The next message, signed if the request was. There is one (not done()).
  std::vector<uint8_t> next(uint64_t now_seconds);
  size_t records() const { return records_; }  // sent so far

 private:
  Request request_;
  std::unique_ptr<RecordSource> source_;
  std::optional<dnswire::TsigSigner> signer_;
  std::optional<ZoneRecordView> waiting_;  // the record that comes next
  bool first_ = true;
  size_t records_ = 0;
};

}  // namespace evershore::dns
