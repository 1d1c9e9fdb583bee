#include "wire/dns/client.h"

#include "base/text.h"
#include "wire/dns/rdata.h"
#include "wire/dns/writer.h"

namespace evershore::dnswire {

namespace {

constexpr uint16_t kOptionNsid = 3, kOptionClientSubnet = 8;

std::unexpected<Error> malformed(std::string_view what) { return fail(Fault::kInvalid, "malformed DNS message: " + std::string(what)); }

// Reads a possibly compressed name and moves `at` past its place in the packet.
Result<Name> read_name(std::span<const uint8_t> packet, size_t& at) {
  const size_t after = skip_name(packet, at);
  if (after == 0) return malformed("a name leaves the packet");
  std::string wire;
  size_t from = at;
  while (packet[from] != 0) {
    if ((packet[from] & 0xC0) == 0xC0) {
      const size_t target = load16(&packet[from]) & 0x3FFFU;
      // Only backwards, so every chain ends.
      if (target >= from || skip_name(packet, target) == 0) return malformed("a compression pointer does not point back to a name");
      from = target;
      continue;
    }
    const size_t take = 1 + size_t{packet[from]};
    wire += as_text(packet.subspan(from, take));
    if (wire.size() >= kNameBytesMax) return malformed("a name is longer than 255 bytes");
    from += take;
  }
  wire += '\0';
  at = after;
  return Name::from_wire(wire);
}

Result<std::string> read_rdata(std::span<const uint8_t> packet, uint16_t type, size_t at, size_t end) {
  const auto layout = rdata_layout(type);
  if (layout.names == 0) return std::string(as_text(packet.subspan(at, end - at)));
  if (end - at < layout.skip) return malformed("record data is too short");
  std::string out(as_text(packet.subspan(at, layout.skip)));
  at += layout.skip;
  for (size_t i = 0; i < layout.names; ++i) {
    TRY(const auto name, read_name(packet, at));
    if (at > end) return malformed("a name leaves its record");
    out += name.wire();
  }
  return out.append(as_text(packet.subspan(at, end - at)));
}

Result<Record> read_record(std::span<const uint8_t> packet, size_t& at) {
  Record record;
  TRY(record.owner, read_name(packet, at));
  if (packet.size() - at < 10) return malformed("a record's head leaves the packet");
  record.type = load16(&packet[at]);
  record.klass = load16(&packet[at + 2]);
  record.ttl = load32(&packet[at + 4]);
  const size_t length = load16(&packet[at + 8]);
  at += 10;
  if (packet.size() - at < length) return malformed("record data leaves the packet");
  TRY(record.rdata, read_rdata(packet, record.type, at, at + length));
  at += length;
  return record;
}

void take_client_subnet(std::span<const uint8_t> option, ClientSubnet& subnet) {
  subnet.present = true;
  subnet.sound = option.size() >= 4 && option.size() - 4 <= subnet.address.size();
  if (!subnet.sound) return;
  subnet.v6 = load16(option.data()) == 2;
  subnet.source_bits = option[2];
  subnet.scope_bits = option[3];
  std::copy(option.begin() + 4, option.end(), subnet.address.begin());
}

void take_opt(const Record& opt, Response& response) {
  response.edns.present = true;
  response.edns.payload_bytes = opt.klass;
  response.edns.version = static_cast<uint8_t>(opt.ttl >> 16);
  response.edns.dnssec_ok = (opt.ttl & 0x8000) != 0;
  response.rcode = static_cast<Rcode>((opt.ttl >> 24) << 4 | (static_cast<uint16_t>(response.rcode) & 0xFU));
  const auto bytes = as_bytes(opt.rdata);
  for (size_t at = 0; bytes.size() - at >= 4;) {
    const size_t length = load16(&bytes[at + 2]);
    if (bytes.size() - at - 4 < length) return;
    if (load16(&bytes[at]) == kOptionNsid) response.nsid = opt.rdata.substr(at + 4, length);
    if (load16(&bytes[at]) == kOptionClientSubnet) take_client_subnet(bytes.subspan(at + 4, length), response.edns.client_subnet);
    at += 4 + length;
  }
}

Result<std::vector<Record>> read_section(std::span<const uint8_t> packet, size_t& at, size_t count) {
  std::vector<Record> records;
  for (size_t i = 0; i < count; ++i) {
    TRY(auto record, read_record(packet, at));
    records.push_back(std::move(record));
  }
  return records;
}

void put_client_subnet(Writer& writer, const ClientSubnet& subnet) {
  writer.put16(kOptionClientSubnet);
  writer.put16(static_cast<uint16_t>(4 + subnet.address_bytes()));
  writer.put16(subnet.v6 ? 2 : 1);
  writer.put8(subnet.source_bits);
  writer.put8(subnet.scope_bits);
  for (size_t i = 0; i < subnet.address_bytes(); ++i) writer.put8(subnet.address[i]);
}

}  // namespace

std::string Record::value() const { return rdata_to_text(type, rdata); }

std::vector<uint8_t> build_query(const Name& name, uint16_t type, uint16_t id, const QueryOptions& options) {
  Writer writer(0);
  writer.put16(id);
  writer.put16(options.recursion_desired ? kFlagRd : 0);
  writer.put16(1);
  writer.put32(0);
  writer.put16(options.edns_payload_bytes ? 1 : 0);
  writer.put_name(name, false);
  writer.put16(type);
  writer.put16(kClassIn);
  if (options.edns_payload_bytes) {
    writer.put8(0);
    writer.put16(kTypeOpt);
    writer.put16(*options.edns_payload_bytes);
    writer.put32(uint32_t{options.edns_version} << 16 | (options.dnssec_ok ? 0x8000U : 0U));
    const auto& subnet = options.client_subnet;
    writer.put16(static_cast<uint16_t>((options.nsid ? 4 : 0) + (subnet ? 8 + subnet->address_bytes() : 0)));
    if (options.nsid) writer.put32(uint32_t{kOptionNsid} << 16);
    if (subnet) put_client_subnet(writer, *subnet);
  }
  const auto bytes = as_bytes(writer.bytes());
  return {bytes.begin(), bytes.end()};
}

Result<Response> parse_response(std::span<const uint8_t> packet) {
  if (packet.size() < kHeaderBytes) return malformed("shorter than its header");
  Response response;
  response.id = load16(packet.data());
  response.flags = load16(&packet[2]);
  response.rcode = static_cast<Rcode>(response.flags & 0xF);
  const size_t questions = load16(&packet[4]);
  if (questions > 1) return malformed("more than one question");
  size_t at = kHeaderBytes;
  if (questions == 1) {
    TRY(response.question, read_name(packet, at));
    if (packet.size() - at < 4) return malformed("the question leaves the packet");
    response.question_type = load16(&packet[at]);
    at += 4;
  }
  TRY(response.answers, read_section(packet, at, load16(&packet[6])));
  TRY(response.authorities, read_section(packet, at, load16(&packet[8])));
  TRY(auto additionals, read_section(packet, at, load16(&packet[10])));
  for (auto& record : additionals) {
    if (record.type == kTypeOpt) {
      take_opt(record, response);
    } else {
      response.additionals.push_back(std::move(record));
    }
  }
  if (at != packet.size()) return malformed("bytes after the last record");
  return response;
}

}  // namespace evershore::dnswire
