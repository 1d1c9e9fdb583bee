// An ECDSA P-256 key: an account's, which signs requests, or a certificate's. By OpenSSL's libcrypto; values only, no I/O.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::acme {

class Key {
 public:
  static Result<Key> make();  // from OpenSSL's generator
  static Result<Key> from_pem(std::string_view pem);

  std::string pem() const;                        // PKCS #8, unencrypted: keep it secret
  std::string jwk() const;                        // RFC 7517, the members in the order that RFC 7638 hashes
  std::string thumbprint() const;                 // RFC 7638, base64url of SHA-256
  std::string sign(std::string_view text) const;  // ES256 (RFC 7518 3.4): r and s, 64 bytes

  // A request for a certificate of this key and these names (PKCS #10, DER). `names` must not be empty.
  Result<std::string> request_for(std::span<const std::string> names) const;

  struct Native;  // OpenSSL's
  const Native& native() const { return *native_; }

 private:
  explicit Key(std::shared_ptr<Native> native) : native_(std::move(native)) {}
  std::shared_ptr<Native> native_;
};

}  // namespace evershore::acme
