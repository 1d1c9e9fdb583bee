// Where the demo plays: a temporary directory, three regions as processes, a node over them. Everything ends with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/demo/node_client.h"
#include "base/sync.h"
#include "io/process.h"
#include "model/settings.h"

namespace evershore::app::demo {

inline constexpr const char* kDemoHost = "assets.demo.test";
inline constexpr const char* kDemoSite = "assets";

// Made before the stage and shared by all that waits: Ctrl-C ends every pause.
class Interrupt {
 public:
  explicit Interrupt(io::Loop& loop) : loop_(loop), changed_(loop) {}
  void ask();  // also from a signal's callback
  bool asked() const { return asked_; }
  // kClosed when it was asked for before `span` was over.
  Task<Result<void>> pause(Duration span);

 private:
  io::Loop& loop_;
  bool asked_ = false;
  Signal changed_;
};

// A directory under the system's temporary one, removed with all that is in it. `bytes_needed` must be free there.
class ScratchDirectory {
 public:
  static Result<std::unique_ptr<ScratchDirectory>> make(uint64_t bytes_needed);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  ScratchDirectory() = default;
  std::string path_;
};

class Stage {
 public:
  static constexpr size_t kRegions = 3;

  Stage(io::Loop& loop, Interrupt& interrupt, const ScratchDirectory& directory);

  // All regions, then the node; ends when the node is ready.
  Task<Result<void>> set_up();
  // The regions and the node are asked to end, then made to.
  Task<void> tear_down();

  const RegionSettings& region(size_t index) const { return players_[index].settings; }
  pid_t region_pid(size_t index) const { return players_[index].process->pid(); }
  void signal_region(size_t index, int signal_number) { players_[index].process->kill(signal_number); }
  // Again, on its old port and directory.
  Task<Result<void>> start_region(size_t index);

  const io::HttpOrigin& edge() const { return edge_; }
  const io::HttpOrigin& admin() const { return admin_; }
  const io::Endpoint& dns() const { return dns_; }
  const std::string& settings_path() const { return settings_path_; }
  const std::string& secret() const { return secret_; }

  // This program with `words`; its exit code and what it printed.
  struct Ran {
    int code = 0;
    std::string output;
  };
  Task<Result<Ran>> run_command(std::vector<std::string> words, Duration budget);

 private:
  struct Player {
    RegionSettings settings;
    std::string log;
    uint16_t port = 0;  // 0 until it has told
    std::unique_ptr<io::Process> process;
  };
  Result<std::unique_ptr<io::Process>> start_program(std::vector<std::string> words, const std::string& output);
  // Waits until the program's output holds "MARK"; returns what follows it up to the line's end.
  Task<Result<std::string>> told(io::Process& process, std::string log, std::string mark);
  Task<Result<io::Endpoint>> told_endpoint(io::Process& process, std::string log, std::string mark);
  Task<Result<void>> start_node();
  Result<void> choose_admin_port();
  std::string settings_text() const;

  io::Loop& loop_;
  Interrupt& interrupt_;
  const ScratchDirectory& directory_;
  std::string program_;
  std::string secret_;
  std::string settings_path_;
  std::vector<Player> players_;
  std::unique_ptr<io::Process> node_;
  io::HttpOrigin edge_;
  io::HttpOrigin admin_;
  io::Endpoint dns_;
};

}  // namespace evershore::app::demo
