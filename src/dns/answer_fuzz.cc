// Any packet against a zone with every kind of node: what comes back is a message that parses, of the allowed size.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/read_ahead.h"
#include "wire/dns/client.h"

namespace {

using namespace evershore;

std::shared_ptr<const dns::CompiledSnapshot> example() {
  DnsSettings settings;
  settings.zones = {{.name = "a", .file = "f", .nameservers = {"ns.a"}}, {.name = "c.a", .nameservers = {"ns.c.a"}}};
  const dns::MasterFiles files{
      {"f",
       "w A 192.0.2.1\n*.w MX 10 m.w\nm.w AAAA ::1\nl CNAME *.w\nd NS n.d\nn.d A 192.0.2.2\nc NS n.d\nc DS 1 13 2 00\n"
       "*.e CNAME x.d\nf CNAME x.w\n"}};
  const auto loaded = dns::load_zones(settings, files);
  return dns::compile(dns::plain_zones(loaded.zones, {}, {}, {}).zones, {.nsid = "fuzz"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto snapshot = example();
  static dns::AnswerCounters counters;
  const std::span<const uint8_t> query(data, size);
  dns::read_ahead(std::span(&query, 1), *snapshot);
  for (const auto transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
    std::vector<uint8_t> out(transport == dns::Transport::kUdp ? dns::kUdpAnswerBytesMax : 65'535);
    const size_t bytes = dns::answer({data, size}, *snapshot, {.transport = transport}, out, counters);
    if (bytes == 0) continue;
    EVERSHORE_ASSERT(dnswire::parse_response({out.data(), bytes}).has_value());
  }
  return 0;
}
