// When a certificate is asked for again, and when after a failure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace evershore::acme {

// What is known of one host's certificate.
struct CertificateState {
  std::optional<Wall> not_before;  // nullopt, both: there is none
  std::optional<Wall> not_after;
  uint32_t failures = 0;  // in a row
  Wall failed_at{};
  std::optional<Duration> retry_after;  // what the authority said then
};

// With a third of its lifetime left, and up to a twentieth of it before that: by host and node, so that not all come at once.
Wall renewal_due(Wall not_before, Wall not_after, std::string_view host, std::string_view node);
// Not before this: 1 min after the first failure, then twice as long each time up to 6 h, and never before Retry-After.
Wall retry_due(const CertificateState& state, std::string_view host, std::string_view node);
// When to order. A host without a certificate: at once.
Wall order_due(const CertificateState& state, std::string_view host, std::string_view node);

enum class Expiry : uint8_t { kFine, kSoon, kOver };
// kSoon: a sixth of its lifetime is left, so renewal has been failing for as long.
Expiry expiry_of(const CertificateState& state, Wall now);

}  // namespace evershore::acme
