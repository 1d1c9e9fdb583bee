// One certificate's way through RFC 8555 as a pure state machine: what the authority answered in, what to send next out. No I/O, no
// clock, no keys: whoever drives it signs its requests and publishes its proofs.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/message.h"

namespace evershore::acme {

inline constexpr uint32_t kBadNoncesMax = 20;  // in a row
inline constexpr uint32_t kPollsMax = 60;      // of one thing
inline constexpr Duration kPollFirst = std::chrono::milliseconds(250), kPollLongest = std::chrono::seconds(10);

enum class Step : uint8_t {
  kDirectory,      // asked where things are
  kNonce,          // asked for a nonce; then `after_nonce` is sent
  kAccount,        // asked for an account
  kNewOrder,       // asked for an order
  kOrder,          // asked how the order stands
  kAuthorization,  // asked for authorization number `at`
  kPublishing,     // proofs are being published
  kChallenge,      // said that proof number `at` is there
  kPolling,        // asked whether authorization number `at` is through
  kFinalize,       // sent the certificate request
  kDownload,       // asked for the certificate
  kEnded,
};

// What is wanted; stays the same.
struct Wish {
  std::vector<std::string> names;
  ChallengeKind kind = ChallengeKind::kHttp01;
  std::string authority;  // the directory's host, for messages
  std::string directory_url;
  std::string request_der;  // for the certificate's key
};

// What is worth keeping over a restart.
struct Known {
  std::string account_url;
  std::string order_url;
  bool operator==(const Known&) const = default;
};

struct Proof {
  std::string host;  // without "*."
  Challenge challenge;
  std::string authorization_url;
};

// --- out ---
enum class Method : uint8_t { kGet, kHead, kPost };
enum class Signer : uint8_t { kNobody, kKey, kAccount };  // a POST's: the bare key only for a new account
struct Send {
  Method method = Method::kPost;
  std::string url;
  Signer signer = Signer::kAccount;
  std::string payload;  // "" = POST-as-GET
  std::string nonce;
  std::string account_url;  // of Signer::kAccount
};
struct SendNewAccount {  // the driver adds contact and binding
  std::string url;
  std::string nonce;
  bool needs_binding = false;
};
struct Publish {
  std::vector<Proof> proofs;
};
struct Wait {
  Duration span;
};
struct Deliver {
  std::string chain;  // PEM, as the authority sent it
};
struct GiveUp {
  std::string why;
  std::optional<Duration> not_before;  // the authority's Retry-After
  bool order_stands = false;           // the order may be taken up again
};
using Action = std::variant<Send, SendNewAccount, Publish, Wait, Deliver, GiveUp>;

// --- in ---
struct Begin {};
struct Answer {
  uint16_t status = 0;
  http::Headers headers;
  std::string body;
};
struct NoAnswer {
  std::string why;
};
struct Published {};
struct Unpublished {
  std::string why;
};
struct Waited {};
using Event = std::variant<Begin, Answer, NoAnswer, Published, Unpublished, Waited>;

class Ordering {
 public:
  Ordering(Wish wish, Known known) : wish_(std::move(wish)), known_(std::move(known)) {}

  // `now` is for dates in Retry-After. After Deliver or GiveUp nothing may come in.
  Action advance(const Event& event, Wall now);

  Step step() const { return step_; }
  // To be kept before the action is carried out.
  const Known& known() const { return known_; }

 private:
  Action take(const Answer& answer);
  Action refused(const Answer& answer, const Problem& problem);
  Action take_directory(const Answer& answer);
  Action take_account(const Answer& answer);
  Action take_order(const Answer& answer);
  Action take_authorization(const Answer& answer);
  Action take_polled(const Answer& answer);
  Action take_certificate(const Answer& answer);

  Action ask_account();
  Action ask_order();
  Action new_order();
  Action next_authorization();
  Action next_challenge();
  Action poll(Step step, const std::string& url, const http::Headers& headers);
  Action post(Step step, std::string url, std::string payload);
  Send as_account(std::string url, std::string payload) const;
  Action send(Step step, Action action);
  Action again();
  Action no_answer(const std::string& why);
  Action give_up(std::string why, std::optional<Duration> not_before = std::nullopt);
  std::string names_text() const;

  const Wish wish_;
  Known known_;
  Step step_ = Step::kDirectory;
  Wall now_{};
  Directory directory_;
  Order order_;
  std::vector<Proof> proofs_;
  size_t at_ = 0;
  std::string nonce_;
  std::optional<std::pair<Step, Action>> last_;  // sent, or to be sent after a nonce or a wait
  bool resumed_ = false;                         // the order is one of a time before
  uint32_t bad_nonces_ = 0;
  uint32_t polls_ = 0;
};

}  // namespace evershore::acme
