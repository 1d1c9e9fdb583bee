// What certificates.cc shares with other nodes.
#include <fmt/format.h>

#include "acme/run/setup.h"
#include "base/text.h"

namespace evershore::acme {

// The account first, then proofs, then certificates. Trouble is told when it begins and when it ends.
Task<void> Certificates::share(std::shared_ptr<Setup> setup) {
  setup->shared_at = loop_.now();
  auto marks = co_await setup->board->list();
  Result<void> done;
  if (!marks) {
    done = std::unexpected(std::move(marks).error());
  } else {
    done = co_await share_account(setup, *marks);
    if (done && setup->kind() == ChallengeKind::kDns01) done = co_await share_proofs(setup, *marks);
    for (auto& host : setup->hosts) {
      if (!done || setup->authority.stopped()) break;
      done = co_await share_host(setup, host, *marks);
    }
  }
  if (done.has_value() != setup->share_failed) co_return;
  setup->share_failed = !done;
  if (done) {
    log_.info("certificates are shared again");
  } else {
    log_.warn("certificates cannot be shared: {}", done.error().text);
  }
}

// The one that is there counts, whoever made it: proofs are of one account.
Task<Result<void>> Certificates::share_account(std::shared_ptr<Setup> setup, const std::map<std::string, std::string>& marks) {
  const std::string name = "account";
  const auto mark = marks.find(name);
  if (mark == marks.end()) {
    if (setup->account_key) CO_TRY_VOID(co_await setup->board->put(name, to_text(setup->account)));
    co_return Result<void>{};
  }
  if (setup->seen[name] == mark->second) co_return Result<void>{};
  CO_TRY(const auto text, co_await setup->board->get(name));
  if (!text) co_return Result<void>{};
  CO_TRY(auto account, read_account(*text));
  setup->seen[name] = mark->second;
  if (account.key_pem == setup->account.key_pem) {
    if (account.url.empty() && !setup->account.url.empty()) CO_TRY_VOID(co_await setup->board->put(name, to_text(setup->account)));
    co_return Result<void>{};
  }
  CO_TRY_VOID(setup->files.keep(account));
  use_account(*setup, std::move(account));
  co_return Result<void>{};
}

Task<Result<void>> Certificates::share_proofs(std::shared_ptr<Setup> setup, const std::map<std::string, std::string>& marks) {
  const std::string name = "proofs";
  const auto mark = marks.find(name);
  auto& seen = setup->seen[name];
  if (mark == marks.end()) {
    if (!std::exchange(seen, "").empty()) CO_TRY_VOID(hooks_.publish_dns({}));
    co_return Result<void>{};
  }
  if (seen == mark->second) co_return Result<void>{};
  CO_TRY(const auto text, co_await setup->board->get(name));
  if (!text) co_return Result<void>{};
  CO_TRY(const auto proofs, read_proofs(*text));
  seen = mark->second;
  const bool over = proofs.until < loop_.wall();
  CO_TRY_VOID(hooks_.publish_dns(over ? std::vector<DnsProof>() : proofs.proofs));
  co_return Result<void>{};
}

// The certificate that is good for longer is everybody's.
Task<Result<void>> Certificates::share_host(std::shared_ptr<Setup> setup, Host& host, const std::map<std::string, std::string>& marks) {
  const auto name = "certificate/" + path_element(host.name);
  const auto mark = marks.find(name);
  std::optional<std::string> text;
  if (mark != marks.end()) {
    if (setup->seen[name] == mark->second) co_return Result<void>{};
    CO_TRY(text, co_await setup->board->get(name));
  }
  if (text) {
    const auto facts = read_certificate(*text);
    if (facts && (!host.state.not_after || facts->not_after > *host.state.not_after)) {
      CO_TRY_VOID(take_bundle(*setup, host, *text));
      CO_TRY_VOID(setup->files.keep_bundle(host.name, *text));
      host.progress = {};
      setup->files.forget_progress(host.name);
      counters_.adopted.add();
      if (!setup->replaced) hooks_.on_change();
      log_.info("certificate of {} from another node, good until {}", host.name, format_iso8601(facts->not_after));
    }
    if (facts && host.state.not_after && facts->not_after >= *host.state.not_after) {
      setup->seen[name] = mark->second;
      co_return Result<void>{};
    }
  }
  if (!host.state.not_after) co_return Result<void>{};
  CO_TRY(const auto own, setup->files.bundle(host.name));
  if (own) CO_TRY_VOID(co_await setup->board->put(name, *own));
  co_return Result<void>{};
}

}  // namespace evershore::acme
