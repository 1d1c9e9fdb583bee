// `evershore region`: an S3 server for one bucket over a directory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "io/loop.h"
#include "io/stream.h"
#include "model/settings.h"
#include "store/directory_store_bucket.h"

namespace evershore::gateway {

struct RegionServerOptions {
  std::string dir;
  io::Endpoint listen{.address = "127.0.0.1", .port = 9001};
  std::string bucket;
  std::string access_key;
  Secret secret_key;
  std::string webhook;  // URL that gets an S3 event after each change; "" = none
  bool public_read = false;
  size_t threads = 1;  // how many loops the caller should make
  std::string signing_region = "us-east-1";
  store::DirectoryOptions directory;
};

// One listener a loop (SO_REUSEPORT), all on the same directory.
class RegionServer {
 public:
  // Before the loops run, or with one loop on its own thread. `loops` (at least one) and `log`'s sink outlive the server.
  // kInvalid: an option; kRefused: the directory is served already.
  static Result<std::unique_ptr<RegionServer>> start(RegionServerOptions options, std::vector<io::Loop*> loops, Log log);
  ~RegionServer();  // after drain()

  io::Endpoint local() const;
  size_t objects() const;           // keys in the bucket
  uint64_t events_dropped() const;  // of the webhook

  // On the first loop's thread while all loops run. Busy requests may end until `deadline`; queued events are tried once.
  Task<void> drain(Mono deadline);

 private:
  RegionServer() = default;
  struct Lane;
  struct Shared;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace evershore::gateway
