#include "dns/answer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/mix.h"
#include "dns/relocate.h"
#include "wire/dns/message.h"
#include "wire/dns/split_name.h"

namespace evershore::dns {

namespace {

using dnswire::ExtendedError;
using dnswire::kHeaderBytes;
using dnswire::kNameBytesMax;
using dnswire::load16;
using dnswire::Query;
using dnswire::Rcode;
using dnswire::SplitName;
using dnswire::store16;
using dnswire::Verdict;

// The answer under way: the question is echoed first, everything else is put behind it.
struct Reply {
  Query& query;
  const Asker& asker;
  std::span<const uint8_t> packet;
  std::span<uint8_t> out;                // no longer than what may be sent
  size_t name_bytes = query.name_bytes;  // of the name that is answered for now
  size_t size = kHeaderBytes;
  dnswire::ServerCookie cookie{};  // for the client, if `cookie_known`
  bool cookie_known = false;
  bool proven = false;  // the client came with a cookie of ours
  bool terse = false;   // an OPT without options
  ExtendedError extended_error = ExtendedError::kNone;
};

void count(AnswerCounters& counters, Rcode rcode) {
  const auto index = static_cast<size_t>(rcode);
  if (index < counters.by_rcode.size()) {
    counters.by_rcode[index].add();
  } else {
    counters.bad_version.add();
  }
}

// RFC 1035 4.1.1, RFC 4035 3.1.6: RD and CD come back, RA, AD and Z are clear.
void write_header(Reply& reply, Rcode rcode, bool authoritative, const BodyCut& cut, bool truncated) {
  uint8_t* out = reply.out.data();
  const uint16_t copied = reply.query.flags & (dnswire::kOpcodeMask | dnswire::kFlagRd | dnswire::kFlagCd);
  store16(out, reply.query.id);
  store16(out + 2, static_cast<uint16_t>(dnswire::kFlagQr | copied | (authoritative ? dnswire::kFlagAa : 0) |
                                         (truncated ? dnswire::kFlagTc : 0) | (static_cast<uint16_t>(rcode) & 0xF)));
  store16(out + 4, reply.query.question_bytes > 0 ? 1 : 0);
  store16(out + 6, cut.answers);
  store16(out + 8, cut.authorities);
  store16(out + 10, size_t{cut.additionals} + (reply.query.edns.present ? 1 : 0));
}

// The question bit for bit, letter case included: clients hide random bits in it (0x20).
void echo_question(Reply& reply) {
  std::memcpy(reply.out.data() + kHeaderBytes, reply.packet.data() + kHeaderBytes, reply.query.question_bytes);
  reply.size = kHeaderBytes + reply.query.question_bytes;
}

dnswire::OptFields opt_fields(const Reply& reply, const CompiledSnapshot& snapshot, Rcode rcode) {
  const Query& query = reply.query;
  dnswire::OptFields fields{.payload_bytes = kUdpAnswerBytesMax,
                            .extended_rcode = static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4),
                            .dnssec_ok = query.edns.dnssec_ok};
  if (reply.terse) return fields;
  if (query.edns.wants_nsid) fields.nsid = {reinterpret_cast<const uint8_t*>(snapshot.nsid.data()), snapshot.nsid.size()};
  // RFC 7871 7.2.1: whoever heeds the option gives it back, with the scope of the answer.
  if (snapshot.client_subnet && query.edns.client_subnet.present && query.edns.client_subnet.sound) {
    fields.client_subnet = &query.edns.client_subnet;
  }
  if (reply.cookie_known) {
    fields.client_cookie = query.edns.client_cookie;
    fields.server_cookie = reply.cookie;
  }
  if (query.edns.wants_keepalive && reply.asker.transport == Transport::kTcp) fields.keepalive_tenths = reply.asker.keepalive_tenths;
  fields.extended_error = reply.extended_error;
  return fields;
}

// A good cookie comes back as it is, an old one renewed, and who has none is given one (RFC 7873 5.2.3, RFC 9018 4.3).
void look_at_cookie(Reply& reply, AnswerCounters& counters) {
  const auto& edns = reply.query.edns;
  const Asker& asker = reply.asker;
  if (asker.cookies == nullptr || edns.client_cookie.empty()) return;
  const auto age = dnswire::check_server_cookie(*asker.cookies, edns.client_cookie, edns.server_cookie, asker.address, asker.seconds);
  reply.proven = age != dnswire::CookieAge::kForeign;
  if (reply.proven) counters.proven.add();
  if (age == dnswire::CookieAge::kFresh) {
    std::ranges::copy(edns.server_cookie, reply.cookie.begin());
  } else {
    reply.cookie = dnswire::make_server_cookie(*asker.cookies, edns.client_cookie, asker.address, asker.seconds);
  }
  reply.cookie_known = true;
}

// Answers that are not bodies are alike if their codes are.
constexpr uint32_t kErrorAnswers = 0x7FFF'0000;
uint32_t answer_number(Rcode rcode) { return kErrorAnswers | static_cast<uint32_t>(rcode); }

RateLimiter::Verdict limit(const Reply& reply, uint32_t answer) {
  const Asker& asker = reply.asker;
  if (asker.limiter == nullptr || asker.transport != Transport::kUdp || reply.proven) return RateLimiter::Verdict::kSend;
  return asker.limiter->take(asker.address, answer, asker.now_us);
}

// RFC 8467 4.1: answers are filled up to a multiple of 468 bytes, so that their size tells little of what they say.
std::optional<uint16_t> padding_for(const Reply& reply, const dnswire::OptFields& fields) {
  constexpr size_t kBlockBytes = 468;
  constexpr size_t kOptionHeadBytes = 4;
  const size_t bare = reply.size + dnswire::opt_bytes(fields) + kOptionHeadBytes;
  const size_t padding = (kBlockBytes - bare % kBlockBytes) % kBlockBytes;
  if (bare + padding > reply.out.size()) return std::nullopt;
  return static_cast<uint16_t>(padding);
}

size_t finish_with_opt(Reply& reply, const CompiledSnapshot& snapshot, Rcode rcode) {
  if (!reply.query.edns.present) return reply.size;
  auto fields = opt_fields(reply, snapshot, rcode);
  if (reply.asker.encrypted && reply.query.edns.wants_padding) fields.padding_bytes = padding_for(reply, fields);
  return reply.size += dnswire::write_opt(fields, reply.out.data() + reply.size);
}

// An answer without records.
size_t bare(Reply& reply, const CompiledSnapshot& snapshot, Rcode rcode, bool truncated, AnswerCounters& counters) {
  count(counters, rcode);
  write_header(reply, rcode, false, {}, truncated);
  echo_question(reply);
  return finish_with_opt(reply, snapshot, rcode);
}

// Over the rate limit: nothing, or only the hint to come back over TCP.
size_t limited(Reply& reply, const CompiledSnapshot& snapshot, RateLimiter::Verdict verdict, AnswerCounters& counters) {
  counters.limited.add();
  if (verdict == RateLimiter::Verdict::kDrop) return 0;
  return bare(reply, snapshot, Rcode::kNoError, true, counters);
}

// Never larger than the question where it may be forged: not worth an attacker's while.
size_t refuse(Reply& reply, const CompiledSnapshot& snapshot, Rcode rcode, AnswerCounters& counters) {
  reply.terse = reply.asker.transport == Transport::kUdp && !reply.proven;
  const auto verdict = limit(reply, answer_number(rcode));
  if (verdict == RateLimiter::Verdict::kSend) return bare(reply, snapshot, rcode, false, counters);
  counters.limited.add();
  return 0;  // nothing to come back for
}

// RFC 7873 5.4: a client without a question learns its cookie.
size_t answer_cookie_only(Reply& reply, const CompiledSnapshot& snapshot, AnswerCounters& counters) {
  if (!reply.cookie_known) return refuse(reply, snapshot, Rcode::kFormErr, counters);
  const Rcode rcode = reply.proven ? Rcode::kNoError : Rcode::kBadCookie;
  const auto verdict = limit(reply, answer_number(rcode));
  return verdict == RateLimiter::Verdict::kSend ? bare(reply, snapshot, rcode, false, counters)
                                                : limited(reply, snapshot, verdict, counters);
}

BodyRef body_for(const CompiledSnapshot& snapshot, const CompiledName& name, uint16_t type) {
  const CompiledPart& part = snapshot.part_of(name.answers);
  const NodeAnswers& node = part.nodes[name.answers & ~kFixedBit];
  if (type == dnswire::kTypeAny) return node.any_body;
  for (size_t i = 0; i < node.types; ++i) {
    const auto& listed = part.types[node.types_at + i];
    if (listed.type == type) return listed.body;
  }
  return node.other_body;
}

// RFC 1034 4.3.2, RFC 4592: the name, else what its closest encloser has for missing names. kNoBody: none of our zones.
constexpr BodyRef kNoBody = 0xFFFF'FFFF;
struct Found {
  BodyRef body = kNoBody;
  size_t zone_row = 0;  // of the query counters
  size_t outcome = 0;   // a column of those counters
  bool exists = false;  // as itself, not by a wildcard
};
Found find_body(const CompiledSnapshot& snapshot, const SplitName& asked, uint16_t type) {
  const NameTable& table = snapshot.fixed->table;
  const size_t first = asked.labels > table.labels_max ? asked.labels - table.labels_max : 0;
  for (size_t i = first; i <= asked.labels; ++i) {
    const auto* name = table.find(asked.hashes[i], asked.from(i));
    if (name == nullptr) continue;
    Found found{.zone_row = snapshot.row_of(name->zone), .exists = i == 0};
    if (!found.exists && name->wildcard == 0) {
      found.body = snapshot.answers_of(*name).below_body;
    } else {
      const CompiledName& answering = found.exists ? *name : table.names[name->wildcard - 1];
      found.outcome = snapshot.outcome_of(answering);
      found.body = body_for(snapshot, answering, type);
    }
    return found;
  }
  return {};
}

uint64_t hash_of(std::span<const uint8_t> address) {
  uint64_t hash = address.size();
  for (const uint8_t byte : address) hash = mixed(hash << 8 ^ byte);
  return hash;
}

// The address that a place is looked up by, and how much of it is known.
struct Whereabouts {
  std::span<const uint8_t> address;
  size_t bits;
};

bool about_servers(uint16_t type) {
  return type == dnswire::kTypeNs || type == dnswire::kTypeSoa || type == dnswire::kTypeDnskey || type == dnswire::kTypeDs;
}

// RFC 7871 7.1.2: a source length of 0 asks not to be placed by what is behind the resolver. What says who serves a zone is never
// tailored by subnet.
Whereabouts whereabouts(const Query& query, const CompiledSnapshot& snapshot, const Asker& asker) {
  const auto& subnet = query.edns.client_subnet;
  const bool heeded = snapshot.client_subnet && subnet.present && subnet.sound && subnet.source_bits > 0 && !about_servers(query.type);
  if (heeded) return {subnet.bytes(), subnet.source_bits};
  return {asker.address, asker.address.size() * 8};
}

BodyRef pick_by_weight(const CompiledSnapshot& snapshot, const Pick& pick, uint64_t hash) {
  const uint64_t drawn = hash % pick.weights;
  const auto options = std::span(snapshot.options).subspan(pick.options_at, pick.options);
  return std::ranges::upper_bound(options, drawn, {}, &PickOption::weight_upto)->body;
}

BodyRef pick_by_place(const CompiledSnapshot& snapshot, const Pick& pick, const PlaceTable* table, Whereabouts where, uint8_t& scope_bits) {
  PlaceTable::Found found;
  if (table != nullptr) found = table->find(where.address, where.bits);
  scope_bits = std::max(scope_bits, found.scope_bits);
  const uint16_t option = found.place < pick.places ? snapshot.by_place[pick.places_at + found.place] : 0;
  return snapshot.options[pick.options_at + option].body;
}

// Follows picks to a body. A pick leads only to picks with lower numbers: it ends.
[[gnu::noinline]] BodyRef resolve(BodyRef ref, Query& query, const CompiledSnapshot& snapshot, const Asker& asker) {
  const Whereabouts where = whereabouts(query, snapshot, asker);
  uint8_t scope_bits = 0;
  while ((ref & kPickBit) != 0) {
    const uint32_t number = ref & ~kPickBit;
    const Pick& pick = snapshot.picks[number];
    switch (pick.kind) {
      case Pick::Kind::kDrawn: ref = pick_by_weight(snapshot, pick, mixed(asker.entropy ^ mixed(uint64_t{query.id} << 32 | number))); break;
      case Pick::Kind::kAsker: ref = pick_by_weight(snapshot, pick, mixed(hash_of(asker.address) ^ number)); break;
      case Pick::Kind::kNetwork: ref = pick_by_place(snapshot, pick, snapshot.places.networks.get(), where, scope_bits); break;
      case Pick::Kind::kCountry: ref = pick_by_place(snapshot, pick, snapshot.places.countries.get(), where, scope_bits); break;
    }
  }
  if (where.address.data() == query.edns.client_subnet.address.data()) query.edns.client_subnet.scope_bits = scope_bits;
  return ref;
}

// The longest part of the body that fits (RFC 2181 9).
const BodyCut& cut_for(const CompiledPart& part, const Body& body, size_t room) {
  const auto* cuts = part.cuts.data() + body.cuts_at;
  size_t last = body.cuts - size_t{1};
  while (last > 0 && cuts[last].size > room) --last;
  return cuts[last];
}

// Pointers into the question's name and into the body itself move when the name has another length than foreseen. Those at the name
// as a whole are not in the list.
void move_pointers(const CompiledPart& part, const Body& body, size_t size, int delta, uint8_t* bytes) {
  const auto* pointers = part.pointers.data() + body.pointers_at;
  for (size_t i = 0; i < body.pointers && pointers[i] + size_t{2} <= size; ++i) {
    uint8_t* at = bytes + pointers[i];
    store16(at, static_cast<uint16_t>(load16(at) + delta));
  }
}

// The first `size` bytes of a body, behind what is there.
void put_body(Reply& reply, const CompiledPart& part, const Body& body, size_t size) {
  uint8_t* bytes = reply.out.data() + reply.size;
  std::memcpy(bytes, part.bytes.data() + body.bytes_at, size);
  const int delta = static_cast<int>(reply.name_bytes) - static_cast<int>(body.name_bytes);
  if (delta != 0) move_pointers(part, body, size, delta, bytes);
  reply.size += size;
}

// What goes behind a signed body: what its state foresees, and the NSEC that covers the asked name. Once, if they are the same.
struct Proofs {
  std::array<uint32_t, 2> bodies;
  size_t count = 0;
};
[[gnu::noinline]] Proofs proofs_for(const CompiledSnapshot& snapshot, const SecureBody& form, const SplitName& asked, bool exists) {
  Proofs proofs;
  if (form.proof != 0) proofs.bodies[proofs.count++] = form.proof - 1;
  if (form.chain == 0 || exists) return proofs;
  const uint32_t covering =
      snapshot.proof_of(snapshot.chains[form.chain - 1], asked.lower.data(), std::span(asked.starts).first(asked.labels));
  if (proofs.count == 0 || proofs.bodies[0] != covering) proofs.bodies[proofs.count++] = covering;
  return proofs;
}

// RFC 4035 3.1.3: an NSEC that is needed and does not fit makes the answer a truncated one. False: it did not fit.
bool put_proofs(Reply& reply, const CompiledPart& state, const Proofs& proofs, size_t room, BodyCut& cut) {
  for (size_t i = 0; i < proofs.count; ++i) {
    const Body& proof = state.bodies[proofs.bodies[i]];
    if (reply.size + proof.size > room) return false;
    put_body(reply, state, proof, proof.size);
    cut.authorities = static_cast<uint16_t>(cut.authorities + state.cuts[proof.cuts_at].authorities);
  }
  return true;
}

constexpr size_t kRedirectionsMax = 8;  // in one answer

// Where the CNAMEs made from DNAMEs have led to.
struct Redirected {
  std::span<const uint8_t> name;  // in the reply
  const Body* by = nullptr;       // the DNAME; nullptr: nothing led here, it is the asked name
  size_t by_at = 0;               // where its record is in the reply
  const Redirected* from = nullptr;
};

bool same_name(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  std::array<uint8_t, kNameBytesMax> lower_a;
  std::array<uint8_t, kNameBytesMax> lower_b;
  if (a.size() != b.size()) return false;
  dnswire::lower_wire(a, lower_a.data());
  dnswire::lower_wire(b, lower_b.data());
  return std::memcmp(lower_a.data(), lower_b.data(), a.size()) == 0;
}

// Where this DNAME has led to last; nullptr: nowhere yet.
const Redirected* last_by(const Redirected& end, const Body& dname) {
  const auto* link = &end;
  while (link != nullptr && link->by != &dname) link = link->from;
  return link;
}

// Not in circles, and not for ever: a DNAME is applied again only to a name that is shorter than the one before. `last`: by last_by().
bool may_redirect(const Redirected& end, const Redirected* last) {
  size_t links = 0;
  for (const auto* link = end.from; link != nullptr; link = link->from) {
    if (++links >= kRedirectionsMax || same_name(link->name, end.name)) return false;
  }
  return last == nullptr || end.name.size() < last->from->name.size();
}

Rcode put_target(Reply& reply, const CompiledSnapshot& snapshot, const Redirected& end, size_t room, BodyCut& cut);

// RFC 6672 3.1: the CNAME for the chain's last name (`end`; nullptr: the asked one) that the DNAME at `at`, the body's first record,
// stands for, and what its target has, if that is ours. The DNAME's owner is a pointer, its target is not compressed.
[[gnu::noinline]] Rcode put_redirection(Reply& reply, const CompiledSnapshot& snapshot, const Redirected* end, const Body& body, size_t at,
                                        size_t room, BodyCut& cut) {
  constexpr size_t kTtlAt = 6, kLengthAt = 10, kFixedBytes = 12;
  const Redirected asked{.name = reply.out.subspan(kHeaderBytes, reply.query.name_bytes)};
  if (end == nullptr) end = &asked;
  const uint8_t* dname = reply.out.data() + at;
  const size_t kept = end->name.size() - body.name_bytes;
  const size_t target = load16(dname + kLengthAt);
  if (kept + target > kNameBytesMax) return Rcode::kYxDomain;
  cut.complete = reply.size + kFixedBytes + kept + target <= room;
  if (!cut.complete) return Rcode::kNoError;
  uint8_t* out = reply.out.data() + reply.size;
  store16(out, 0xC000 | static_cast<size_t>(end->name.data() - reply.out.data()));
  store16(out + 2, dnswire::kTypeCname);
  store16(out + 4, dnswire::kClassIn);
  std::memcpy(out + kTtlAt, dname + kTtlAt, 4);
  store16(out + kLengthAt, kept + target);
  std::memcpy(out + kFixedBytes, end->name.data(), kept);
  std::memcpy(out + kFixedBytes + kept, dname + kFixedBytes, target);
  reply.size += kFixedBytes + kept + target;
  ++cut.answers;
  // Questions for CNAME and ANY have their answer (RFC 1034 3.6.2).
  if (reply.query.type == dnswire::kTypeCname || reply.query.type == dnswire::kTypeAny) return Rcode::kNoError;
  const Redirected next{.name = {out + kFixedBytes, kept + target}, .by = &body, .by_at = at, .from = end};
  return put_target(reply, snapshot, next, room, cut);
}

// What was put at `at` was prepared to stand behind a question.
bool move_behind(Reply& reply, const Redirected& end, size_t at, size_t records) {
  return relocate(
      reply.out.first(reply.size),
      {.at = at, .records = records, .name_at = static_cast<size_t>(end.name.data() - reply.out.data()), .name_bytes = end.name.size()});
}

// The form for those who ask with DO, where there is one. Only a state's own bodies have it: what is signed belongs to a state.
const SecureBody* secure_form(const Reply& reply, const CompiledPart& part, BodyRef ref) {
  if (!reply.query.edns.dnssec_ok || ref >= part.secure.size()) return nullptr;
  return part.secure[ref].body == 0 ? nullptr : &part.secure[ref];
}

// A body, and what belongs behind it for who asks. `end`: where a chain has led to, nullptr = the question.
[[gnu::always_inline]] inline Rcode put_answer(Reply& reply, const CompiledSnapshot& snapshot, BodyRef ref, const SplitName& asked,
                                               bool exists, const Redirected* end, size_t room, BodyCut& cut) {
  const CompiledPart& part = snapshot.part_of(ref);
  const SecureBody* form = secure_form(reply, part, ref);
  const Body& body = part.bodies[form == nullptr ? ref & ~kFixedBit : form->body];
  auto rcode = static_cast<Rcode>(body.rcode);
  const size_t at = reply.size;
  if (end != nullptr && body.redirects) {
    const auto* last = last_by(*end, body);
    cut = {.complete = true};
    if (!may_redirect(*end, last)) return Rcode::kNoError;
    if (last != nullptr) return put_redirection(reply, snapshot, end, body, last->by_at, room, cut);
  }
  cut = cut_for(part, body, room > at ? room - at : 0);
  put_body(reply, part, body, cut.size);
  if (end != nullptr && !move_behind(reply, *end, at, size_t{cut.answers} + cut.authorities + cut.additionals)) {
    // Too far away for pointers: as if the target were not ours.
    reply.size = at;
    cut = {.complete = true};
    return Rcode::kNoError;
  }
  if (body.redirects && cut.complete) rcode = put_redirection(reply, snapshot, end, body, at, room, cut);
  if (form == nullptr || !cut.complete) return rcode;
  const size_t proofs_at = reply.size;
  const size_t authorities = cut.authorities;
  cut.complete = put_proofs(reply, part, proofs_for(snapshot, *form, asked, exists), room, cut);
  if (end != nullptr) move_behind(reply, *end, proofs_at, cut.authorities - authorities);
  return rcode;
}

Rcode put_target(Reply& reply, const CompiledSnapshot& snapshot, const Redirected& end, size_t room, BodyCut& cut) {
  const SplitName asked(end.name);
  const Found found = find_body(snapshot, asked, reply.query.type);
  if (found.body == kNoBody) return Rcode::kNoError;
  const BodyRef ref = (found.body & kPickBit) != 0 ? resolve(found.body, reply.query, snapshot, reply.asker) : found.body;
  const size_t name_bytes = std::exchange(reply.name_bytes, end.name.size());
  BodyCut part;
  const Rcode rcode = put_answer(reply, snapshot, ref, asked, found.exists, &end, room, part);
  reply.name_bytes = name_bytes;
  cut.answers = static_cast<uint16_t>(cut.answers + part.answers);
  cut.authorities = static_cast<uint16_t>(cut.authorities + part.authorities);
  cut.additionals = static_cast<uint16_t>(cut.additionals + part.additionals);
  cut.complete = part.complete;
  return rcode;
}

size_t serve(Reply& reply, const CompiledSnapshot& snapshot, BodyRef ref, const SplitName& asked, bool exists, AnswerCounters& counters) {
  echo_question(reply);
  const size_t opt = reply.query.edns.present ? dnswire::opt_bytes(opt_fields(reply, snapshot, Rcode::kNoError)) : 0;
  const size_t room = reply.out.size() - std::min(opt, reply.out.size());
  BodyCut cut;
  const Rcode rcode = put_answer(reply, snapshot, ref, asked, exists, nullptr, room, cut);
  write_header(reply, rcode, snapshot.body(ref).authoritative, cut, !cut.complete);
  if (!cut.complete) counters.truncated.add();
  count(counters, rcode);
  return finish_with_opt(reply, snapshot, rcode);
}

size_t limit_of(const Query& query, Transport transport, size_t room) {
  if (transport == Transport::kTcp) return std::min(room, dnswire::kMessageBytesMax);
  // RFC 6891 6.2.3: below 512 reads as 512.
  const size_t payload =
      query.edns.present ? std::max<size_t>(query.edns.payload_bytes, dnswire::kUdpBytesWithoutEdns) : dnswire::kUdpBytesWithoutEdns;
  return std::min({payload, kUdpAnswerBytesMax, room});
}

bool zone_transfer(uint16_t type) { return type == dnswire::kTypeAxfr || type == dnswire::kTypeIxfr; }

}  // namespace

size_t answer(std::span<const uint8_t> packet, const CompiledSnapshot& snapshot, const Asker& asker, std::span<uint8_t> out,
              AnswerCounters& counters) {
  EVERSHORE_ASSERT(out.size() >= kUdpAnswerBytesMax);
  (asker.transport == Transport::kUdp ? counters.queries_udp : counters.queries_tcp).add();
  Query query;
  const Verdict verdict = dnswire::parse_query(packet, query);
  Reply reply{.query = query, .asker = asker, .packet = packet, .out = out.first(limit_of(query, asker.transport, out.size()))};
  switch (verdict) {
    case Verdict::kDrop: counters.dropped.add(); return 0;
    case Verdict::kNotImp: return refuse(reply, snapshot, Rcode::kNotImp, counters);
    case Verdict::kFormErr: return refuse(reply, snapshot, Rcode::kFormErr, counters);
    case Verdict::kBadVers: return refuse(reply, snapshot, Rcode::kBadVers, counters);
    case Verdict::kCookie: look_at_cookie(reply, counters); return answer_cookie_only(reply, snapshot, counters);
    case Verdict::kOk: break;
  }
  look_at_cookie(reply, counters);
  if (snapshot.client_subnet && !query.edns.client_subnet.sound) return refuse(reply, snapshot, Rcode::kFormErr, counters);
  if (query.klass != dnswire::kClassIn || zone_transfer(query.type)) {
    counters.by_zone_and_type[0][type_column(query.type)].add();
    reply.extended_error = ExtendedError::kProhibited;
    return refuse(reply, snapshot, Rcode::kRefused, counters);
  }
  const SplitName asked(packet.subspan(kHeaderBytes, query.name_bytes));
  const Found found = find_body(snapshot, asked, query.type);
  BodyRef body = found.body;
  counters.by_zone_and_type[found.zone_row][type_column(query.type)].add();
  if (body != kNoBody) counters.by_outcome[found.outcome].add();
  if (body == kNoBody) {  // no referral to the root
    reply.extended_error = ExtendedError::kNotAuthoritative;
    return refuse(reply, snapshot, Rcode::kRefused, counters);
  }
  const auto verdict_on_rate = limit(reply, body);
  if (verdict_on_rate != RateLimiter::Verdict::kSend) return limited(reply, snapshot, verdict_on_rate, counters);
  if ((body & kPickBit) != 0) body = resolve(body, query, snapshot, asker);
  return serve(reply, snapshot, body, asked, found.exists, counters);
}

bool worth_answering(std::span<const uint8_t> address, uint16_t port) {
  constexpr std::array<uint16_t, 5> kReflectors{0, 7, 13, 17, 19};  // reserved, echo, daytime, quote, chargen
  if (std::ranges::find(kReflectors, port) != kReflectors.end()) return false;
  if (address.size() == 4) return address[0] != 0 && address[0] < 224;  // 224/4 multicast, 240/4 reserved, broadcast
  if (address.size() != 16) return false;
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::ranges::equal(address.first(12), kMapped)) return worth_answering(address.subspan(12), port);
  const bool unspecified = std::ranges::all_of(address, [](uint8_t byte) { return byte == 0; });
  return address[0] != 0xFF && !unspecified;
}

}  // namespace evershore::dns
