#include "acme/run/certificates.h"

#include <fmt/format.h>

#include <algorithm>

#include "acme/jws.h"
#include "acme/run/setup.h"
#include "base/text.h"

namespace evershore::acme {

namespace {

constexpr Duration kLookAgain = std::chrono::hours(1);
constexpr Duration kLeaseSpan = kOrderSpanMax + std::chrono::minutes(5);
constexpr Duration kHeldPatience = std::chrono::seconds(5);

std::string day_of(Wall time) { return format_iso8601(std::chrono::floor<std::chrono::seconds>(time)); }

}  // namespace

Certificates::Certificates(io::Loop& loop, NodeSettings node, std::shared_ptr<io::TlsClientContext> tls, Hooks hooks, Log log)
    : loop_(loop), node_(std::move(node)), tls_(std::move(tls)), hooks_(std::move(hooks)), log_(log), changed_(loop) {}

Certificates::~Certificates() = default;

// --- settings ---

Result<void> Certificates::configure(std::optional<Wanted> wanted) {
  const bool same = wanted ? setup_ && setup_->wanted == *wanted : !setup_;
  if (same) return {};
  std::shared_ptr<Setup> next;
  if (wanted) {
    auto made = make_setup(*std::move(wanted));
    if (!made) return wrap(std::move(made).error(), "edge.acme");
    next = *std::move(made);
  }
  if (setup_) {
    setup_->replaced = true;
    setup_->authority.stop();
  }
  setup_ = std::move(next);
  const bool answers = setup_ && setup_->account_key && setup_->kind() == ChallengeKind::kHttp01;
  hooks_.on_account(answers ? setup_->account_key->thumbprint() : "");
  hooks_.on_change();
  changed_.notify_all();
  return {};
}

Result<std::shared_ptr<Certificates::Setup>> Certificates::make_setup(Wanted wanted) {
  TRY(auto files, LocalFiles::open(node_.data, wanted.settings.directory));
  TRY(placeholder_, placeholder(node_.data, loop_.wall()));
  TRY(auto tls, io::TlsClientContext::make({.ca_file = wanted.settings.ca_file}));
  auto setup = std::make_shared<Setup>(loop_, std::move(wanted), std::move(files), io::HttpClient::Options{.tls = std::move(tls)},
                                       io::HttpClient::Options{.tls = tls_});
  const auto& settings = setup->wanted.settings;
  TRY(auto account, setup->files.account());
  if (account) {
    TRY(setup->account_key, Key::from_pem(account->key_pem));
    setup->account = *std::move(account);
  }
  for (const auto& name : setup->wanted.hosts) {
    auto& host = setup->hosts.emplace_back(Host{.name = name});
    TRY_VOID(load_host(*setup, host));
  }
  if (settings.shared.regions.empty()) return setup;
  std::vector<ObjectStore*> stores;
  for (const auto& name : settings.shared.regions) {
    setup->stores.push_back(std::make_unique<store::S3Store>(setup->wanted.regions.at(name), setup->region_client, loop_));
    stores.push_back(setup->stores.back().get());
  }
  setup->board = std::make_unique<SharedBoard>(loop_, std::move(stores), seal_key(settings.shared.secret.reveal()),
                                               authority_element(settings.directory));
  return setup;
}

// A certificate that cannot be read is as good as none: it is ordered anew.
Result<void> Certificates::load_host(Setup& setup, Host& host) {
  TRY(const auto text, setup.files.bundle(host.name));
  if (text) {
    if (auto taken = take_bundle(setup, host, *text); !taken) {
      log_.warn("{}: {}; it is ordered anew", setup.files.bundle_path(host.name), taken.error().text);
    }
  }
  auto progress = setup.files.progress(host.name);
  if (!progress) {
    log_.warn("{}; the order begins anew", progress.error().text);
    return {};
  }
  host.progress = (*progress).value_or(Progress{});
  host.state.failures = host.progress.failures;
  host.state.failed_at = host.progress.failed_at;
  host.state.retry_after = host.progress.retry_after;
  return {};
}

Result<void> Certificates::take_bundle(Setup&, Host& host, const std::string& text) {
  TRY(const auto key, Key::from_pem(text));
  TRY(const auto facts, check_certificate(text, key, {host.name}));
  host.state = {.not_before = facts.not_before, .not_after = facts.not_after};
  host.issuer = facts.issuer;
  host.told_expiring = false;
  return {};
}

std::vector<std::string> Certificates::paths() const {
  if (!setup_) return {};
  std::vector<std::string> paths;
  // A host's own certificate goes before the wildcard that holds it, too: the first that fits is chosen.
  for (const bool wildcards : {false, true}) {
    for (const auto& host : setup_->hosts)
      if (host.state.not_after && host.name.starts_with("*.") == wildcards) paths.push_back(setup_->files.bundle_path(host.name));
  }
  if (paths.empty()) paths.push_back(placeholder_);
  return paths;
}

std::vector<CertificateStatus> Certificates::status() const {
  std::vector<CertificateStatus> all;
  if (!setup_) return all;
  for (const auto& host : setup_->hosts) {
    all.push_back({.host = host.name,
                   .issuer = host.issuer,
                   .not_after = host.state.not_after,
                   .renew_at = order_due(host.state, host.name, node_.name),
                   .expiry = expiry_of(host.state, loop_.wall()),
                   .failures = host.state.failures,
                   .problem = host.progress.problem});
  }
  return all;
}

// --- the round ---

void Certificates::start() { tasks_.spawn(run()); }

Task<void> Certificates::stop() {
  stopping_ = true;
  if (setup_) setup_->authority.stop();
  changed_.notify_all();
  co_await tasks_.join();
}

Task<void> Certificates::run() {
  while (!stopping_) {
    const auto setup = setup_;
    if (setup) co_await one_round(setup);
    if (stopping_) break;
    if (setup != setup_) continue;
    const Mono until = setup ? next_look(*setup) : kNever;
    co_await changed_.wait_until(until);
  }
}

Task<void> Certificates::one_round(std::shared_ptr<Setup> setup) {
  const bool look = setup->board && (!setup->shared_at || loop_.now() >= *setup->shared_at + setup->wanted.settings.shared.interval);
  if (look) co_await share(setup);
  tell_expiring(*setup);
  if (due_host(*setup) == nullptr || setup->authority.stopped()) co_return;
  const bool mine = co_await may_order(setup);
  if (!mine) co_return;
  const bool ready = co_await have_account(setup);
  while (ready && !setup->authority.stopped()) {
    Host* host = due_host(*setup);
    if (host == nullptr) break;
    co_await order(setup, *host);
    if (setup->board) break;  // the lease is for one order; another node may take the next
  }
  if (setup->board) co_await setup->board->release(node_.name);
}

Certificates::Host* Certificates::due_host(Setup& setup) const {
  const Wall now = loop_.wall();
  for (auto& host : setup.hosts)
    if (order_due(host.state, host.name, node_.name) <= now) return &host;
  return nullptr;
}

Mono Certificates::next_look(const Setup& setup) const {
  Duration span = kLookAgain;
  if (setup.board) span = std::min(span, setup.wanted.settings.shared.interval);
  const Wall now = loop_.wall();
  for (const auto& host : setup.hosts) {
    const auto due = order_due(host.state, host.name, node_.name);
    span = std::min(span, due > now ? std::chrono::duration_cast<Duration>(due - now) : kHeldPatience);
  }
  return loop_.now() + span;
}

// Without others always. With them: the lease, and what the one before may have left.
Task<bool> Certificates::may_order(std::shared_ptr<Setup> setup) {
  if (!setup->board) co_return true;
  const auto claim = co_await setup->board->claim(node_.name, kLeaseSpan);
  if (!claim) {
    log_.warn("the lease on ordering certificates cannot be had, so this node orders without: {}", claim.error().text);
    co_return true;
  }
  if (*claim == SharedBoard::Claim::kHeld) co_return false;
  co_await share(setup);
  if (due_host(*setup) != nullptr && !setup->authority.stopped()) co_return true;
  co_await setup->board->release(node_.name);
  co_return false;
}

Task<bool> Certificates::have_account(std::shared_ptr<Setup> setup) {
  if (setup->account_key) co_return true;
  auto key = Key::make();
  if (!key) {
    log_.error("{}", key.error().text);
    co_return false;
  }
  Account account{.key_pem = key->pem(), .url = ""};
  auto kept = setup->files.keep(account);
  if (!kept) {
    log_.error("the account's key cannot be kept: {}", kept.error().text);
    co_return false;
  }
  use_account(*setup, std::move(account));
  setup->account_is_new = true;
  if (setup->board) {
    auto shared = co_await setup->board->put("account", to_text(setup->account));
    if (!shared) log_.warn("the account cannot be shared yet: {}", shared.error().text);
  }
  co_return true;
}

void Certificates::use_account(Setup& setup, Account account) {
  auto key = Key::from_pem(account.key_pem);
  if (!key) {
    log_.error("the account's key cannot be used: {}", key.error().text);
    return;
  }
  setup.account_key = *std::move(key);
  setup.account = std::move(account);
  if (setup.kind() == ChallengeKind::kHttp01 && !setup.replaced) hooks_.on_account(setup.account_key->thumbprint());
}

// --- one order ---

Task<void> Certificates::order(std::shared_ptr<Setup> setup, Host& host) {
  Trouble trouble;
  const auto done = co_await place_order(setup, host, trouble);
  co_await withdraw(setup);
  if (!done) {
    if (!setup->authority.stopped()) note_failure(*setup, host, done.error().text, trouble);
    co_return;
  }
  counters_.ordered.add();
  if (setup->replaced) co_return;
  hooks_.on_change();
  hooks_.tell({CertificateNews::What::kRenewed, host.name,
               fmt::format("certificate of {} from {}, good until {}", host.name, host.issuer, day_of(*host.state.not_after))});
}

Task<Result<void>> Certificates::place_order(std::shared_ptr<Setup> setup, Host& host, Trouble& trouble) {
  const auto& settings = setup->wanted.settings;
  if (host.progress.key_pem.empty()) {
    CO_TRY(const auto fresh, Key::make());
    host.progress.key_pem = fresh.pem();
    host.progress.order_url.clear();
    CO_TRY_VOID(setup->files.keep(host.name, host.progress));
  }
  CO_TRY(const auto key, Key::from_pem(host.progress.key_pem));
  const std::vector<std::string> names{host.name};
  CO_TRY(auto request, key.request_for(names));
  CO_TRY(const auto directory, io::parse_http_url(settings.directory));
  auto* self = this;
  OrderInput input{.wish = {.names = names,
                            .kind = setup->kind(),
                            .authority = directory.origin.host,
                            .directory_url = settings.directory,
                            .request_der = std::move(request)},
                   .known = {.account_url = setup->account.url, .order_url = host.progress.order_url},
                   .account = *setup->account_key,
                   .email = settings.email,
                   .binding = {.key_id = settings.eab_key_id, .hmac_key = from_base64url(settings.eab_hmac_key.reveal()).value_or("")},
                   .keep = [self, setup, &host](const Known& known) { return self->keep_known(*setup, host, known); },
                   .publish = [self, setup](std::vector<Proof> proofs) { return self->publish(setup, std::move(proofs)); }};
  auto chain = co_await setup->authority.order(std::move(input));
  if (!chain) {
    trouble = {.not_before = chain.error().not_before, .order_stands = chain.error().order_stands};
    co_return fail(Fault::kBroken, chain.error().why);
  }
  auto facts = check_certificate(*chain, key, names);
  if (!facts)
    co_return wrap(std::move(facts).error(), fmt::format("{}: {} delivers what cannot be used", host.name, directory.origin.host));
  const auto text = bundle(*chain, key);
  CO_TRY_VOID(setup->files.keep_bundle(host.name, text));
  CO_TRY_VOID(take_bundle(*setup, host, text));
  host.progress = {};
  setup->files.forget_progress(host.name);
  if (!setup->board) co_return Result<void>{};
  auto shared = co_await setup->board->put("certificate/" + path_element(host.name), text);
  if (!shared) log_.warn("the certificate of {} cannot be shared yet: {}", host.name, shared.error().text);
  co_return Result<void>{};
}

Result<void> Certificates::keep_known(Setup& setup, Host& host, const Known& known) {
  if (known.account_url != setup.account.url) {
    setup.account.url = known.account_url;
    TRY_VOID(setup.files.keep(setup.account));
  }
  host.progress.order_url = known.order_url;
  return setup.files.keep(host.name, host.progress);
}

// Any node may be asked. Where others do not know the proof yet, they get the time to.
Task<Result<void>> Certificates::publish(std::shared_ptr<Setup> setup, std::vector<Proof> proofs) {
  if (setup->kind() == ChallengeKind::kHttp01) {
    if (std::exchange(setup->account_is_new, false)) co_await setup->authority.pause(setup->settle());
    co_return Result<void>{};
  }
  DnsProofs all{.proofs = {}, .until = loop_.wall() + std::chrono::duration_cast<Wall::duration>(kOrderSpanMax)};
  const auto thumbprint = setup->account_key->thumbprint();
  for (const auto& proof : proofs) all.proofs.push_back({proof_name(proof.host), dns_proof(proof.challenge.token, thumbprint)});
  setup->proofs_out = true;
  CO_TRY_VOID(hooks_.publish_dns(all.proofs));
  if (setup->board) CO_TRY_VOID(co_await setup->board->put("proofs", to_text(all)));
  co_await setup->authority.pause(setup->settle() + setup->wanted.settings.dns_wait);
  co_return Result<void>{};
}

Task<void> Certificates::withdraw(std::shared_ptr<Setup> setup) {
  if (!std::exchange(setup->proofs_out, false)) co_return;
  auto gone = hooks_.publish_dns({});
  if (!gone) log_.warn("the proofs stay in the zones: {}", gone.error().text);
  if (setup->board) {
    auto removed = co_await setup->board->remove("proofs");
    if (!removed) log_.debug("the shared proofs stay until they end by themselves: {}", removed.error().text);
  }
}

void Certificates::note_failure(Setup& setup, Host& host, std::string why, const Trouble& trouble) {
  counters_.failures.add();
  ++host.state.failures;
  host.state.failed_at = loop_.wall();
  host.state.retry_after = trouble.not_before;
  // An order that the authority has refused is not asked for again.
  host.progress = {.order_url = trouble.order_stands ? host.progress.order_url : "",
                   .key_pem = trouble.order_stands ? host.progress.key_pem : "",
                   .failures = host.state.failures,
                   .failed_at = host.state.failed_at,
                   .retry_after = trouble.not_before,
                   .problem = why};
  if (auto kept = setup.files.keep(host.name, host.progress); !kept) log_.warn("{}", kept.error().text);
  const auto again = retry_due(host.state, host.name, node_.name) - loop_.wall();
  hooks_.tell({CertificateNews::What::kFailing, host.name,
               fmt::format("no certificate: {}; {} in a row, again in {}; {}", why, host.state.failures, format_duration(again),
                           host.state.not_after ? "the present one is good until " + day_of(*host.state.not_after)
                                                : std::string("there is none yet"))});
}

void Certificates::tell_expiring(Setup& setup) {
  for (auto& host : setup.hosts) {
    if (!host.state.not_after || expiry_of(host.state, loop_.wall()) == Expiry::kFine || std::exchange(host.told_expiring, true)) continue;
    hooks_.tell({CertificateNews::What::kExpiring, host.name,
                 fmt::format("the certificate of {} ends at {} and has not been renewed: {}", host.name, day_of(*host.state.not_after),
                             host.progress.problem.empty() ? "not tried yet" : host.progress.problem)});
  }
}

}  // namespace evershore::acme
