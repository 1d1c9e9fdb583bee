// Any text as a master file: read without harm, and what loads without a problem compiles.
#include <cstddef>
#include <cstdint>

#include "dns/compile.h"
#include "dns/live_zones.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  DnsSettings settings;
  settings.zones = {{.name = "a", .file = "f", .nameservers = {"ns.a"}}};
  const dns::MasterFiles files{{"f", std::string(reinterpret_cast<const char*>(data), size)}};
  const auto loaded = dns::load_zones(settings, files);
  if (loaded.problems.empty()) dns::compile(dns::plain_zones(loaded.zones, {}, {}, {}).zones, {.nsid = "fuzz"});
  return 0;
}
