// The running node, asked through its admin listener without blocking. One loop's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/http_client.h"

namespace evershore::app::demo {

// What acts and drills need of GET /api/v1/status.
struct RegionView {
  std::string name;
  std::string health;
  uint64_t pending_keys = 0;
  Duration lag{};
};
struct NodeView {
  std::vector<RegionView> regions;
  std::map<std::string, std::vector<std::string>> order;  // by site: those that may serve, first choice first
  std::vector<std::string> edge_listen;                   // "127.0.0.1:8080"
  std::vector<std::string> dns_listen;
  uint64_t takeovers = 0;
  uint64_t pending_keys = 0;  // of all regions
  Duration lag_worst{};
  uint64_t objects_replicated = 0;
  uint64_t bytes_replicated = 0;
  const RegionView* find(std::string_view region) const;
  std::string first_choice(const std::string& site) const;  // "" when nothing may serve
};
// kInvalid when it is not a status document.
Result<NodeView> parse_status(std::string_view json);

class NodeClient {
 public:
  NodeClient(io::HttpClient& client, io::HttpOrigin admin, std::string token);

  Task<Result<std::string>> get(std::string target);
  // The body of a 2xx answer, else the node's own error text.
  Task<Result<std::string>> post(std::string target, std::string json);
  Task<Result<NodeView>> status();
  // `fault`: down, blackhole, error, slow, cut; the node ends it by itself after `seconds`.
  Task<Result<void>> set_fault(std::string region, std::string fault, uint64_t seconds);
  Task<Result<void>> end_fault(std::string region);

 private:
  Task<Result<std::string>> ask(io::HttpRequest request);

  io::HttpClient& client_;
  io::HttpOrigin admin_;
  std::string token_;
};

}  // namespace evershore::app::demo
