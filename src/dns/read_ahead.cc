#include "dns/read_ahead.h"

#include <algorithm>
#include <array>

#include "wire/dns/message.h"
#include "wire/dns/split_name.h"

namespace evershore::dns {

namespace {

template <typename T>
void fetch(const T& place) {
  __builtin_prefetch(&place);
}

// How far a query has been followed. Each step reads what the one before has asked for.
struct Ahead {
  uint64_t hash = 0;
  const CompiledName* name = nullptr;
  const CompiledPart* part = nullptr;
  const NodeAnswers* node = nullptr;
  const Body* body = nullptr;
};
using Batch = std::array<Ahead, kReadAheadMax>;

bool read_hash(std::span<const uint8_t> query, uint64_t& hash) {
  const size_t name_bytes = dnswire::question_name_bytes(query);
  if (name_bytes == 0) return false;
  hash = dnswire::SplitName(query.subspan(dnswire::kHeaderBytes, name_bytes)).hashes[0];
  return true;
}

// The first name in the slot, which need not be the asked one: it nearly always is.
void look_at_slot(Ahead& ahead, const NameTable& table) {
  const uint32_t name = table.slots[ahead.hash & (table.slots.size() - 1)];
  if (name == 0) return;
  ahead.name = &table.names[name - 1];
  fetch(*ahead.name);
}

void look_at_name(Ahead& ahead, const CompiledSnapshot& snapshot) {
  fetch(snapshot.fixed->table.bytes[ahead.name->name_at]);
  ahead.part = &snapshot.part_of(ahead.name->answers);
  ahead.node = &snapshot.answers_of(*ahead.name);
  fetch(*ahead.node);
}

// Most names have one type, and are asked for it.
void look_at_types(Ahead& ahead) {
  if (ahead.node->types == 0) {
    ahead.node = nullptr;
    return;
  }
  fetch(ahead.part->types[ahead.node->types_at]);
}

void look_at_body(Ahead& ahead, const CompiledSnapshot& snapshot) {
  const BodyRef ref = ahead.part->types[ahead.node->types_at].body;
  if ((ref & kPickBit) != 0) return;
  ahead.part = &snapshot.part_of(ref);
  ahead.body = &snapshot.body(ref);
  fetch(*ahead.body);
}

void look_at_bytes(const Ahead& ahead) {
  fetch(ahead.part->bytes[ahead.body->bytes_at]);
  fetch(ahead.part->cuts[ahead.body->cuts_at]);
}

}  // namespace

void read_ahead(std::span<const std::span<const uint8_t>> queries, const CompiledSnapshot& snapshot) {
  const NameTable& table = snapshot.fixed->table;
  if (table.slots.empty()) return;
  Batch batch;
  size_t count = 0;
  for (const auto query : queries.first(std::min(queries.size(), kReadAheadMax))) {
    auto& ahead = batch[count];
    ahead = {};
    if (!read_hash(query, ahead.hash)) continue;
    fetch(table.slots[ahead.hash & (table.slots.size() - 1)]);
    ++count;
  }
  const auto followed = std::span(batch).first(count);
  for (auto& ahead : followed) look_at_slot(ahead, table);
  for (auto& ahead : followed) {
    if (ahead.name != nullptr) look_at_name(ahead, snapshot);
  }
  for (auto& ahead : followed) {
    if (ahead.node != nullptr) look_at_types(ahead);
  }
  for (auto& ahead : followed) {
    if (ahead.node != nullptr) look_at_body(ahead, snapshot);
  }
  for (const auto& ahead : followed) {
    if (ahead.body != nullptr) look_at_bytes(ahead);
  }
}

}  // namespace evershore::dns
