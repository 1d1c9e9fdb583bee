// Master-file text cut into entries (RFC 1035 5.1): one record or directive each, without comments, on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::dns {

struct MasterEntry {
  size_t line = 0;   // where it begins
  std::string text;  // parentheses and the line ends in them are blanks; a blank in front is kept: it means the owner before
};

// Views the text, which outlives it.
class MasterEntries {
 public:
  explicit MasterEntries(std::string_view text) : text_(text) {}
  // False at the end. A broken entry gives the reason in `problem` (else ""), and reading goes on with the next line.
  bool next(MasterEntry& entry, std::string& problem);

 private:
  bool read_entry(MasterEntry& entry, std::string& problem);
  void skip_comment();

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
};

// $GENERATE RANGE LEFT [TTL] [CLASS] TYPE RIGHT, as BIND has it: "1-10/2 host$ A 10.0.0.$". In LEFT and RIGHT, $ is the number,
// ${OFFSET,WIDTH,BASE} the same moved, filled with zeros and in base d, o, x, X, n or N (hexadecimal digits in reverse with dots),
// \$ and $$ a dollar. The records as text, at most `limit`.
inline constexpr size_t kGenerateWidthMax = 100;
Result<std::vector<std::string>> generate_records(std::string_view words, size_t limit);

}  // namespace evershore::dns
