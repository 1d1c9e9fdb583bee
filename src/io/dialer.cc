#include "io/dialer.h"

#include <algorithm>

#include "base/sync.h"
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

Task<Result<std::vector<std::string>>> Dialer::addresses_of(std::string host, Mono deadline) {
  const auto known = names_.find(host);
  if (known != names_.end() && loop_.now() - known->second.at < resolve_ttl_) co_return known->second.addresses;
  auto found = co_await loop_.resolve_by(host, deadline);
  const auto old = names_.find(host);  // it may have changed while we waited
  if (!found || found->empty()) {
    if (old != names_.end()) co_return old->second.addresses;
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return fail(Fault::kNotFound, host + ": no address");
  }
  if (old == names_.end() && names_.size() >= kNamesMax) names_.erase(names_.begin());
  auto addresses = interleave_families(std::move(*found), kAddressesTriedMax);
  // The address that answered last stays first while the name still has it.
  if (old != names_.end() && !old->second.addresses.empty()) {
    const auto last = std::ranges::find(addresses, old->second.addresses.front());
    if (last != addresses.end()) std::rotate(addresses.begin(), last, last + 1);
  }
  names_[host] = {addresses, loop_.now()};
  co_return addresses;
}

void Dialer::prefer(const std::string& host, const std::string& address) {
  const auto name = names_.find(host);
  if (name == names_.end()) return;
  auto& addresses = name->second.addresses;
  const auto at = std::ranges::find(addresses, address);
  if (at != addresses.end()) std::rotate(addresses.begin(), at, at + 1);
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
  if (origin.tls && !tls_) co_return fail(Fault::kInvalid, "https needs a TLS context");
  CO_TRY(auto addresses, co_await addresses_of(origin.host, deadline));
  if (under_way.closed_) co_return fail(Fault::kClosed, "given up");
  auto tcp = co_await connect_first(origin, std::move(addresses), deadline, under_way);
  if (!tcp || !origin.tls) co_return tcp;
  under_way.streams_.assign(1, tcp->get());  // it stays valid inside tls_connect while that waits
  auto stream = co_await tls_connect(tls_, std::move(*tcp), origin.host, deadline);
  under_way.streams_.clear();
  co_return stream;
}

}  // namespace evershore::io
