#include "dns/body_writer.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

using dnswire::kTypeRrsig;

BodyWriter::Form::Form(const Name& question) : writer_(dnswire::kHeaderBytes + question.wire().size() + 4) {
  // A wildcard's own name is not that of the question it answers; what comes after the asterisk is.
  if (question.is_wildcard()) {
    writer_.remember(question.parent(), dnswire::kHeaderBytes + 2);
  } else {
    writer_.remember(question, dnswire::kHeaderBytes);
  }
}

bool BodyWriter::Form::fits(const PutSet& record, const RecordSet& set) {
  size_t bytes = writer_.size();
  for (const auto& rdata : set.rdata) bytes += record.owner.wire().size() + 10 + rdata.size();
  return bytes <= kBodyBytesMax;
}

void BodyWriter::Form::put_records(uint16_t type, uint32_t ttl, const PutSet& record, const RecordSet& set) {
  for (const auto& rdata : set.rdata) {
    if (record.owner_is_question) {
      writer_.put_record_of_question(type, ttl, rdata);
    } else {
      writer_.put_record(record.owner, type, ttl, rdata);
    }
  }
}

void BodyWriter::Form::put(Section section, const PutSet& record, bool with_signatures) {
  const auto* rrsigs = with_signatures ? record.rrsigs : nullptr;
  overflown_ = overflown_ || !fits(record, record.set) || (rrsigs != nullptr && !fits(record, *rrsigs));
  if (overflown_) return;
  const uint32_t ttl = record.ttl.value_or(record.set.ttl);
  put_records(record.type, ttl, record, record.set);
  size_t count = record.set.rdata.size();
  if (rrsigs != nullptr) {
    // A set and its signatures stand or fall together: no cut between them.
    put_records(kTypeRrsig, ttl, record, *rrsigs);
    count += rrsigs->rdata.size();
  }
  if (section == Section::kAnswer) counts_.answers += static_cast<uint16_t>(count);
  if (section == Section::kAuthority) counts_.authorities += static_cast<uint16_t>(count);
  if (section == Section::kAdditional) counts_.additionals += static_cast<uint16_t>(count);
  counts_.size = static_cast<uint32_t>(writer_.size());
  cuts_.push_back(counts_);
}

BodyRef BodyWriter::Form::finish(CompiledPart& out, Body body) {
  body.bytes_at = static_cast<uint32_t>(out.bytes.size());
  body.size = static_cast<uint32_t>(writer_.size());
  body.pointers_at = static_cast<uint32_t>(out.pointers.size());
  body.pointers = static_cast<uint16_t>(writer_.pointers().size());
  body.cuts = static_cast<uint16_t>(cuts_.size());
  body.cuts_at = static_cast<uint32_t>(out.cuts.size());
  cuts_.back().complete = !overflown_;
  out.bytes += writer_.bytes();
  out.pointers.insert(out.pointers.end(), writer_.pointers().begin(), writer_.pointers().end());
  out.cuts.insert(out.cuts.end(), cuts_.begin(), cuts_.end());
  return out.add_body(body);
}

BodyWriter::BodyWriter(const Name& question, bool secure) : question_(question), plain_(question) {
  if (secure) secure_.emplace(question);
}

void BodyWriter::put(Section section, const PutSet& record) {
  plain_.put(section, record, false);
  if (!secure_) return;
  differs_ = differs_ || record.rrsigs != nullptr;
  // What comes behind belongs to the authority section: there is no place for additional records before it.
  if (section == Section::kAdditional && chain_ != 0) return;
  secure_->put(section, record, true);
}

void BodyWriter::prove(const PutSet& record) {
  if (!secure_ || !proven_.emplace(record.type, record.owner).second) return;
  differs_ = true;
  secure_->put(Section::kAuthority, record, true);
}

BodyRef BodyWriter::finish(CompiledPart& out, dnswire::Rcode rcode, bool authoritative) {
  const Body body{
      .name_bytes = static_cast<uint16_t>(question_.wire().size()), .rcode = static_cast<uint8_t>(rcode), .authoritative = authoritative};
  const BodyRef plain = plain_.finish(out, body);
  if (!secure_ || (!differs_ && proof_ == 0 && chain_ == 0)) return plain;
  const BodyRef secure = secure_->finish(out, body);
  out.link_secure(plain, {.body = secure, .proof = proof_, .chain = chain_});
  return plain;
}

uint32_t add_proof(CompiledPart& out, const Name& apex, const PutSet& nsec) {
  // So far behind that nothing in it is ever pointed at: it may stand anywhere. The apex ends every question it goes with.
  constexpr size_t kBeyondPointers = 0x4000;
  dnswire::Writer writer(kBeyondPointers);
  writer.remember(apex, dnswire::kHeaderBytes);
  for (const auto& rdata : nsec.set.rdata) writer.put_record(nsec.owner, nsec.type, nsec.set.ttl, rdata);
  for (const auto& rdata : nsec.rrsigs->rdata) writer.put_record(nsec.owner, kTypeRrsig, nsec.set.ttl, rdata);
  const BodyCut whole{.size = static_cast<uint32_t>(writer.size()),
                      .authorities = static_cast<uint16_t>(nsec.set.rdata.size() + nsec.rrsigs->rdata.size()),
                      .complete = true};
  out.bodies.push_back({.bytes_at = static_cast<uint32_t>(out.bytes.size()),
                        .size = whole.size,
                        .pointers_at = static_cast<uint32_t>(out.pointers.size()),
                        .pointers = static_cast<uint16_t>(writer.pointers().size()),
                        .cuts = 1,
                        .cuts_at = static_cast<uint32_t>(out.cuts.size()),
                        .name_bytes = static_cast<uint16_t>(apex.wire().size())});
  out.bytes += writer.bytes();
  out.pointers.insert(out.pointers.end(), writer.pointers().begin(), writer.pointers().end());
  out.cuts.push_back(whole);
  return static_cast<uint32_t>(out.bodies.size() - 1);
}

bool holds_no_names(uint16_t type) { return dnswire::rdata_layout(type).names == 0; }

PlainSetWriter::PlainSetWriter(CompiledPart& out, size_t owner_bytes, uint16_t type, uint32_t ttl)
    : out_(out),
      body_{.bytes_at = static_cast<uint32_t>(out.bytes.size()),
            .pointers_at = static_cast<uint32_t>(out.pointers.size()),
            .cuts = 2,
            .cuts_at = static_cast<uint32_t>(out.cuts.size()),
            .name_bytes = static_cast<uint16_t>(owner_bytes)},
      type_(type),
      ttl_(ttl) {}

void PlainSetWriter::put(std::string_view rdata) {
  constexpr size_t kHeadBytes = 12;  // a pointer at the question's name, type, class, TTL, length
  std::array<uint8_t, kHeadBytes> head;
  dnswire::store16(&head[0], 0xC000 | dnswire::kHeaderBytes);
  dnswire::store16(&head[2], type_);
  dnswire::store16(&head[4], dnswire::kClassIn);
  dnswire::store32(&head[6], ttl_);
  dnswire::store16(&head[10], rdata.size());
  out_.bytes += as_text(head);
  out_.bytes += rdata;
  ++count_;
}

BodyRef PlainSetWriter::finish() {
  body_.size = static_cast<uint32_t>(out_.bytes.size()) - body_.bytes_at;
  out_.cuts.push_back({});
  out_.cuts.push_back({.size = body_.size, .answers = count_, .complete = true});
  return out_.add_body(body_);
}

}  // namespace evershore::dns
