#include "dns/run/outside_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/sync.h"
#include "io/files.h"
#include "io/udp_asker.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

// Each resolver is asked in turn, then all of them once more with more patience.
constexpr std::array<Duration, 2> kPatience{std::chrono::milliseconds(1'000), std::chrono::milliseconds(2'000)};
constexpr size_t kUdpBytesMax = 4'096;
constexpr size_t kTcpBytesMax = 16'384;  // 32 addresses and 16 CNAMEs need less
constexpr size_t kStraysMax = 32;        // datagrams that do not answer, in one wait

Heard failed(const io::Endpoint& resolver, std::string_view why) {
  return {.kind = Heard::Kind::kFailed, .why = fmt::format("resolver {}: {}", io::format_endpoint(resolver), why)};
}

uint16_t random_id() { return static_cast<uint16_t>(io::random_u64()); }

Task<Result<size_t>> read_exactly(io::Stream& stream, std::span<uint8_t> into) {
  size_t have = 0;
  while (have < into.size()) {
    auto got = co_await stream.read_some(into.subspan(have));
    if (!got) co_return std::unexpected(std::move(got).error());
    if (*got == 0) co_return fail(Fault::kBroken, "closed the connection");
    have += *got;
  }
  co_return have;
}

// RFC 1035 4.2.2: a length in two bytes before each message.
Task<Result<std::vector<uint8_t>>> exchange(io::Stream& stream, std::vector<uint8_t> query) {
  std::array<uint8_t, 2> length;
  dnswire::store16(length.data(), query.size());
  query.insert(query.begin(), length.begin(), length.end());
  const std::span<const uint8_t> bytes(query);
  auto written = co_await stream.write_all(bytes);
  CO_TRY_VOID(written);
  auto head = co_await read_exactly(stream, length);
  CO_TRY_VOID(head);
  std::vector<uint8_t> message(dnswire::load16(length.data()));
  if (message.size() > kTcpBytesMax) co_return fail(Fault::kInvalid, fmt::format("answers with {} bytes", message.size()));
  auto whole = co_await read_exactly(stream, message);
  CO_TRY_VOID(whole);
  co_return message;
}

}  // namespace

OutsideResolver::~OutsideResolver() = default;

void OutsideResolver::configure(std::vector<io::Endpoint> resolvers) {
  const auto same = [](const io::Endpoint& a, const io::Endpoint& b) { return a.address == b.address && a.port == b.port; };
  if (!std::ranges::equal(resolvers_, resolvers, same)) book_.hurry(loop_.now());
  resolvers_ = std::move(resolvers);
  preferred_ = 0;
  go_on();
}

void OutsideResolver::add(const std::set<Name>& names) {
  book_.add(names, loop_.now());
  go_on();
}

void OutsideResolver::retain(const std::set<Name>& names) {
  book_.retain(names);
  add(names);
}

// Starts what is due, and sets the clock for what comes next.
void OutsideResolver::go_on() {
  loop_.cancel(std::exchange(timer_, TimerId::kNone));
  if (stopping_ || resolvers_.empty()) return;
  const size_t room = kInFlightMax - std::min(kInFlightMax, tasks_.size());
  for (auto& question : book_.take_due(loop_.now(), room)) tasks_.spawn(look_up(std::move(question)));
  const Mono next = book_.next_due();
  if (next != kNever && tasks_.size() < kInFlightMax) timer_ = loop_.call_at(next, [this] { go_on(); });
}

Task<void> OutsideResolver::look_up(LookupQuestion question) {
  // In a turn of its own: whoever asked for it has finished what it is doing.
  co_await io::yield(loop_);
  const auto resolvers = resolvers_;
  const size_t first = preferred_;
  Heard heard{.why = "there is no resolver"};
  for (size_t i = 0; i < resolvers.size() * kPatience.size() && !stopping_; ++i) {
    const size_t which = (first + i) % resolvers.size();
    heard = co_await ask(resolvers[which], question, kPatience[i / resolvers.size()]);
    if (heard.kind == Heard::Kind::kFailed) continue;
    preferred_ = which;
    break;
  }
  if (stopping_) co_return;
  take(question, heard);
  loop_.post([this] { go_on(); });
}

Task<Heard> OutsideResolver::ask(io::Endpoint resolver, LookupQuestion question, Duration patience) {
  Wait wait;
  waits_.insert(&wait);
  const Mono deadline = loop_.now() + patience;
  auto heard = co_await ask_udp(resolver, question, deadline, wait);
  if (heard.kind == Heard::Kind::kTruncated) heard = co_await ask_tcp(resolver, question, deadline, wait);
  waits_.erase(&wait);
  co_return heard;
}

// A fresh socket for each question: the system gives it a random port, which a forger must guess beside the ID (RFC 5452 9.2); it hears
// its resolver only.
Task<Heard> OutsideResolver::ask_udp(io::Endpoint resolver, LookupQuestion question, Mono deadline, Wait& wait) {
  auto asker = io::UdpAsker::open(loop_, resolver);
  if (!asker) co_return failed(resolver, asker.error().text);
  auto& watch = (*asker)->watch();
  const uint16_t id = random_id();
  watch.set_deadline(deadline);
  wait.watch = &watch;
  (*asker)->send(build_lookup(question, id));
  counters_.asked.add();
  auto heard = failed(resolver, "too many datagrams that answer something else");
  std::array<uint8_t, kUdpBytesMax> buffer;
  for (size_t strays = 0; strays < kStraysMax; ++strays) {
    const io::WaitEnd end = co_await watch.wait(io::Ready::kReadable);
    if (end != io::WaitEnd::kReady) {
      heard = failed(resolver, "no answer in time");
      break;
    }
    const size_t bytes = (*asker)->receive(buffer);
    if (bytes == 0 && (*asker)->refused()) {
      heard = failed(resolver, "nobody answers there");
      break;
    }
    auto said = hear(std::span(buffer).first(bytes), question, id);
    if (said.kind == Heard::Kind::kForeign) continue;
    heard = said.kind == Heard::Kind::kFailed ? failed(resolver, said.why) : std::move(said);
    break;
  }
  wait.watch = nullptr;
  co_return heard;
}

Task<Heard> OutsideResolver::ask_tcp(io::Endpoint resolver, LookupQuestion question, Mono deadline, Wait& wait) {
  auto stream = co_await io::connect_tcp(loop_, resolver, deadline, wait.stream);
  if (!stream || stopping_) co_return failed(resolver, stream ? "stopped" : stream.error().text);
  (*stream)->set_deadline(deadline);
  wait.stream = stream->get();
  const uint16_t id = random_id();
  counters_.asked.add();
  auto message = co_await exchange(**stream, build_lookup(question, id));
  wait.stream = nullptr;
  if (!message) co_return failed(resolver, "over TCP: " + message.error().text);
  auto heard = hear(*message, question, id);
  if (heard.kind == Heard::Kind::kFailed) co_return failed(resolver, heard.why);
  const bool useful = heard.kind == Heard::Kind::kAddresses || heard.kind == Heard::Kind::kNothing;
  co_return useful ? std::move(heard) : failed(resolver, "answers something else over TCP");
}

void OutsideResolver::take(const LookupQuestion& question, const Heard& heard) {
  switch (heard.kind) {
    case Heard::Kind::kAddresses: counters_.answered.add(); break;
    case Heard::Kind::kNothing: counters_.nothing.add(); break;
    default: counters_.failed.add();
  }
  const auto step = book_.take(question, heard, loop_.now());
  if (step.change == OutsideBook::Change::kAddresses) {
    log_.info("{} {}: {} addresses", question.name.text(), dnswire::type_name(question.type), heard.rdata.size());
    if (hooks_.on_addresses) hooks_.on_addresses();
  }
  if (step.trouble != OutsideBook::Trouble::kNone && hooks_.on_trouble) hooks_.on_trouble(question.name, step.trouble, heard.why);
}

Task<void> OutsideResolver::first_outcomes(Mono deadline) {
  constexpr Duration kPause = std::chrono::milliseconds(5);
  while (waiting_for_first() && !stopping_ && loop_.now() < deadline) co_await sleep_for(loop_, kPause);
}

Task<void> OutsideResolver::stop() {
  stopping_ = true;
  loop_.cancel(std::exchange(timer_, TimerId::kNone));
  for (auto* wait : waits_) {
    if (wait->watch != nullptr) wait->watch->close();
    if (wait->stream != nullptr) wait->stream->close();
  }
  co_await tasks_.join();
}

}  // namespace evershore::dns
