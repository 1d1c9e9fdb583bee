#include "app/demo/clients.h"

namespace evershore::app::demo {

namespace {

Task<Observed> copy_of(const Load& load, const DnsWatch* dns) {
  co_return Observed{load.samples(), load.downloads(), load.notes(), dns != nullptr ? dns->changes() : std::vector<DnsChange>()};
}
Task<size_t> under_way(const Load& load) { co_return load.downloads_under_way(); }

Task<void> finish(Load& load, DnsWatch* dns, io::Loop& loop) {
  co_await load.finish();
  if (dns != nullptr) co_await dns->finish();
  loop.stop();
}

}  // namespace

Result<std::unique_ptr<Clients>> Clients::start(io::Loop& home, ClientsOptions options) {
  std::unique_ptr<Clients> clients(new Clients(home));
  auto* self = clients.get();
  if (options.dns) {
    TRY(self->dns_, DnsWatch::open(self->loop_, *options.dns, options.dns_name));
  }
  self->load_ = std::make_unique<Load>(self->loop_, std::move(options.load));
  self->loop_.post([self] {
    self->load_->start();
    if (self->dns_) self->dns_->start();
  });
  self->thread_ = std::thread([self] { self->loop_.run(); });
  return clients;
}

Clients::~Clients() {
  if (!thread_.joinable()) return;
  loop_.post([this] { spawn_detached(finish(*load_, dns_.get(), loop_)); });
  thread_.join();
}

void Clients::download(Target target, double bytes_per_second) {
  loop_.post([this, target = std::move(target), bytes_per_second] { load_->download(target, bytes_per_second); });
}

Task<size_t> Clients::downloads_under_way() {
  std::move_only_function<Task<size_t>()> make = [this] { return under_way(*load_); };
  const size_t count = co_await io::call_on<size_t>(loop_, home_, std::move(make));
  co_return count;
}

Task<Observed> Clients::observed() {
  std::move_only_function<Task<Observed>()> make = [this] { return copy_of(*load_, dns_.get()); };
  Observed seen = co_await io::call_on<Observed>(loop_, home_, std::move(make));
  co_return seen;
}

}  // namespace evershore::app::demo
