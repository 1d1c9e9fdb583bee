// Who may ask what of the admin listener. Pure: the request's telling fields in, a verdict out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/secret.h"

namespace evershore::console {

// What the settings give out. Empty = there is none; `view` without `operate` is refused by the settings' check.
struct AdminTokens {
  Secret operate;
  Secret view;
};

enum class Role : uint8_t {
  kNobody,
  kView,     // sees everything
  kOperate,  // and acts
};
std::string_view role_name(Role role);  // "nobody", "view", "operate"

// What the listener reads of a request before it does anything for it. "" = absent.
struct AdminRequest {
  std::string_view method;
  std::string_view path;
  std::string_view host;  // lower case, with port
  std::string_view origin;
  std::string_view fetch_site;  // Sec-Fetch-Site
  std::string_view authorization;
};

struct AdminVerdict {
  uint16_t status = 0;    // 0: go on; else the answer
  std::string_view text;  // of a refusal, for people
  Role role = Role::kNobody;
  bool bad_token = false;  // one was presented, and it is none of ours
};

// In this order, the first that applies:
//   /healthz, /readyz                                    anybody
//   no token is set, and Host is a name of the web       403  a page elsewhere may have made that name ours (DNS rebinding)
//   the console's own files (no data is in them)         anybody
//   Origin or Sec-Fetch-Site tell of another page        403  its visitor's browser may not press our buttons, nor read
//   a token is set, and it is not presented              401
//   not GET, HEAD or POST                                405
//   POST with the view token                             403
AdminVerdict judge(const AdminRequest& request, const AdminTokens& tokens);

// Is `path` one of the console's own files?
bool is_console_file(std::string_view path);

// Slows the guessing of tokens: who presents so many bad ones in a while is not listened to until the while is over.
class TokenGuard {
 public:
  static constexpr size_t kFailuresMax = 10;
  static constexpr Duration kWindow = std::chrono::minutes(1);
  static constexpr size_t kPeersMax = 1'000;  // more at once: the one heard of the longest ago is forgotten

  bool locked(std::string_view peer, Mono now) const;
  void failed(std::string_view peer, Mono now);

 private:
  std::map<std::string, std::deque<Mono>, std::less<>> failures_;
};

}  // namespace evershore::console
