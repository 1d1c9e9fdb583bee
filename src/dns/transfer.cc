#include "dns/transfer.h"

#include <algorithm>

#include "base/text.h"
#include "dns/answer.h"
#include "wire/dns/message.h"
#include "wire/dns/writer.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeRrsig;
using dnswire::kTypeSoa;

// A pointer reaches 16 KiB far (RFC 1035 4.1.4): a longer message would compress no better. One record may be longer.
constexpr size_t kMessageBytesTarget = 16'000;
constexpr size_t kRecordHeadBytes = 10;
static_assert(kRecordSetBytesMax + 1'024 < dnswire::kMessageBytesMax, "any record fits into a message of its own, with a signature");

ZoneRecordView soa_view(const PlainZone& zone) {
  const auto& [owner, node] = *zone.contents.find(zone.apex);
  const auto& set = node.at(kTypeSoa);
  return {&owner, kTypeSoa, set.ttl, set.rdata.front()};
}

ZoneRecordView view(const ZoneRecord& record) { return {&record.owner, record.type, record.ttl, record.rdata}; }

class WholeZone final : public RecordSource {
 public:
  explicit WholeZone(std::shared_ptr<const PlainZone> zone) : zone_(std::move(zone)), cursor_(*zone_), signatures_(*zone_) {}

  bool next(ZoneRecordView& record) override {
    if (place_ == Place::kEnd) return false;
    if (place_ == Place::kStart) {
      place_ = Place::kRecords;
      begin_sets();
      record = soa_view(*zone_);
      return true;
    }
    if (next_record(record) || next_signature(record)) return true;
    place_ = Place::kEnd;
    record = soa_view(*zone_);
    return true;
  }

 private:
  // RRSIGs by owner and covered type.
  struct Signatures {
    explicit Signatures(const PlainZone& zone) : at(zone.signatures.begin()), end(zone.signatures.end()) {}
    Contents::const_iterator at;
    Contents::const_iterator end;
  };

  bool next_record(ZoneRecordView& record) {
    for (; !cursor_.done(); cursor_.next(), begin_sets()) {
      for (; set_ != cursor_.node().end(); ++set_, at_ = 0) {
        const bool soa = set_->first == kTypeSoa && cursor_.name() == zone_->apex;
        if (soa || at_ == set_->second.rdata.size()) continue;
        record = {&cursor_.name(), set_->first, set_->second.ttl, set_->second.rdata[at_++]};
        return true;
      }
    }
    return false;
  }

  bool next_signature(ZoneRecordView& record) {
    if (!signing_ && signatures_.at != signatures_.end) set_ = signatures_.at->second.begin();
    signing_ = true;
    while (signatures_.at != signatures_.end) {
      for (; set_ != signatures_.at->second.end(); ++set_, at_ = 0) {
        if (at_ == set_->second.rdata.size()) continue;
        record = {&signatures_.at->first, kTypeRrsig, set_->second.ttl, set_->second.rdata[at_++]};
        return true;
      }
      if (++signatures_.at != signatures_.end) set_ = signatures_.at->second.begin();
    }
    return false;
  }

  void begin_sets() {
    at_ = 0;
    if (!cursor_.done()) set_ = cursor_.node().begin();
  }

  enum class Place : uint8_t { kStart, kRecords, kEnd } place_ = Place::kStart;
  std::shared_ptr<const PlainZone> zone_;
  ZoneCursor cursor_;  // first the records, then their signatures
  Signatures signatures_;
  bool signing_ = false;
  Node::const_iterator set_;
  size_t at_ = 0;  // in the set
};

// RFC 1995 4: the newest SOA, then for each step the old SOA and what went, the new SOA and what came, then the newest SOA.
class Differences final : public RecordSource {
 public:
  Differences(std::shared_ptr<const PlainZone> zone, std::vector<std::shared_ptr<const Difference>> steps)
      : zone_(std::move(zone)), steps_(std::move(steps)) {}

  bool next(ZoneRecordView& record) override {
    if (step_ > steps_.size()) return false;
    if (!begun_ || step_ == steps_.size()) {
      if (begun_) ++step_;
      begun_ = true;
      record = soa_view(*zone_);
      return true;
    }
    const Difference& step = *steps_[step_];
    const auto& records = adding_ ? step.added : step.removed;
    record = view(at_ == 0 ? (adding_ ? step.to_soa : step.from_soa) : records[at_ - 1]);
    if (at_++ == records.size()) {
      at_ = 0;
      if (adding_) ++step_;
      adding_ = !adding_;
    }
    return true;
  }

 private:
  std::shared_ptr<const PlainZone> zone_;
  std::vector<std::shared_ptr<const Difference>> steps_;
  bool begun_ = false;
  size_t step_ = 0;
  bool adding_ = false;
  size_t at_ = 0;  // 0 = the SOA before the records
};

class SoaAlone final : public RecordSource {
 public:
  explicit SoaAlone(std::shared_ptr<const PlainZone> zone) : zone_(std::move(zone)) {}
  bool next(ZoneRecordView& record) override {
    if (std::exchange(done_, true)) return false;
    record = soa_view(*zone_);
    return true;
  }

 private:
  std::shared_ptr<const PlainZone> zone_;
  bool done_ = false;
};

}  // namespace

bool TransferRules::allow(std::span<const uint8_t> address, const dnswire::TsigKey* key) const {
  if (networks.empty() && key_names.empty()) return false;
  if (!networks.empty() && !networks.contains(address)) return false;
  if (key_names.empty()) return true;
  return key != nullptr && std::ranges::find(key_names, key->name) != key_names.end();
}

std::unique_ptr<RecordSource> whole_zone(std::shared_ptr<const PlainZone> zone) { return std::make_unique<WholeZone>(std::move(zone)); }
std::unique_ptr<RecordSource> differences(std::shared_ptr<const PlainZone> zone, std::vector<std::shared_ptr<const Difference>> steps) {
  return std::make_unique<Differences>(std::move(zone), std::move(steps));
}
std::unique_ptr<RecordSource> soa_alone(std::shared_ptr<const PlainZone> zone) { return std::make_unique<SoaAlone>(std::move(zone)); }

TransferStream::TransferStream(Request request, std::unique_ptr<RecordSource> source, std::optional<dnswire::TsigSigner> signer)
    : request_(std::move(request)), source_(std::move(source)), signer_(std::move(signer)) {
  ZoneRecordView record;
  if (source_->next(record)) waiting_ = record;
}

std::vector<uint8_t> TransferStream::next(uint64_t now_seconds) {
  const size_t question = first_ ? request_.question.size() : 0;  // RFC 5936 2.2.1: later messages may leave it out
  const size_t before = dnswire::kHeaderBytes + question;
  dnswire::Writer writer(before);
  if (first_) writer.remember(*Name::from_wire(as_text(request_.question).substr(0, question - 4)), dnswire::kHeaderBytes);
  size_t answers = 0;
  while (waiting_) {
    const size_t bytes = waiting_->owner->wire().size() + kRecordHeadBytes + waiting_->rdata.size();
    if (answers > 0 && before + writer.size() + bytes > kMessageBytesTarget) break;
    writer.put_record(*waiting_->owner, waiting_->type, waiting_->ttl, waiting_->rdata);
    ++answers;
    ZoneRecordView record;
    waiting_ = source_->next(record) ? std::optional(record) : std::nullopt;
  }
  records_ += answers;
  std::vector<uint8_t> message(dnswire::kHeaderBytes);
  dnswire::store16(&message[0], request_.id);
  dnswire::store16(&message[2], static_cast<uint16_t>(dnswire::kFlagQr | dnswire::kFlagAa | (request_.flags & dnswire::kFlagRd)));
  dnswire::store16(&message[4], first_ ? 1 : 0);
  dnswire::store16(&message[6], answers);
  if (first_) message.insert(message.end(), request_.question.begin(), request_.question.end());
  const auto records = as_bytes(writer.bytes());
  message.insert(message.end(), records.begin(), records.end());
  if (request_.edns) {
    message.resize(message.size() + dnswire::kOptBytes);
    dnswire::write_opt({.payload_bytes = kUdpAnswerBytesMax}, &message[message.size() - dnswire::kOptBytes]);
    dnswire::store16(&message[10], 1);
  }
  if (signer_) signer_->sign(message, now_seconds);
  first_ = false;
  return message;
}

}  // namespace evershore::dns
