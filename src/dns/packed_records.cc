#include "dns/packed_records.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

constexpr size_t kSetHeadBytes = 8;  // type, TTL, number of data

size_t wire_bytes(std::string_view bytes) {
  size_t at = 0;
  while (bytes[at] != '\0') at += 1 + size_t{static_cast<uint8_t>(bytes[at])};
  return at + 1;
}

void put16(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

}  // namespace

std::string_view PackedRecords::take_rdata(std::string_view& rdata) {
  const size_t size = dnswire::load16(as_bytes(rdata).data());
  const auto taken = rdata.substr(2, size);
  rdata.remove_prefix(2 + size);
  return taken;
}

bool PackedRecords::Sets::next(Set& set) {
  if (left_.empty()) return false;
  const auto* head = as_bytes(left_).data();
  set = {.type = dnswire::load16(head), .ttl = dnswire::load32(head + 2), .count = dnswire::load16(head + 6), .rdata = {}};
  left_.remove_prefix(kSetHeadBytes);
  const auto all = left_;
  for (size_t i = 0; i < set.count; ++i) take_rdata(left_);
  set.rdata = all.substr(0, all.size() - left_.size());
  return true;
}

Name PackedRecords::name(size_t index) const { return *Name::from_wire(owner(index)); }

std::string_view PackedRecords::owner(size_t index) const {
  const auto bytes = std::string_view(bytes_).substr(at_[index]);
  return bytes.substr(0, wire_bytes(bytes));
}

PackedRecords::Sets PackedRecords::sets(size_t index) const {
  const auto bytes = std::string_view(bytes_).substr(at_[index], bytes_end(index) - at_[index]);
  return Sets(bytes.substr(wire_bytes(bytes)));
}

Node PackedRecords::node(size_t index) const {
  Node node;
  Sets all = sets(index);
  for (Set set; all.next(set);) {
    auto& made = node[set.type];
    made.ttl = set.ttl;
    for (size_t i = 0; i < set.count; ++i) made.rdata.emplace_back(take_rdata(set.rdata));
  }
  return node;
}

std::optional<size_t> PackedRecords::find(const Name& name) const {
  size_t first = 0;
  size_t count = at_.size();
  while (count > 0) {
    const size_t half = count / 2;
    if (dnswire::name_less(owner(first + half), name.wire())) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (first == at_.size() || !equal_ignoring_case(owner(first), name.wire())) return std::nullopt;
  return first;
}

void RecordPacker::begin_name(std::string_view owner) {
  EVERSHORE_ASSERT(out_.bytes_.size() <= kBytesMax);  // kIncludedBytesMax of text makes less
  out_.at_.push_back(static_cast<uint32_t>(out_.bytes_.size()));
  out_.bytes_ += owner;
}

void RecordPacker::begin_set(uint16_t type, uint32_t ttl) {
  put16(out_.bytes_, type);
  put16(out_.bytes_, ttl >> 16);
  put16(out_.bytes_, ttl & 0xFFFF);
  count_at_ = out_.bytes_.size();
  put16(out_.bytes_, 0);
}

void RecordPacker::add_rdata(std::string_view rdata) {
  auto* count = reinterpret_cast<uint8_t*>(out_.bytes_.data()) + count_at_;
  dnswire::store16(count, static_cast<uint16_t>(dnswire::load16(count) + 1));
  put16(out_.bytes_, rdata.size());
  out_.bytes_ += rdata;
}

PackedRecords RecordPacker::finish() && {
  out_.bytes_.shrink_to_fit();
  out_.at_.shrink_to_fit();
  return std::move(out_);
}

}  // namespace evershore::dns
