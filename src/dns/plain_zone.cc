#include "dns/plain_zone.h"

#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeSoa;

constexpr size_t kSoaNumbersBytes = 20;

uint32_t serial_in(const RecordSet& soa) {
  const auto& rdata = soa.rdata.front();
  return dnswire::load32(reinterpret_cast<const uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes);
}

std::string& soa_rdata(PlainZone& zone) { return zone.contents[zone.apex][kTypeSoa].rdata.front(); }

}  // namespace

bool PlainZone::operator==(const PlainZone& other) const {
  const auto same_packed = [&] {
    if (packed == other.packed) return true;
    return packed != nullptr && other.packed != nullptr && *packed == *other.packed;
  };
  return apex == other.apex && same_packed() && contents == other.contents && signatures == other.signatures;
}

ZoneCursor::ZoneCursor(const PlainZone& zone) : zone_(zone), at_(zone.contents.begin()) { settle(); }

void ZoneCursor::next() {
  if (from_packed_) {
    ++packed_;
    unpacked_.reset();
  } else {
    ++at_;
  }
  settle();
}

// Takes the first of what both places have left.
void ZoneCursor::settle() {
  const bool more_packed = zone_.packed != nullptr && packed_ < zone_.packed->names();
  if (more_packed && !unpacked_) unpacked_.emplace(zone_.packed->name(packed_), zone_.packed->node(packed_));
  const bool more = at_ != zone_.contents.end();
  from_packed_ = more_packed && (!more || unpacked_->first < at_->first);
  if (from_packed_) {
    name_ = &unpacked_->first;
    node_ = &unpacked_->second;
  } else {
    name_ = more ? &at_->first : nullptr;
    node_ = more ? &at_->second : nullptr;
  }
}

uint32_t serial_of(const PlainZone& zone) { return serial_in(zone.contents.at(zone.apex).at(kTypeSoa)); }
uint32_t serial_of(const Zone& zone) { return serial_in(zone.fixed.at(zone.apex).at(kTypeSoa)); }

void set_serial(PlainZone& zone, uint32_t serial) {
  auto& rdata = soa_rdata(zone);
  dnswire::store32(reinterpret_cast<uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes, serial);
}

bool serial_after(uint32_t a, uint32_t b) { return a != b && a - b < 0x8000'0000U; }

uint32_t next_serial(std::optional<uint32_t> previous, uint32_t in_file, uint32_t clock_seconds) {
  const uint32_t wanted = in_file != 0 && serial_after(in_file, clock_seconds) ? in_file : clock_seconds;
  if (!previous || serial_after(wanted, *previous)) return wanted;
  return *previous + 1;
}

}  // namespace evershore::dns
