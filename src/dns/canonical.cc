#include "dns/canonical.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/dns/types.h"

namespace evershore::dns {

namespace {

// Where the names stand in the data of a type.
struct Names {
  uint16_t type;
  uint8_t skip;     // bytes before the names
  uint8_t strings;  // length-prefixed strings behind those
  uint8_t names;    // how many follow in a row
};
constexpr uint16_t kMd = 3, kMf = 4, kMb = 7, kMg = 8, kMr = 9, kMinfo = 14, kRp = 17, kAfsdb = 18, kRt = 21, kPx = 26, kNaptr = 35,
                   kKx = 36;
constexpr std::array kNames{
    Names{dnswire::kTypeNs, 0, 0, 1},
    Names{kMd, 0, 0, 1},
    Names{kMf, 0, 0, 1},
    Names{dnswire::kTypeCname, 0, 0, 1},
    Names{dnswire::kTypeSoa, 0, 0, 2},
    Names{kMb, 0, 0, 1},
    Names{kMg, 0, 0, 1},
    Names{kMr, 0, 0, 1},
    Names{dnswire::kTypePtr, 0, 0, 1},
    Names{kMinfo, 0, 0, 2},
    Names{dnswire::kTypeMx, 2, 0, 1},
    Names{kRp, 0, 0, 2},
    Names{kAfsdb, 2, 0, 1},
    Names{kRt, 2, 0, 1},
    Names{kPx, 2, 0, 2},
    Names{dnswire::kTypeSrv, 6, 0, 1},
    Names{kNaptr, 4, 3, 1},
    Names{kKx, 2, 0, 1},
    Names{dnswire::kTypeDname, 0, 0, 1},
    Names{dnswire::kTypeRrsig, 18, 0, 1},
};

// The offset behind the uncompressed name at `at`; 0 = there is none.
size_t after_name(std::string_view rdata, size_t at) {
  while (at < rdata.size()) {
    const auto length = static_cast<uint8_t>(rdata[at]);
    if (length > dnswire::kLabelBytesMax) return 0;
    at += 1 + size_t{length};
    if (length == 0) return at;
  }
  return 0;
}

}  // namespace

size_t write_canonical_key(const uint8_t* lower, std::span<const uint8_t> starts, uint8_t* out) {
  uint8_t* at = out;
  for (size_t i = starts.size(); i-- > 0;) {
    const uint8_t* label = lower + starts[i];
    for (size_t byte = 1; byte <= label[0]; ++byte) {
      // 0 ends a label: the bytes 0 and 1 are written as pairs that keep their order.
      if (label[byte] <= 1) *at++ = 1;
      *at++ = label[byte] <= 1 ? static_cast<uint8_t>(label[byte] + 1) : label[byte];
    }
    *at++ = 0;
  }
  return static_cast<size_t>(at - out);
}

std::string canonical_key(const dnswire::Name& name) {
  const std::string lower = to_lower(name.wire());
  std::vector<uint8_t> starts;
  for (size_t at = 0; lower[at] != 0; at += 1 + size_t{static_cast<uint8_t>(lower[at])}) starts.push_back(static_cast<uint8_t>(at));
  std::array<uint8_t, kCanonicalKeyBytesMax> key;
  return {reinterpret_cast<const char*>(key.data()), write_canonical_key(as_bytes(lower).data(), starts, key.data())};
}

std::string canonical_rdata(uint16_t type, std::string_view rdata) {
  std::string out(rdata);
  const auto* names = std::ranges::find(kNames, type, &Names::type);
  if (names == kNames.end()) return out;
  size_t at = names->skip;
  for (size_t i = 0; i < names->strings && at < rdata.size(); ++i) at += 1 + size_t{static_cast<uint8_t>(rdata[at])};
  for (size_t i = 0; i < names->names; ++i) {
    const size_t end = after_name(rdata, at);
    if (end == 0) return std::string(rdata);
    // Length bytes lie below 'A': folding the whole name is right.
    out.replace(at, end - at, to_lower(rdata.substr(at, end - at)));
    at = end;
  }
  return out;
}

std::vector<std::string> canonical_set(uint16_t type, std::span<const std::string> rdata) {
  std::vector<std::string> out;
  for (const auto& data : rdata) out.push_back(canonical_rdata(type, data));
  std::ranges::sort(
      out, [](const std::string& a, const std::string& b) { return std::ranges::lexicographical_compare(as_bytes(a), as_bytes(b)); });
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

}  // namespace evershore::dns
