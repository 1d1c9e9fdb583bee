// Builds the part of a message that lies at a given offset, with name compression (RFC 1035 4.1.4). Notes where each
// pointer stands, so that a prepared piece can be moved behind a question of another length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dns/message.h"
#include "wire/dns/name.h"

namespace evershore::dnswire {

class Writer {
 public:
  // The first written byte will lie at offset `base` of the message.
  explicit Writer(size_t base) : base_(base) {}

  // A name that the message already holds before `base`, at `offset`: it and its ancestors may be pointed at.
  void remember(const Name& name, size_t offset);

  void put8(uint8_t value) { bytes_ += static_cast<char>(value); }
  void put16(size_t value);
  void put32(uint32_t value);
  void put(std::string_view bytes) { bytes_ += bytes; }
  void put_name(const Name& name, bool compress);
  // One whole record of class IN; names in the rdata of RFC 1035's types are compressed.
  void put_record(const Name& owner, uint16_t type, uint32_t ttl, std::string_view rdata);

  // The same with the question's whole name as owner, whatever that will be: a pointer that never moves.
  void put_record_of_question(uint16_t type, uint32_t ttl, std::string_view rdata);

  const std::string& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  // Offsets within bytes() of the two-byte pointers.
  const std::vector<uint16_t>& pointers() const { return pointers_; }

 private:
  void put_after_owner(uint16_t type, uint32_t ttl, std::string_view rdata);

  size_t base_;
  std::string bytes_;
  std::vector<uint16_t> pointers_;

  // Names that may be pointed at, by wire form; letter case counts, so that it is kept. Most messages have few: those are looked
  // through in a row.
  struct Known {
    uint32_t at = 0;  // in names_
    uint16_t bytes = 0;
    uint16_t offset = 0;
  };
  static constexpr size_t kInARow = 24;
  std::string_view name_of(const Known& known) const { return std::string_view(names_).substr(known.at, known.bytes); }
  const Known* find(std::string_view suffix) const;
  void know(Known known);
  void index(uint32_t number);

  std::string names_;
  std::vector<Known> known_;
  std::vector<uint32_t> slots_;  // number in known_ + 1, by hash; empty while there are few
};

}  // namespace evershore::dnswire
