// Time per answer, from the query's bytes to the answer's, and per compilation. A query costs about 2.4 us of CPU in
// system calls; its own work may add 5 % to that, 120 ns.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/sign.h"
#include "wire/dns/client.h"

namespace {

using namespace evershore;
using dnswire::kTypeA;

enum class Zone { kPlain, kSigned };

dns::LoadedZones example(int names, Zone zone) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com", "ns2.example.com"}, .dnssec = zone == Zone::kSigned}};
  const auto simple = [&](std::string name, std::string type, std::vector<std::string> values) {
    settings.records.push_back({.name = std::move(name), .type = std::move(type), .values = std::move(values)});
  };
  simple("www.example.com", "A", {"192.0.2.1"});
  simple("alias.example.com", "CNAME", {"www.example.com"});
  simple("*.wild.example.com", "MX", {"10 mail.wild.example.com"});
  settings.records.push_back(
      {.name = "assets.example.com",
       .type = "CNAME",
       .policy = RecordPolicy::kFailover,
       .answers = {{.role = "primary", .value = "p.example.net", .health_check = "p"}, {.role = "secondary", .value = "s.example.net"}}});
  settings.records.push_back({.name = "weighted.example.com",
                              .type = "A",
                              .policy = RecordPolicy::kWeighted,
                              .answers = {{.value = "192.0.2.1", .weight = 1}, {.value = "192.0.2.2", .weight = 3}}});
  for (int i = 0; i < 1'000; ++i) settings.networks["near"].push_back(fmt::format("192.{}.{}.0/24", i / 250, i % 250));
  settings.records.push_back({.name = "geo.example.com",
                              .type = "A",
                              .policy = RecordPolicy::kGeo,
                              .answers = {{.value = "192.0.2.1", .networks = {"near"}}, {.value = "192.0.2.2", .for_others = true}}});
  for (int i = 0; i < names; ++i) simple(fmt::format("host{}.example.com", i), "A", {fmt::format("10.0.{}.{}", i / 256 % 256, i % 256)});
  return dns::load_zones(settings, {});
}

// The private key of RFC 6605 6.1.
constexpr std::string_view kKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGU6SnQ/Ou+xC5Rum\n"
    "uIUIuJZteXT2z0O/ok1s38Et6mShRANCAAQaiMiGFdQ3+7i/nhlCoZKfKFYnBq5s\n"
    "K9OZ57G/ttHp51uStKpCkXrhxhtwHvA1w/574wCcuv5aL3ExbJAtzw0A\n"
    "-----END PRIVATE KEY-----\n";
constexpr Wall kNow{std::chrono::hours(24 * 20'000)};

dns::ZoneSigner example_signer() {
  dns::ZoneKey key{.facts = {.role = dns::KeyRole::kCsk, .made = kNow}, .key = *dns::SigningKey::from_pem(kKey)};
  key.facts.tag = dns::key_tag(dns::dnskey_rdata(key.facts.role, key.key.public_key()));
  return {*dnswire::Name::parse("example.com"), {std::move(key)}};
}

std::shared_ptr<const dns::CompiledSnapshot> signed_snapshot(std::vector<dns::PlainZone> zones, dns::ZoneSigner& signer) {
  signer.begin(kNow);
  signer.complete(zones[0]);
  auto snapshot = dns::compile(zones, {.nsid = "node-1", .signers = {&signer}});
  signer.end();
  return snapshot;
}

enum class Client { kOld, kEdns, kDo };

void answers(benchmark::State& state, const char* name, uint16_t type, Client client) {
  const auto loaded = example(10'000, client == Client::kDo ? Zone::kSigned : Zone::kPlain);
  const dns::Places places{.networks = loaded.networks};
  auto zones = dns::plain_zones(loaded.zones, {}, {}, {}, places).zones;
  auto signer = example_signer();
  const auto snapshot =
      client == Client::kDo ? signed_snapshot(std::move(zones), signer) : dns::compile(zones, {.nsid = "node-1", .places = places});
  dnswire::QueryOptions options;
  if (client != Client::kOld) options.edns_payload_bytes = 1232;
  options.dnssec_ok = client == Client::kDo;
  const auto query = dnswire::build_query(*dnswire::Name::parse(name), type, 1, options);
  std::array<uint8_t, dns::kUdpAnswerBytesMax> out;
  dns::AnswerCounters counters;
  constexpr std::array<uint8_t, 4> kClient{192, 0, 2, 1};
  uint64_t asked = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(dns::answer(query, *snapshot, {.address = kClient, .entropy = ++asked}, out, counters));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(answers, one_address, "www.example.com", kTypeA, Client::kOld);
BENCHMARK_CAPTURE(answers, one_address_edns, "www.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, failover_edns, "assets.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, weighted_edns, "weighted.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, geo_edns, "geo.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, chain_edns, "alias.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, wildcard_edns, "some.name.wild.example.com", dnswire::kTypeMx, Client::kEdns);
BENCHMARK_CAPTURE(answers, no_such_name_edns, "missing.example.com", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, refused, "example.net", kTypeA, Client::kEdns);
BENCHMARK_CAPTURE(answers, one_address_signed, "www.example.com", kTypeA, Client::kDo);
BENCHMARK_CAPTURE(answers, chain_signed, "alias.example.com", kTypeA, Client::kDo);
BENCHMARK_CAPTURE(answers, wildcard_signed, "some.name.wild.example.com", dnswire::kTypeMx, Client::kDo);
BENCHMARK_CAPTURE(answers, no_such_name_signed, "missing.example.com", kTypeA, Client::kDo);

// From a master file's text to answers.
void loading(benchmark::State& state) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .file = "zone", .nameservers = {"ns1.example.com"}}};
  std::string text;
  for (int i = 0; i < state.range(0); ++i) {
    text += fmt::format("host{} 300 IN A 10.{}.{}.{}\n", i, i >> 16 & 255, i >> 8 & 255, i & 255);
  }
  const dns::MasterFiles files{{"zone", text}};
  for (auto _ : state) {
    auto loaded = dns::load_zones(settings, files);
    const auto plain = dns::plain_zones(loaded.zones, {}, {}, {});
    benchmark::DoNotOptimize(dns::compile(plain.zones, {.nsid = "node-1"}));
  }
}

// What a change of health costs until it can be published: the answers of so many records change, beside as many names that do not.
void health_change(benchmark::State& state, RecordPolicy policy, const char* type, const char* first, const char* second) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}};
  for (int i = 0; i < state.range(0); ++i) {
    settings.records.push_back({.name = fmt::format("host{}.example.com", i), .type = "A", .values = {"192.0.2.1"}});
    settings.records.push_back(
        {.name = fmt::format("site{}.example.com", i),
         .type = type,
         .policy = policy,
         .answers = {{.id = "p", .value = first, .health_check = "p"}, {.id = "s", .value = second, .health_check = "s"}}});
  }
  dns::LiveZones live(dns::load_zones(settings, {}).zones);
  HealthSnapshot health{.epoch = 1, .checks = {{.name = "p", .health = Health::kUp}, {.name = "s", .health = Health::kUp}}};
  live.update(health, {}, {}, {});
  dns::NameTree tree({&live.zones()[0]});
  dns::ZoneCompiler compiler(tree);
  for (auto _ : state) {
    health.checks[0].health = health.checks[0].health == Health::kUp ? Health::kDown : Health::kUp;
    live.update(health, {}, {}, {});
    benchmark::DoNotOptimize(compiler.compile({.nsid = "node-1"}));
  }
}

// A signed zone in which one name changes, and how long the first signing takes.
void signed_compilation(benchmark::State& state) {
  auto loaded = example(static_cast<int>(state.range(0)), Zone::kSigned);
  auto signer = example_signer();
  auto zones = dns::plain_zones(loaded.zones, {}, {}, {}).zones;
  signed_snapshot(zones, signer);
  auto& address = zones[0].contents[*dnswire::Name::parse("www.example.com")][kTypeA].rdata[0];
  for (auto _ : state) {
    address[3] = static_cast<char>(address[3] + 1);
    benchmark::DoNotOptimize(signed_snapshot(zones, signer));
  }
}
void first_signing(benchmark::State& state) {
  const auto loaded = example(static_cast<int>(state.range(0)), Zone::kSigned);
  const auto zones = dns::plain_zones(loaded.zones, {}, {}, {}).zones;
  for (auto _ : state) {
    auto signer = example_signer();
    benchmark::DoNotOptimize(signed_snapshot(zones, signer));
  }
}
BENCHMARK(signed_compilation)->Arg(10)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(first_signing)->Arg(1'000)->Unit(benchmark::kMillisecond);
BENCHMARK(loading)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(health_change, addresses, RecordPolicy::kFailover, "A", "192.0.2.1", "192.0.2.2")
    ->Arg(10)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(health_change, names, RecordPolicy::kFailover, "CNAME", "p.example.net", "s.example.net")
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
