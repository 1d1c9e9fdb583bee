// A drill: light clients at the running node's edge while a region looks broken to that node, and what they saw.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/demo/clients.h"
#include "app/demo/node_client.h"
#include "app/demo/stage.h"
#include "model/settings.h"

namespace evershore::app::demo {

inline constexpr uint64_t kDrillFailuresMax = 5;  // unless told otherwise

struct DrillInput {
  std::string region;
  std::string fault;
  Duration fault_for{};
  uint64_t failures_max = kDrillFailuresMax;  // more end the fault early
  Settings settings;
};

struct DrillReport {
  std::string region;
  std::string fault;
  std::string site;
  Wall begun{};
  Duration fault_lasted{};
  size_t keys = 0;  // asked for in turn
  RequestSummary requests;
  std::vector<Slice> slices;  // from the beginning of the fault
  uint64_t takeovers = 0;
  // From the beginning of the fault; nullopt: it did not happen.
  std::optional<Duration> seen_down;
  std::optional<Duration> order_changed;
  std::optional<Duration> dns_changed;
  std::optional<Duration> back;  // from the end of the fault until the order was as before
  bool ended_early = false;      // too many failures, or interrupted
  std::vector<std::string> notes;
  bool clients_saw_nothing() const { return requests.failed + requests.truncated + requests.wrong == 0; }
};
std::string drill_json(const DrillReport& report);
std::string drill_text(const DrillReport& report);
// "No client noticed." or how many requests went wrong, in one line.
std::string drill_verdict(const DrillReport& report);
// A page by itself, with charts, from what drill_json() made. kInvalid: it is no such document.
Result<std::string> drill_html(std::string_view report_json);

class Drill {
 public:
  Drill(io::Loop& loop, Interrupt& interrupt, DrillInput input);

  // The fault is over when this ends, whatever happened. An error: it could not be run.
  Task<Result<DrillReport>> run();

 private:
  Result<void> choose_site();
  Task<Result<void>> meet_node();
  Task<Result<std::vector<std::string>>> known_keys();
  Task<Result<void>> learn_targets();
  Task<Result<std::optional<Target>>> learn(std::string key);
  Result<void> begin_clients();
  Task<Result<void>> with_fault(Mono& struck, Mono& ended);
  Task<Result<void>> observe_fault(Mono struck);
  Task<Result<void>> wait_back(Mono ended);
  Task<void> sum_up(Span span, Mono struck);
  Task<void> hand_in();

  io::Loop& loop_;
  Interrupt& interrupt_;
  const DrillInput input_;
  io::HttpClient http_;
  std::unique_ptr<NodeClient> node_;
  const SiteSettings* site_ = nullptr;
  std::string host_;
  io::HttpOrigin edge_;
  std::optional<io::Endpoint> dns_;
  NodeView before_;
  std::vector<Target> targets_;
  std::unique_ptr<Clients> clients_;
  DrillReport report_;
};

}  // namespace evershore::app::demo
