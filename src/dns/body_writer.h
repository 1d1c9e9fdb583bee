// One answer under construction, in two forms: for everybody, and with signatures and proofs for those who ask with DO (RFC 3225).
// For compile.cc.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "dns/plain_zone.h"
#include "dns/snapshot.h"
#include "wire/dns/types.h"
#include "wire/dns/writer.h"

namespace evershore::dns {

// A body that leaves room for header, question and OPT in the longest message.
inline constexpr size_t kBodyBytesMax = 65'000;
static_assert(kBodyBytesMax >= kRecordSetBytesMax, "every record set that validation lets pass must fit");

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

// A set as it goes into an answer.
struct PutSet {
  const Name& owner;
  uint16_t type;
  const RecordSet& set;
  const RecordSet* rrsigs = nullptr;  // nullptr: not signed
  bool owner_is_question = false;     // the owner is the asked name itself, as it was asked
  std::optional<uint32_t> ttl = {};   // instead of the set's own
};

class BodyWriter {
 public:
  // Behind a question for `question`, which outlives the writer. `secure`: whether the second form is wanted at all.
  BodyWriter(const Name& question, bool secure);

  void put(Section section, const PutSet& record);
  // For the second form only, into the authority section; once for each owner and type.
  void prove(const PutSet& record);
  // For the second form: the prepared proof `body` goes behind it.
  void prove_by(uint32_t body) { proof_ = body + 1; }
  // The asked name is not foreseen: the NSEC that covers it goes behind the second form, from CompiledSnapshot::chains[chain]. Additional
  // records are left out of that form from here on.
  void prove_asked_name(size_t chain) { chain_ = static_cast<uint32_t>(chain + 1); }

  // The plain form; the second one is linked to it.
  BodyRef finish(CompiledPart& out, dnswire::Rcode rcode, bool authoritative);

 private:
  // One form: the bytes, and where they may be cut.
  class Form {
   public:
    explicit Form(const Name& question);
    void put(Section section, const PutSet& record, bool with_signatures);
    BodyRef finish(CompiledPart& out, Body body);

   private:
    bool fits(const PutSet& record, const RecordSet& set);
    void put_records(uint16_t type, uint32_t ttl, const PutSet& record, const RecordSet& set);

    dnswire::Writer writer_;
    bool overflown_ = false;  // a set did not fit: neither it nor what would come after it is there
    BodyCut counts_;
    std::vector<BodyCut> cuts_{BodyCut{}};  // the empty body is always a way out
  };

  const Name& question_;
  Form plain_;
  std::optional<Form> secure_;
  bool differs_ = false;  // the second form has something that the plain one has not
  std::set<std::pair<uint16_t, Name>> proven_;
  uint32_t proof_ = 0;
  uint32_t chain_ = 0;
};

// An NSEC record with its signatures as a piece that can stand behind any answer from its zone.
uint32_t add_proof(CompiledPart& out, const Name& apex, const PutSet& nsec);

// Types whose data holds no names: nothing in it to compress, and nothing that leads anywhere.
bool holds_no_names(uint16_t type);

// An answer of one unsigned set at the asked name, without compression. Validation sees to it that it fits.
class PlainSetWriter {
 public:
  // `owner_bytes`: of the name it is prepared for.
  PlainSetWriter(CompiledPart& out, size_t owner_bytes, uint16_t type, uint32_t ttl);
  void put(std::string_view rdata);
  BodyRef finish();

 private:
  CompiledPart& out_;
  Body body_;
  uint16_t type_;
  uint32_t ttl_;
  uint16_t count_ = 0;
};

}  // namespace evershore::dns
