// The demo's clients in a thread of their own, so that the stage's work never delays a request: the load and the DNS watch.
#pragma once

#include <memory>
#include <optional>
#include <thread>

#include "app/demo/dns_watch.h"
#include "app/demo/load.h"

namespace evershore::app::demo {

// All that was seen so far, copied.
struct Observed {
  std::vector<Sample> samples;
  std::vector<Download> downloads;
  std::vector<Note> notes;
  std::vector<DnsChange> dns;
};

struct ClientsOptions {
  LoadOptions load;
  std::optional<io::Endpoint> dns;  // nullopt: nobody asks
  std::string dns_name;
};

class Clients {
 public:
  // Starts both. All members: one thread, that of `home`.
  static Result<std::unique_ptr<Clients>> start(io::Loop& home, ClientsOptions options);
  // Ends the load: waits for requests under way, gives up downloads.
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  void download(Target target, double bytes_per_second);
  Task<size_t> downloads_under_way();
  Task<Observed> observed();
  uint64_t bad() const { return load_->bad(); }

 private:
  explicit Clients(io::Loop& home) : home_(home) {}

  io::Loop& home_;
  io::Loop loop_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<DnsWatch> dns_;
  std::thread thread_;
};

}  // namespace evershore::app::demo
