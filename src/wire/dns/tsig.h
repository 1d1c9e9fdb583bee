// Transaction signatures (RFC 8945): who asks, and that nobody changed the message on its way. Both sides: a server checks a
// request and signs its answers, an asker signs a request and checks the answer. Time comes in as seconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hmac.h"
#include "base/result.h"
#include "wire/dns/name.h"

namespace evershore::dnswire {

inline constexpr uint16_t kTsigFudgeSeconds = 300;  // RFC 8945 10: the recommended tolerance between two clocks

struct TsigKey {
  Name name;
  HmacKind algorithm = HmacKind::kSha256;
  std::string secret;
};

// "hmac-sha256", "hmac-sha384", "hmac-sha512"
std::optional<HmacKind> tsig_algorithm(std::string_view text);

struct TsigRecord {
  size_t at = 0;  // where the record begins: the message without it ends there
  Name key;
  Name algorithm;
  uint64_t signed_at = 0;  // 48 bits
  uint16_t fudge_seconds = 0;
  std::string mac;
  uint16_t original_id = 0;
  uint16_t error = 0;
  std::string other;
};

// The message's TSIG record; nullopt: it has none. kInvalid: the message is malformed, or the record does not stand alone at
// the very end (RFC 8945 5.1), both FORMERR.
Result<std::optional<TsigRecord>> find_tsig(std::span<const uint8_t> packet);

enum class TsigError : uint16_t { kNone = 0, kFormErr = 1, kBadSig = 16, kBadKey = 17, kBadTime = 18, kBadTrunc = 22 };

struct TsigCheck {
  TsigError error = TsigError::kNone;
  const TsigKey* key = nullptr;  // among `keys`; set for kNone, kBadTime and kBadTrunc
};

// Checks key, signature, time and length in that order (RFC 8945 5.2). `tsig` is find_tsig()'s of `packet`. `request_mac` is
// empty for a request; for its answer, the MAC the request carried. Takes the same time wherever a signature is wrong.
TsigCheck check_tsig(std::span<const uint8_t> packet, const TsigRecord& tsig, std::span<const TsigKey> keys, std::string_view request_mac,
                     uint64_t now_seconds);

// Signs the messages of one side of a transaction, in their order.
class TsigSigner {
 public:
  // `request_mac`: as above; empty for one who asks.
  TsigSigner(TsigKey key, std::string request_mac) : key_(std::move(key)), previous_mac_(std::move(request_mac)) {}

  size_t record_bytes() const;  // how much sign() adds at most
  // Appends the record to a whole message. The second and later messages are signed as parts of one answer (RFC 8945 5.3.1).
  void sign(std::vector<uint8_t>& message, uint64_t now_seconds);
  // For a request whose time was wrong: signed with the time it claimed, telling ours (RFC 8945 5.2.3).
  void sign_bad_time(std::vector<uint8_t>& message, uint64_t claimed_seconds, uint64_t now_seconds);
  const std::string& mac() const { return previous_mac_; }  // of the last message signed

 private:
  void append(std::vector<uint8_t>& message, uint64_t seconds, TsigError error, std::string_view other);

  TsigKey key_;
  std::string previous_mac_;
  bool later_ = false;
};

// Appends the record of an answer that cannot be signed: BADKEY, BADSIG (RFC 8945 5.3.2).
void append_unsigned_tsig(std::vector<uint8_t>& message, const TsigRecord& request, TsigError error);

}  // namespace evershore::dnswire
