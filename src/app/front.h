// What the front of the edge has once for all loops: the access log, and the book of connections. On the control loop.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "console/metrics.h"
#include "io/connection_book.h"
#include "io/http_server.h"
#include "io/line_log.h"
#include "model/settings.h"

namespace evershore::app {

class Front {
 public:
  Front(const EdgeSettings& edge, size_t loops, Log log);

  // Opens the access log anew, and takes the limits. After failure lines go where they went.
  Result<void> configure(const EdgeSettings& edge);
  // The file has been moved away, perhaps.
  Result<void> reopen_log() { return access_log_.open(path_); }
  Result<void> give_log_to(uint32_t user, uint32_t group) { return access_log_.give_to(user, group); }
  io::LineFeed& access_log(size_t loop) { return access_log_.feed(loop); }
  io::HttpServerOptions options(const EdgeSettings& edge) const;
  void metrics(console::MetricsText& out, std::span<const io::HttpServerCounters* const> servers);

 private:
  std::string path_;  // of the access log
  size_t loops_;
  std::shared_ptr<io::ConnectionBook> book_;
  io::LineLog access_log_;
};

}  // namespace evershore::app
