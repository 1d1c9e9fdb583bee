#include "console/admin_rules.h"

#include <gtest/gtest.h>

namespace evershore::console {
namespace {

using namespace std::chrono_literals;

const AdminTokens kNone{};
const AdminTokens kBoth{.operate = Secret("wheel"), .view = Secret("glass")};
const AdminTokens kOperateAlone{.operate = Secret("wheel"), .view = Secret()};

struct Case {
  const char* name;
  AdminRequest request;
  AdminTokens tokens;
  uint16_t status;
  Role role = Role::kNobody;
};

TEST(AdminRules, judge_each_request_by_the_first_rule_that_applies) {
  constexpr const char* kDrain = "/api/v1/regions/east/drain";
  constexpr const char* kStatus = "/api/v1/status";
  const std::vector<Case> cases{
      {"liveness is anybody's", {"GET", "/healthz", "evil.example"}, kBoth, 0},
      {"readiness is anybody's", {"GET", "/readyz", "evil.example"}, kNone, 0},
      {"the page needs no token", {"GET", "/", "admin.example:9090"}, kBoth, 0},
      {"its script neither, not even for another page", {"GET", "/console.js", "127.0.0.1:9090", "", "cross-site"}, kNone, 0},
      {"but it is read, not written", {"POST", "/", "127.0.0.1:9090"}, kBoth, 401},
      {"an address needs no token when none is set", {"GET", kStatus, "127.0.0.1:9090"}, kNone, 0, Role::kOperate},
      {"an address of version 6 neither", {"POST", kDrain, "[::1]:9090"}, kNone, 0, Role::kOperate},
      {"localhost neither", {"POST", kDrain, "localhost:9090"}, kNone, 0, Role::kOperate},
      {"localhost without a port", {"GET", kStatus, "localhost"}, kNone, 0, Role::kOperate},
      {"a name may have been rebound to us", {"GET", kStatus, "rebound.example:9090"}, kNone, 403},
      {"also when it begins like an address", {"POST", kDrain, "127.0.0.1.example"}, kNone, 403},
      {"not even the page under such a name", {"GET", "/", "rebound.example"}, kNone, 403},
      {"with a token a name is fine", {"GET", kStatus, "admin.example", "", "", "Bearer wheel"}, kBoth, 0, Role::kOperate},
      {"our own page acts", {"POST", kDrain, "127.0.0.1:9090", "http://127.0.0.1:9090", "same-origin"}, kNone, 0, Role::kOperate},
      {"our own page behind TLS acts",
       {"POST", kDrain, "a.example", "https://a.example", "same-origin", "Bearer wheel"},
       kBoth,
       0,
       Role::kOperate},
      {"a person who types the address reads", {"GET", kStatus, "127.0.0.1:9090", "", "none"}, kNone, 0, Role::kOperate},
      {"another page may not act", {"POST", kDrain, "127.0.0.1:9090", "http://evil.example"}, kNone, 403},
      {"nor read", {"GET", kStatus, "127.0.0.1:9090", "http://evil.example"}, kNone, 403},
      {"nor with a token", {"POST", kDrain, "127.0.0.1:9090", "http://evil.example", "", "Bearer wheel"}, kBoth, 403},
      {"nor one that only ends like us", {"POST", kDrain, "127.0.0.1:9090", "http://evil.example//127.0.0.1:9090"}, kNone, 403},
      {"nor on another port", {"POST", kDrain, "127.0.0.1:9090", "http://127.0.0.1:9091"}, kNone, 403},
      {"nor one that hides where it is from", {"POST", kDrain, "127.0.0.1:9090", "null"}, kNone, 403},
      {"nor one that the browser tells of alone", {"POST", kDrain, "127.0.0.1:9090", "", "cross-site"}, kNone, 403},
      {"nor a neighbour's", {"POST", kDrain, "127.0.0.1:9090", "", "same-site"}, kNone, 403},
      {"no token", {"GET", kStatus, "127.0.0.1:9090"}, kBoth, 401},
      {"a wrong token", {"GET", kStatus, "127.0.0.1:9090", "", "", "Bearer whee"}, kBoth, 401},
      {"an empty token is no view token", {"GET", kStatus, "127.0.0.1:9090", "", "", "Bearer "}, kOperateAlone, 401},
      {"another scheme", {"GET", kStatus, "127.0.0.1:9090", "", "", "Basic wheel"}, kBoth, 401},
      {"metrics are data", {"GET", "/metrics", "127.0.0.1:9090"}, kBoth, 401},
      {"the view token reads", {"GET", kStatus, "127.0.0.1:9090", "", "", "Bearer glass"}, kBoth, 0, Role::kView},
      {"the view token reads heads", {"HEAD", kStatus, "127.0.0.1:9090", "", "", "Bearer glass"}, kBoth, 0, Role::kView},
      {"the view token does not act", {"POST", kDrain, "127.0.0.1:9090", "", "", "Bearer glass"}, kBoth, 403, Role::kView},
      {"the token acts", {"POST", kDrain, "127.0.0.1:9090", "", "", "Bearer wheel"}, kBoth, 0, Role::kOperate},
      {"other methods", {"DELETE", kDrain, "127.0.0.1:9090", "", "", "Bearer wheel"}, kBoth, 405, Role::kOperate},
      {"other methods without a token", {"DELETE", kDrain, "127.0.0.1:9090"}, kBoth, 401},
  };
  for (const auto& each : cases) {
    const auto verdict = judge(each.request, each.tokens);
    EXPECT_EQ(verdict.status, each.status) << each.name << ": " << verdict.text;
    EXPECT_EQ(verdict.role, each.role) << each.name;
    EXPECT_EQ(verdict.bad_token, verdict.status == 401 && !each.request.authorization.empty()) << each.name;
  }
}

TEST(AdminRules, every_route_that_changes_something_wants_the_operators_token_and_our_own_page) {
  for (const char* path : {"/api/v1/regions/east/drain", "/api/v1/regions/east/undrain", "/api/v1/regions/east/fault",
                           "/api/v1/sites/assets/failover", "/api/v1/sites/assets/purge", "/api/v1/sites/assets/prefetch",
                           "/api/v1/sites/assets/sync", "/api/v1/replication/webhook", "/api/v1/whatever/comes"}) {
    EXPECT_EQ(judge({"POST", path, "h:1", "", "", ""}, kBoth).status, 401) << path;
    EXPECT_EQ(judge({"POST", path, "h:1", "", "", "Bearer glass"}, kBoth).status, 403) << path;
    EXPECT_EQ(judge({"POST", path, "h:1", "http://other", "", "Bearer wheel"}, kBoth).status, 403) << path;
    EXPECT_EQ(judge({"POST", path, "h:1", "", "cross-site", "Bearer wheel"}, kBoth).status, 403) << path;
    EXPECT_EQ(judge({"POST", path, "h:1", "", "", ""}, kNone).status, 403) << path;
    EXPECT_EQ(judge({"POST", path, "h:1", "", "", "Bearer wheel"}, kBoth).status, 0) << path;
  }
}

TEST(TokenGuard, does_not_listen_to_who_guesses_until_a_minute_is_over) {
  TokenGuard guard;
  const Mono start{};
  for (size_t i = 0; i < TokenGuard::kFailuresMax; ++i) {
    EXPECT_FALSE(guard.locked("192.0.2.1", start + i * 1s)) << i;
    guard.failed("192.0.2.1", start + i * 1s);
  }
  EXPECT_TRUE(guard.locked("192.0.2.1", start + 10s));
  EXPECT_FALSE(guard.locked("192.0.2.2", start + 10s)) << "another peer";
  EXPECT_TRUE(guard.locked("192.0.2.1", start + 59s));
  EXPECT_FALSE(guard.locked("192.0.2.1", start + 60s)) << "the first failure is a minute old";
}

TEST(TokenGuard, forgets_the_oldest_of_too_many_peers) {
  TokenGuard guard;
  const Mono start{};
  for (size_t i = 0; i < TokenGuard::kFailuresMax; ++i) guard.failed("first", start);
  for (size_t i = 0; i < TokenGuard::kPeersMax - 1; ++i) guard.failed(std::to_string(i), start + 1s);
  EXPECT_TRUE(guard.locked("first", start + 2s));
  guard.failed("one too many", start + 2s);
  EXPECT_FALSE(guard.locked("first", start + 2s));
}

}  // namespace
}  // namespace evershore::console
