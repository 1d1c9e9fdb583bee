// What an ACME authority says (RFC 8555 7, 6.7), read from JSON, and what it is told. Outside bytes: everything is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/http/message.h"

namespace evershore::acme {

enum class ChallengeKind : uint8_t { kHttp01, kDns01 };
std::string_view challenge_name(ChallengeKind kind);  // "http-01", "dns-01"

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  bool needs_binding = false;  // externalAccountRequired
  std::string terms;           // their URL; "" = none
};

enum class Status : uint8_t { kPending, kReady, kProcessing, kValid, kInvalid };

// RFC 8555 6.7.
struct Problem {
  std::string type;  // without "urn:ietf:params:acme:error:"; "" = none given
  std::string detail;
  std::string identifier;  // of the first subproblem that names one
};

struct Order {
  Status status = Status::kPending;
  std::vector<std::string> authorizations;
  std::string finalize;
  std::string certificate;  // when valid
  std::optional<Problem> problem;
};

struct Challenge {
  std::string url;
  std::string token;
};
struct Authorization {
  Status status = Status::kPending;
  std::string host;                    // with "*." in front for a wildcard
  std::optional<Challenge> challenge;  // of the kind asked for
  std::optional<Problem> problem;      // of any challenge
};

// kInvalid: not what RFC 8555 describes.
Result<Directory> read_directory(std::string_view body);
Result<Order> read_order(std::string_view body);
Result<Authorization> read_authorization(std::string_view body, ChallengeKind kind);
// Never fails: an answer that is no problem document is a problem without a type.
Problem read_problem(std::string_view body);

struct NewAccount {
  std::string email;    // "" = none
  std::string binding;  // account_binding(), "" = none
};
std::string new_account_payload(const NewAccount& account);
std::string new_order_payload(const std::vector<std::string>& names);
std::string finalize_payload(std::string_view request_der);

// RFC 9110 10.2.3, seconds or a date; nullopt: absent or not understood. Never over a day, never below zero.
std::optional<Duration> retry_after(const http::Headers& headers, Wall now);

// One line for people: what the authority at `authority` said of `host`, and what to do about it.
std::string explain(const Problem& problem, std::string_view host, std::string_view authority, ChallengeKind kind);

}  // namespace evershore::acme
