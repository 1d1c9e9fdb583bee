#include "io/dialer.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/sync.h"
#include "io/resolver.h"
#include "io/stream.h"

namespace evershore::io {

namespace {
bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }
}  // namespace

std::vector<std::string> interleave_families(std::vector<std::string> addresses, size_t max) {
  if (addresses.empty()) return addresses;
  const bool v6_first = is_v6(addresses.front());
  std::vector<std::string> same, other, mixed;
  for (auto& address : addresses) (is_v6(address) == v6_first ? same : other).push_back(std::move(address));
  for (size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) mixed.push_back(std::move(same[i]));
    if (i < other.size()) mixed.push_back(std::move(other[i]));
  }
  if (mixed.size() > max) mixed.resize(max);
  return mixed;
}

void DialUnderWay::close() {
  closed_ = true;
  for (Stream* stream : streams_) {
    if (stream != nullptr) stream->close();
  }
}

// A look-up under way.
struct Dialer::Question {
  Question(Loop& own_loop, Duration own_ttl) : loop(own_loop), ttl(own_ttl), began(own_loop.now()), changed(own_loop) {}
  Loop& loop;
  Duration ttl;
  Mono began;
  Signal changed;
  bool done = false;
  std::optional<Error> error;
};

struct Dialer::Name {
  std::vector<std::string> addresses;  // in the order to try them
  Mono asked = Mono::min();
  Mono due = Mono::min();
  std::shared_ptr<Question> question;  // null: nobody asks
};

struct Dialer::Names {
  std::map<std::string, Name> by_host;
};

Dialer::Dialer(Loop& loop, Options options) : loop_(loop), options_(std::move(options)), names_(std::make_shared<Names>()) {
  if (!options_.resolve) {
    options_.resolve = [&loop](std::string host, Mono deadline) { return loop.resolve_by(std::move(host), deadline); };
  }
}

Task<void> Dialer::ask(std::shared_ptr<Names> names, Resolve resolve, std::string host, std::shared_ptr<Question> question) {
  constexpr Duration kLookupBudget = Millis(5'000);
  auto found = co_await resolve(host, question->began + kLookupBudget);
  auto& name = names->by_host[host];
  name.question = nullptr;
  name.asked = question->loop.now();
  if (found && !found->empty()) {
    auto addresses = interleave_families(std::move(*found), kAddressesTriedMax);
    // The one that worked last goes first, if it is still one of them.
    const auto last = name.addresses.empty() ? addresses.end() : std::ranges::find(addresses, name.addresses.front());
    if (last != addresses.end()) std::rotate(addresses.begin(), last, last + 1);
    name.addresses = std::move(addresses);
    name.due = name.asked + question->ttl;
  } else {
    name.due = name.asked + std::min(kAskAgainAfter, question->ttl);
    question->error = found ? Error{Fault::kNotFound, host + ": no address"} : std::move(found).error();
  }
  question->done = true;
  question->changed.notify_all();
}

Task<Result<std::vector<std::string>>> Dialer::addresses_of(std::string host, Mono deadline) {
  if (is_ip_literal(host)) co_return std::vector<std::string>{host};
  auto& hosts = names_->by_host;
  if (!hosts.contains(host) && hosts.size() >= kNamesMax) hosts.erase(hosts.begin());
  auto& known = hosts[host];
  if (!known.addresses.empty() && loop_.now() < known.due) co_return known.addresses;
  auto question = known.question;
  if (!question) {
    question = std::make_shared<Question>(loop_, options_.resolve_ttl);
    known.question = question;
    spawn_detached(ask(names_, options_.resolve, host, question));
  }
  const bool has_old = !hosts[host].addresses.empty();
  const Mono patience = has_old ? std::min(deadline, question->began + kRefreshPatience) : deadline;
  while (!question->done && loop_.now() < patience) co_await question->changed.wait_until(patience);
  const auto& now_known = names_->by_host[host].addresses;
  if (!now_known.empty()) co_return now_known;
  if (question->error) co_return std::unexpected(*question->error);
  co_return fail(Fault::kTimedOut, host + ": the name look-up took too long");
}

void Dialer::prefer(const std::string& host, const std::string& address) {
  const auto name = names_->by_host.find(host);
  if (name == names_->by_host.end()) return;
  auto& addresses = name->second.addresses;
  const auto at = std::ranges::find(addresses, address);
  if (at != addresses.end()) std::rotate(addresses.begin(), at, at + 1);
}

// None of its addresses could be reached: perhaps it has others by now.
void Dialer::doubt(const std::string& host) {
  const auto name = names_->by_host.find(host);
  if (name == names_->by_host.end() || name->second.question) return;
  name->second.due = std::min(name->second.due, name->second.asked + kAskAgainAfter);
}

Result<std::shared_ptr<TlsClientContext>> Dialer::tls_for(const HttpOrigin& origin) {
  if (!origin.tls_files.empty()) return own_tls_.find(origin.tls_files, loop_.now());
  if (!options_.tls) return fail(Fault::kInvalid, "https needs a TLS context");
  return options_.tls;
}

struct Dialer::Race {
  explicit Race(Loop& loop, std::vector<Stream*>& slots) : changed(loop), streams(slots) {}
  Signal changed;
  std::vector<Stream*>& streams;  // one for each address; never resized while the race runs
  std::unique_ptr<Stream> winner;
  size_t winner_index = 0;
  size_t running = 0;
  std::optional<Error> error;  // the first one
};

Task<void> Dialer::attempt(Race& race, Loop& loop, Endpoint endpoint, Mono deadline, size_t index) {
  ++race.running;
  auto connected = co_await connect_tcp(loop, std::move(endpoint), deadline, race.streams[index]);
  --race.running;
  if (!connected) {
    if (!race.error) race.error = std::move(connected).error();
  } else if (!race.winner) {
    race.winner = std::move(*connected);
    race.winner_index = index;
  }
  race.changed.notify_all();
}

Task<Result<std::unique_ptr<Stream>>> Dialer::connect_first(HttpOrigin origin, std::vector<std::string> addresses, Mono deadline,
                                                            DialUnderWay& under_way) {
  under_way.streams_.assign(addresses.size(), nullptr);
  Race race(loop_, under_way.streams_);
  TaskScope scope;
  for (size_t i = 0; i < addresses.size() && !race.winner && !under_way.closed_ && loop_.now() < deadline; ++i) {
    Endpoint endpoint{addresses[i], origin.port};
    scope.spawn(attempt(race, loop_, std::move(endpoint), deadline, i));
    const bool last = i + 1 == addresses.size();
    // A refusal moves on at once, silence after a while; attempts already under way go on beside.
    const Mono next = last ? deadline : std::min(deadline, loop_.now() + std::min(kNextAddressAfter, (deadline - loop_.now()) / 3));
    while (!race.winner && race.running > 0 && loop_.now() < next) co_await race.changed.wait_until(next);
  }
  while (!race.winner && race.running > 0) co_await race.changed.wait();  // each ends by the deadline
  for (Stream* stream : under_way.streams_) {
    if (stream != nullptr) stream->close();
  }
  co_await scope.join();
  under_way.streams_.clear();
  if (under_way.closed_) co_return fail(Fault::kClosed, "given up");
  if (!race.winner && !race.error) co_return fail(Fault::kTimedOut, "no time left to connect");
  if (!race.winner) co_return std::unexpected(std::move(*race.error));
  prefer(origin.host, addresses[race.winner_index]);
  co_return std::move(race.winner);
}

Task<Result<std::unique_ptr<Stream>>> Dialer::dial(HttpOrigin origin, Mono deadline, DialUnderWay& under_way) {
  std::shared_ptr<TlsClientContext> tls;
  if (origin.tls) {
    CO_TRY(tls, tls_for(origin));
  }
  const Mono named_since = is_ip_literal(origin.host) ? kNever : loop_.now();
  CO_TRY(auto addresses, co_await addresses_of(origin.host, deadline));
  if (under_way.closed_) co_return fail(Fault::kClosed, "given up");
  auto stream = co_await connect_first(origin, std::move(addresses), deadline, under_way);
  if (!stream) {
    doubt(origin.host);
    co_return stream;
  }
  if (tls) {
    under_way.streams_.assign(1, stream->get());  // it stays valid inside tls_connect while that waits
    stream = co_await tls_connect(std::move(tls), std::move(*stream), origin.host, deadline);
    under_way.streams_.clear();
  }
  if (stream) (*stream)->named_since = named_since;
  co_return stream;
}

}  // namespace evershore::io
