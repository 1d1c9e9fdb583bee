// The demo's play: fills the first region, then acts of faults under load, and the check at the end. One loop's.
#pragma once

#include <functional>
#include <memory>

#include "app/demo/clients.h"
#include "app/demo/journal.h"
#include "app/demo/report.h"
#include "app/demo/stage.h"

namespace evershore::app::demo {

// How much and how long; --quick changes only this.
struct Script {
  bool quick = false;
  DataRules data;
  std::vector<uint64_t> large_bytes;  // sizes of the large objects; the first one is downloaded slowly
  double requests_per_second = 500;
  size_t downloads = 8;
  Duration download_takes{};
  size_t changes = 0;  // per act with a fault; a multiple of 5
  Duration steady_for{};
  Duration lead_in{};    // load before the fault
  Duration fault_for{};  // kill and stop
  Duration error_for{};  // 503
  Duration tail{};       // load after all is well again
  uint64_t disk_bytes() const;
};
Script full_script();
Script quick_script();

class Acts {
 public:
  Acts(io::Loop& loop, Interrupt& interrupt, Stage& stage, Script script);
  ~Acts();

  // From an empty stage that is set up to the finished report. An error: it could not be run.
  Task<Result<void>> play();
  const Report& report() const { return report_; }

 private:
  using Deed = Task<Result<void>> (Acts::*)();
  struct Plan {
    std::string name;
    std::string story;
    ActRules rules;
    bool downloads = false;
    Duration fault_for{};
    Deed strike = nullptr;
    Deed heal = nullptr;
  };
  // The counters of the node at one moment.
  struct Mark {
    uint64_t takeovers = 0;
    uint64_t objects = 0;
    uint64_t bytes = 0;
  };
  // What the node's status said while an act ran.
  struct Watching {
    bool stop = false;
    Duration lag_worst{};
  };

  Task<Result<void>> fill();
  Task<Result<void>> put_all(std::vector<DataObject> objects, size_t width);
  Task<Result<void>> put_one(const DataObject& object, size_t index, size_t count);
  Task<Result<void>> wait_replicated();
  Task<Result<void>> open_doors();
  Task<Result<void>> check_end();
  Task<Result<bool>> verify(std::string& output);

  Task<Result<void>> steady();
  Task<Result<void>> fault_act(Plan plan);
  Task<Result<void>> strike_and_heal(const Plan& plan, Act& act, Mono& fault_at);
  Task<Result<void>> wait_return(Act& act, Mono healed);
  Task<Result<void>> wait_downloads();
  Task<Result<void>> finish_act(Act act, Mark before, std::optional<Mono> fault_at);
  Task<Result<Mark>> mark();
  Task<void> watch(Watching& watching);
  void begin_downloads();

  Task<Result<void>> kill_primary();
  Task<Result<void>> start_primary();
  Task<Result<void>> stop_primary();
  Task<Result<void>> continue_primary();
  Task<Result<void>> break_primary();
  Task<Result<void>> mend_primary();

  void say(const std::string& text);
  ChangePlan changes_of(const std::string& act) const;

  io::Loop& loop_;
  Interrupt& interrupt_;
  Stage& stage_;
  const Script script_;
  const Mono begun_;
  io::HttpClient http_;
  std::unique_ptr<NodeClient> node_;
  std::vector<std::unique_ptr<Bucket>> buckets_;
  Journal journal_;
  std::vector<DataObject> small_;
  std::vector<DataObject> large_;
  std::unique_ptr<Clients> clients_;
  size_t next_large_ = 0;
  Report report_;
};

}  // namespace evershore::app::demo
