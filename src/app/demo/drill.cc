#include "app/demo/drill.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/demo/bucket.h"
#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::app::demo {

using namespace std::chrono_literals;

namespace {

constexpr double kRequestsPerSecond = 20;
constexpr size_t kKeysMax = 50;
constexpr uint64_t kObjectBytesMax = 1 << 20;
constexpr Duration kBefore = 1s;  // load before the fault
constexpr Duration kBackMax = 60s;
constexpr Duration kPoll = 50ms;
constexpr size_t kNotesMax = 10;

// An address to connect to for one that is listened on.
Result<io::Endpoint> reachable(const std::string& listen) {
  TRY(auto endpoint, io::parse_endpoint(listen));
  if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
  if (endpoint.address == "::") endpoint.address = "::1";
  return endpoint;
}

io::HttpOrigin origin_of(const io::Endpoint& endpoint) { return {.tls = false, .host = endpoint.address, .port = endpoint.port}; }

// A name that the site answers to: "*.example.com" and "*" stand for any.
std::string host_of(const SiteSettings& site) {
  const std::string& host = site.hosts.front();
  return host == "*" ? "drill.invalid" : host.starts_with("*.") ? "drill" + host.substr(1) : host;
}

}  // namespace

Drill::Drill(io::Loop& loop, Interrupt& interrupt, DrillInput input)
    : loop_(loop), interrupt_(interrupt), input_(std::move(input)), http_(loop, {}) {
  report_.region = input_.region;
  report_.fault = input_.fault;
}

Result<void> Drill::choose_site() {
  if (!input_.settings.regions.contains(input_.region)) {
    std::string names;
    for (const auto& [name, region] : input_.settings.regions) names += (names.empty() ? "" : ", ") + name;
    return fail(Fault::kNotFound, fmt::format("there is no region \"{}\"; there are: {}", input_.region, names));
  }
  for (const auto& [name, site] : input_.settings.sites) {
    if (std::find(site.regions.begin(), site.regions.end(), input_.region) != site.regions.end()) site_ = &site;
  }
  if (site_ == nullptr) return fail(Fault::kInvalid, fmt::format("no site uses region {}, so no client could notice", input_.region));
  host_ = host_of(*site_);
  report_.site = site_->name;
  return {};
}

Task<Result<void>> Drill::meet_node() {
  CO_TRY(const auto admin, reachable(input_.settings.admin.listen));
  node_ = std::make_unique<NodeClient>(http_, origin_of(admin), input_.settings.admin.token.reveal());
  CO_TRY(before_, co_await node_->status());
  if (before_.edge_listen.empty()) co_return fail(Fault::kInvalid, "the node has no [edge] listen address, so there is nothing to ask");
  CO_TRY(const auto edge, reachable(before_.edge_listen.front()));
  edge_ = origin_of(edge);
  const auto& records = input_.settings.dns.records;
  const bool named = std::any_of(records.begin(), records.end(), [&](const RecordSettings& record) { return record.name == host_; });
  if (named && !before_.dns_listen.empty()) {
    CO_TRY(dns_, reachable(before_.dns_listen.front()));
  }
  co_return Result<void>();
}

// From the first region that can be listed; the one that will be broken last.
Task<Result<std::vector<std::string>>> Drill::known_keys() {
  auto names = site_->regions;
  std::erase(names, input_.region);
  names.push_back(input_.region);
  Result<std::vector<std::string>> found = fail(Fault::kNotFound, "no region can be listed");
  for (const auto& name : names) {
    Bucket bucket(loop_, http_, input_.settings.regions.at(name));
    found = co_await bucket.keys(site_->prefix, kKeysMax, kObjectBytesMax);
    if (found && !found->empty()) break;
  }
  co_return found;
}

Task<Result<std::optional<Target>>> Drill::learn(std::string key) {
  key.erase(0, site_->prefix.size());
  io::HttpRequest request{.target = "/" + http::percent_encode(key, http::Slash::kKeep)};
  request.headers.add("Host", host_);
  const auto path = request.target;
  const io::HttpTimeouts timeouts{.connect = 2s, .first_byte = 10s, .stall = 10s};
  const auto answer = co_await http_.fetch(edge_, std::move(request), timeouts, 2 * kObjectBytesMax);
  if (!answer) co_return wrap(answer.error(), "asking the edge");
  if (answer->head.status != 200) co_return std::optional<Target>();
  co_return Target{path, answer->body.size(), sha256(answer->body), std::string(answer->head.headers.get("ETag"))};
}

Task<Result<void>> Drill::learn_targets() {
  CO_TRY(const auto keys, co_await known_keys());
  for (const auto& key : keys) {
    CO_TRY(auto target, co_await learn(key));
    if (target) targets_.push_back(std::move(*target));
  }
  if (targets_.empty()) {
    co_return fail(Fault::kNotFound, fmt::format("site {} has no object of at most {} that its edge serves; put one there and try again",
                                                 site_->name, format_size(kObjectBytesMax)));
  }
  report_.keys = targets_.size();
  co_return Result<void>();
}

Result<void> Drill::begin_clients() {
  ClientsOptions options{.load = {.edge = edge_, .host = host_, .targets = targets_, .requests_per_second = kRequestsPerSecond},
                         .dns = dns_,
                         .dns_name = host_};
  TRY(clients_, Clients::start(loop_, std::move(options)));
  return {};
}

Task<Result<DrillReport>> Drill::run() {
  CO_TRY_VOID(choose_site());
  CO_TRY_VOID(co_await meet_node());
  CO_TRY_VOID(co_await learn_targets());
  CO_TRY_VOID(begin_clients());
  const Mono begun = loop_.now();
  report_.begun = loop_.wall();
  fmt::print("Clients ask for {} objects of site {} at {:.0f} GET/s. Region {}: fault \"{}\" for {}.\n", report_.keys, report_.site,
             kRequestsPerSecond, report_.region, report_.fault, format_duration(input_.fault_for));
  std::fflush(stdout);
  Mono struck{}, ended{};
  auto done = co_await interrupt_.pause(kBefore);
  if (done) done = co_await with_fault(struck, ended);
  if (!done && done.error().fault != Fault::kClosed) co_return std::unexpected(std::move(done).error());
  if (done) done = co_await wait_back(ended);
  report_.ended_early = report_.ended_early || !done;
  co_await sum_up({begun, loop_.now()}, struck);
  co_await hand_in();
  co_return std::move(report_);
}

// The node keeps it for comparison. A drill that nobody keeps was still one.
Task<void> Drill::hand_in() {
  const auto kept = co_await node_->post("/api/v1/drills", drill_json(report_));
  if (!kept) report_.notes.push_back("the node does not keep this report: " + kept.error().text);
}

// However it goes on, the fault is ended; should even that fail, the node ends it by itself.
Task<Result<void>> Drill::with_fault(Mono& struck, Mono& ended) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(input_.fault_for + 1s).count();
  CO_TRY_VOID(co_await node_->set_fault(input_.region, input_.fault, static_cast<uint64_t>(seconds)));
  struck = std::chrono::steady_clock::now();
  auto seen = co_await observe_fault(struck);
  const auto mended = co_await node_->end_fault(input_.region);
  ended = std::chrono::steady_clock::now();
  report_.fault_lasted = ended - struck;
  if (seen && !mended) co_return std::unexpected(mended.error());
  co_return seen;
}

Task<Result<void>> Drill::observe_fault(Mono struck) {
  while (loop_.now() - struck < input_.fault_for) {
    CO_TRY(const auto view, co_await node_->status());
    const Duration since = std::chrono::steady_clock::now() - struck;
    const auto* region = view.find(input_.region);
    if (!report_.seen_down && region != nullptr && region->health == "down") report_.seen_down = since;
    if (!report_.order_changed && view.order != before_.order) report_.order_changed = since;
    if (clients_->bad() > input_.failures_max) {
      report_.ended_early = true;
      co_return Result<void>();
    }
    CO_TRY_VOID(co_await interrupt_.pause(kPoll));
  }
  co_return Result<void>();
}

Task<Result<void>> Drill::wait_back(Mono ended) {
  while (loop_.now() - ended < kBackMax) {
    CO_TRY(const auto view, co_await node_->status());
    if (view.order == before_.order) {
      report_.back = std::chrono::steady_clock::now() - ended;
      co_return co_await interrupt_.pause(kBefore);
    }
    CO_TRY_VOID(co_await interrupt_.pause(kPoll));
  }
  co_return Result<void>();
}

Task<void> Drill::sum_up(Span span, Mono struck) {
  const auto view = co_await node_->status();
  const Observed seen = co_await clients_->observed();
  clients_.reset();
  report_.requests = summarise(seen.samples, span);
  report_.slices = slices(seen.samples, span, struck == Mono{} ? span.begin : struck);
  if (view) report_.takeovers = view->takeovers - std::min(view->takeovers, before_.takeovers);
  if (struck != Mono{}) report_.dns_changed = time_to_change(seen.dns, struck);
  for (const auto& note : seen.notes) {
    if (report_.notes.size() < kNotesMax) report_.notes.push_back(note.text);
  }
}

}  // namespace evershore::app::demo
