#include "dns/run/notifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "io/files.h"

namespace evershore::dns {

namespace {
constexpr size_t kAnswersPerTurn = 64;
constexpr size_t kAnswerBytesMax = 1'232;
}  // namespace

Notifier::~Notifier() = default;

void Notifier::configure(const DnsSettings& settings, const TransferRules& rules) {
  keys_.clear();
  for (const auto& key : rules.keys) {
    if (!rules.key_names.empty() && key.name == rules.key_names.front()) keys_.push_back(key);
  }
  std::vector<std::shared_ptr<Secondary>> next;
  for (const auto& address : settings.transfer.notify) {
    const auto known = std::ranges::find(secondaries_, address, [](const auto& secondary) { return secondary->address; });
    if (known != secondaries_.end()) {
      next.push_back(*known);
      continue;
    }
    const auto endpoint = io::parse_endpoint(address);
    auto asker = endpoint ? io::UdpAsker::open(loop_, *endpoint) : std::unexpected(endpoint.error());
    if (!asker) {
      log_.error("secondary {} cannot be notified: {}", address, asker.error().text);
      continue;
    }
    next.push_back(std::make_shared<Secondary>(Secondary{.address = address, .asker = std::move(*asker), .queue = {}}));
    tasks_.spawn(serve(next.back()));
  }
  for (const auto& secondary : secondaries_) {
    if (std::ranges::find(next, secondary) == next.end()) secondary->asker->watch().close();
  }
  secondaries_ = std::move(next);
  published(zones_);
}

void Notifier::published(std::shared_ptr<const TransferSnapshot> zones) {
  zones_ = std::move(zones);
  for (const auto& secondary : secondaries_) {
    secondary->queue.take(zones_->zones, loop_.now());
    send_due(*secondary);
  }
}

Task<void> Notifier::stop() {
  for (const auto& secondary : secondaries_) secondary->asker->watch().close();
  secondaries_.clear();
  co_await tasks_.join();
}

Task<void> Notifier::serve(std::shared_ptr<Secondary> secondary) {
  auto& watch = secondary->asker->watch();
  while (!watch.closed()) {
    const io::WaitEnd end = co_await watch.wait(io::Ready::kReadable);
    if (end == io::WaitEnd::kClosed) co_return;
    if (end == io::WaitEnd::kReady) take_answers(*secondary);
    send_due(*secondary);
  }
}

void Notifier::send_due(Secondary& secondary) {
  for (const auto& apex : secondary.queue.due(loop_.now())) send(secondary, apex);
  secondary.asker->watch().set_deadline(secondary.queue.next());
}

void Notifier::send(Secondary& secondary, const Name& apex) {
  const auto zone = zones_->zones.find(apex);
  if (zone == zones_->zones.end()) return;
  auto& entry = secondary.queue.at(apex);
  if (entry.state.attempts == kNotifyWarnAfter + 1) {
    entry.complained = true;
    log_.warn("secondary {} does not acknowledge zone {} serial {}: {} notices, {}", secondary.address, apex.text(), entry.state.serial,
              kNotifyWarnAfter, entry.state.why);
  }
  if (entry.state.attempts == kNotifyAttemptsMax) counters_.given_up.add();
  entry.id = static_cast<uint16_t>(io::random_u64());
  auto message = build_notify(zone->second, entry.id);
  entry.request_mac.clear();
  if (!keys_.empty()) {
    dnswire::TsigSigner signer(keys_.front(), "");
    signer.sign(message, static_cast<uint64_t>(std::chrono::floor<std::chrono::seconds>(loop_.wall()).time_since_epoch().count()));
    entry.request_mac = signer.mac();
  }
  secondary.asker->send(message);
  counters_.sent.add();
}

void Notifier::take_answers(Secondary& secondary) {
  std::array<uint8_t, kAnswerBytesMax> buffer;
  for (size_t i = 0; i < kAnswersPerTurn; ++i) {
    const size_t bytes = secondary.asker->receive(buffer);
    if (bytes == 0) return;
    take_answer(secondary, std::span(buffer).first(bytes));
  }
}

void Notifier::take_answer(Secondary& secondary, std::span<const uint8_t> packet) {
  const auto answer = parse_notify_answer(packet);
  auto* entry = answer ? secondary.queue.find(answer->zone, answer->id) : nullptr;
  if (entry == nullptr) return;
  if (answer->rcode != dnswire::Rcode::kNoError) {
    entry->state.why = fmt::format("answers {}", dnswire::rcode_name(answer->rcode));
    return;
  }
  // What we signed is acknowledged by a signature only (RFC 8945 5.4).
  if (!entry->request_mac.empty()) {
    const auto tsig = dnswire::find_tsig(packet);
    const auto now = static_cast<uint64_t>(std::chrono::floor<std::chrono::seconds>(loop_.wall()).time_since_epoch().count());
    const bool trusted =
        tsig && *tsig && dnswire::check_tsig(packet, **tsig, keys_, entry->request_mac, now).error == dnswire::TsigError::kNone;
    if (!trusted) {
      entry->state.why = "answers without our key's signature";
      return;
    }
  }
  entry->state.acknowledged = true;
  entry->state.why.clear();
  entry->next = kNever;
  counters_.acknowledged.add();
  if (std::exchange(entry->complained, false)) {
    log_.info("secondary {} acknowledges zone {} again, serial {}", secondary.address, answer->zone.text(), entry->state.serial);
  }
}

std::vector<SecondaryStatus> Notifier::status() const {
  std::vector<SecondaryStatus> out;
  for (const auto& secondary : secondaries_) {
    for (const auto& [apex, entry] : secondary->queue.entries()) out.push_back({secondary->address, apex.text(), entry.state});
  }
  return out;
}

}  // namespace evershore::dns
