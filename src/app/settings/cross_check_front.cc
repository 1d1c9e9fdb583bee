// Of [node] user, and of how the edge meets its clients.
#include <fmt/format.h>

#include "app/settings/cross_check.h"
#include "base/networks.h"
#include "base/text.h"
#include "io/process_rights.h"

namespace evershore::app {

namespace {

// Networks that hold everybody: whoever comes could then say that he is somebody else.
void check_proxies(const std::vector<std::string>& networks, const std::string& path, Problems& problems) {
  for (size_t i = 0; i < networks.size(); ++i) {
    if (networks[i].ends_with("/0")) problems.add(fmt::format("{}[{}]", path, i), "holds everybody: name the proxies' own networks");
  }
}

}  // namespace

void check_node(const Settings& settings, Problems& problems) {
  if (settings.node.user.empty() || problems.any_below("node.user")) return;
  if (const auto user = io::find_user(settings.node.user); !user) problems.add("node.user", user.error().text);
}

void check_front(const EdgeSettings& edge, Problems& problems) {
  check_proxies(edge.proxies.protocol_from, "edge.proxy_protocol.from", problems);
  check_proxies(edge.proxies.trusted, "edge.trusted_proxies", problems);
  if (problems.present("edge.access_log.format") && edge.access_log.path.empty()) problems.add("edge.access_log.path", "is missing");
  if (edge.limits.request_line_bytes_max > edge.limits.header_bytes_max) {
    problems.add("edge.limits.request_line_bytes",
                 fmt::format("is more than header_bytes, {}, which holds it", edge.limits.header_bytes_max));
  }
}

}  // namespace evershore::app
