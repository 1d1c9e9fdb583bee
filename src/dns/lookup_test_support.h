// A resolver's replies, written down.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "dns/lookup.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"
#include "wire/dns/writer.h"

namespace evershore::dns::testing_support {

struct SaidRecord {
  std::string owner;
  std::string type;
  uint32_t ttl;
  std::string value;
};
struct Said {
  dnswire::Rcode rcode = dnswire::Rcode::kNoError;
  bool truncated = false;
  std::vector<SaidRecord> answers{};
  std::vector<SaidRecord> authorities{};
};

inline dnswire::Name name(std::string_view text) { return *dnswire::Name::parse(text); }
inline std::string address(std::string_view text) { return *dnswire::rdata_from_text(dnswire::kTypeA, std::string(text)); }

inline std::vector<uint8_t> reply(const LookupQuestion& question, uint16_t id, const Said& said) {
  dnswire::Writer writer(0);
  writer.put16(id);
  writer.put16(size_t{dnswire::kFlagQr} | dnswire::kFlagRd | dnswire::kFlagRa | (said.truncated ? dnswire::kFlagTc : 0U) |
               static_cast<uint16_t>(said.rcode));
  writer.put16(1);
  writer.put16(said.answers.size());
  writer.put16(said.authorities.size());
  writer.put16(0);
  writer.put_name(question.name, false);
  writer.put16(question.type);
  writer.put16(dnswire::kClassIn);
  for (const auto* section : {&said.answers, &said.authorities}) {
    for (const auto& [owner, type_text, ttl, value] : *section) {
      const auto type = *dnswire::parse_type(type_text);
      writer.put_record(name(owner), type, ttl, *dnswire::rdata_from_text(type, value));
    }
  }
  const auto bytes = as_bytes(writer.bytes());
  return {bytes.begin(), bytes.end()};
}

}  // namespace evershore::dns::testing_support
