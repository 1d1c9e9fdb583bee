#include "io/resolver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>
#include <thread>

namespace evershore::io {
namespace {

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* bytes = address->sa_family == AF_INET6 ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
                                                     : &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  return inet_ntop(address->sa_family, bytes, text, sizeof text) == nullptr ? std::string() : std::string(text);
}

Addresses look_up(const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else every address comes three times
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code == EAI_NONAME || code == EAI_NODATA) return fail(Fault::kNotFound, fmt::format("{}: no such host", host));
  if (code != 0) return fail(Fault::kBroken, fmt::format("{}: name look-up failed: {}", host, gai_strerror(code)));
  std::vector<std::string> addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    std::string text = address_text(at->ai_addr);
    if (!text.empty() && std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
  }
  freeaddrinfo(list);
  if (addresses.empty()) return fail(Fault::kNotFound, fmt::format("{}: has no address", host));
  return addresses;
}

// One look-up. Shared by the waiting coroutine and the thread; all members belong to the loop's thread.
struct Lookup {
  std::string host;
  std::optional<Addresses> result;
  std::coroutine_handle<> waiter;  // empty once resumed

  void finish(Addresses outcome) {
    if (!waiter) return;  // the deadline was first
    result = std::move(outcome);
    std::exchange(waiter, {}).resume();
  }
};

void run_lookup(std::string host, LoopHandle home, std::shared_ptr<Lookup> lookup, std::shared_ptr<size_t> in_flight) {
  Addresses outcome = look_up(host);
  home.post([lookup = std::move(lookup), in_flight = std::move(in_flight), outcome = std::move(outcome)]() mutable {
    --*in_flight;
    lookup->finish(std::move(outcome));
  });
}

struct LookupDone {
  Loop& loop;
  std::shared_ptr<Lookup> lookup;
  Mono deadline;
  TimerId timer = TimerId::kNone;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    lookup->waiter = waiter;
    if (deadline == kNever) return;
    timer = loop.call_at(deadline, [lookup = lookup] {
      lookup->finish(fail(Fault::kTimedOut, fmt::format("{}: the name look-up took too long", lookup->host)));
    });
  }
  Addresses await_resume() {
    loop.cancel(timer);
    return std::move(*lookup->result);
  }
};

}  // namespace

bool is_ip_literal(const std::string& host) {
  in6_addr scratch;
  return inet_pton(AF_INET, host.c_str(), &scratch) == 1 || inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

Task<Addresses> Resolver::resolve(std::string host, Mono deadline) {
  if (is_ip_literal(host)) co_return std::vector<std::string>{std::move(host)};
  if (*in_flight_ >= kLookupsMax)
    co_return fail(Fault::kBusy, fmt::format("{}: {} name look-ups are under way already", host, kLookupsMax));
  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  try {
    std::thread(run_lookup, host, loop_.handle(), lookup, in_flight_).detach();
  } catch (const std::system_error& error) {
    co_return fail(Fault::kBusy, fmt::format("{}: no thread for the name look-up: {}", host, error.what()));
  }
  ++*in_flight_;
  auto done = LookupDone{loop_, std::move(lookup), deadline};
  Addresses addresses = co_await done;
  co_return addresses;
}

}  // namespace evershore::io
