// Builds the replicators of all sites over S3 stores on one loop: for the running node (on its replication thread) and for the
// commands that work without a node (verify, sync).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/fault_board.h"
#include "io/http_client.h"
#include "queue/row_store.h"
#include "queue/task_queue.h"
#include "replicate/run/site_replicator.h"
#include "store/s3_store.h"

namespace evershore::app {

struct ReplicatorsDeps {
  io::Loop& loop;
  queue::TaskQueue& queue;
  queue::RowStore& rows;
  std::function<bool(const std::string& region)> reachable;
  const io::FaultBoard* faults = nullptr;
  std::shared_ptr<io::TlsClientContext> tls;
  std::string node;
  Log log;
  KeyNews* news = nullptr;  // null: nobody reads copies
  TellNews tell_news = {};
  // A loser of crossing writes was kept. May be empty.
  std::function<void(const std::string& site, const std::string& key, const std::string& region)> on_conflict = {};
};

// One thread: the loop's.
class Replicators {
 public:
  explicit Replicators(ReplicatorsDeps deps);
  ~Replicators();  // after stop()

  // Makes stores for the regions, and a replicator for each site with replication and at least two writable regions. Not started.
  void build(const std::map<std::string, RegionSettings>& regions, const std::map<std::string, SiteSettings>& sites);
  Task<Result<void>> start(replicate::SiteReplicator::Scans scans);
  Task<void> stop();  // and forgets all

  // nullptr: no such site, or it is not replicated.
  replicate::SiteReplicator* find(const std::string& site) const;
  struct Member {
    std::string site;
    std::vector<std::string> regions;  // that it replicates between
    replicate::SiteReplicator* replicator = nullptr;
  };
  std::vector<Member> all() const;

 private:
  ReplicatorsDeps deps_;
  io::HttpClient client_;
  std::map<std::string, std::unique_ptr<store::S3Store>> stores_;
  struct Site {
    std::vector<std::string> regions;
    std::unique_ptr<replicate::SiteReplicator> replicator;
  };
  std::map<std::string, Site> sites_;
};

}  // namespace evershore::app
