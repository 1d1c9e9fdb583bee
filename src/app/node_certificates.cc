// A node's certificates: what is wanted of the authority, and where proofs, certificates and news go.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "app/certificate_wiring.h"
#include "app/node.h"
#include "app/settings/settings.h"
#include "app/tls_report.h"

namespace evershore::app {

size_t thread_count(const NodeSettings& node) {
  return node.threads > 0 ? node.threads : std::max(1U, std::thread::hardware_concurrency());
}

void add_proofs(DnsSettings& settings, std::span<const acme::DnsProof> proofs) {
  for (const auto& proof : proofs) {
    const auto at = std::ranges::find_if(settings.records, [&](const RecordSettings& record) {
      return record.name == proof.name && record.type == "TXT" && record.policy == RecordPolicy::kSimple && record.answers.empty();
    });
    const auto quoted = fmt::format("\"{}\"", proof.value);
    if (at != settings.records.end()) {
      at->values.push_back(quoted);
    } else {
      settings.records.push_back(
          {.name = proof.name, .type = "TXT", .ttl = 1s, .answers = {}, .values = {quoted}, .site = "", .fallback = ""});
    }
  }
}

std::optional<acme::Certificates::Wanted> Node::wanted_certificates(const Settings& settings) const {
  if (!settings.edge.acme) return std::nullopt;
  acme::Certificates::Wanted wanted{.settings = *settings.edge.acme, .hosts = certificate_hosts(settings), .regions = {}};
  for (const auto& name : wanted.settings.shared.regions) wanted.regions.emplace(name, settings.regions.at(name));
  return wanted;
}

Result<void> Node::open_certificates() {
  auto* self = this;
  acme::Certificates::Hooks hooks{
      .on_change = [self] { self->on_certificates(); },
      .on_account =
          [self](std::string thumbprint) {
            self->acme_thumbprint_ = std::move(thumbprint);
            self->publish_edge_config();
          },
      .publish_dns = [self](std::vector<acme::DnsProof> proofs) { return self->publish_proofs(std::move(proofs)); },
      .tell = [self](const acme::CertificateNews& news) { self->on_certificate_news(news); }};
  certificates_ = std::make_unique<acme::Certificates>(loop_, settings_.node, tls_client_, std::move(hooks), log_.named("acme"));
  return certificates_->configure(wanted_certificates(settings_));
}

// The certificates of the settings before those of the authority; null: none at all.
Result<std::shared_ptr<io::TlsServerContext>> Node::tls_server(const EdgeSettings& edge) const {
  std::vector<io::TlsServerCertificate> certificates;
  const auto paths = certificates_->paths();
  certificates.reserve(edge.tls.size() + paths.size());
  for (const auto& pair : edge.tls) certificates.push_back({pair.certificate_path, pair.private_key_path, pair.ocsp_path});
  for (const auto& path : paths) certificates.push_back({path, path});
  if (certificates.empty()) return std::shared_ptr<io::TlsServerContext>();
  return io::TlsServerContext::make(certificates, ticket_keys_);
}

void Node::warn_of_certificates() const {
  if (!tls_server_) return;
  for (const auto& warning : certificate_warnings(settings_, tls_server_->certificates(), loop_.wall())) log_.warn("{}", warning);
}

void Node::publish_edge_config() {
  auto config =
      edge::make_edge_config(settings_.edge, settings_.regions, settings_.sites, static_cast<uint32_t>(thread_count(settings_.node)));
  config.acme_thumbprint = acme_thumbprint_;
  edge_config_.publish(std::move(config));
}

void Node::on_certificates() {
  auto tls = tls_server(settings_.edge);
  if (!tls) {
    events_.add("certificate", "edge.acme", "the certificates stay as they were: " + tls.error().text);
    return;
  }
  tls_server_ = *tls;
  warn_of_certificates();
  if (*tls == nullptr) return;
  for (auto& thread : serving_) thread->replace_tls(*tls);
}

// After failure the zones are as they were.
Result<void> Node::publish_proofs(std::vector<acme::DnsProof> proofs) {
  if (proofs == acme_proofs_) return {};
  auto before = std::exchange(acme_proofs_, std::move(proofs));
  auto published = configure_dns(settings_);
  if (!published) acme_proofs_ = std::move(before);
  return published;
}

void Node::on_certificate_news(const acme::CertificateNews& news) {
  using What = acme::CertificateNews::What;
  events_.add("certificate", news.host, news.text);
  if (!alerts_) return;
  const auto* state = news.what == What::kRenewed ? "renewed" : news.what == What::kFailing ? "failing" : "expiring";
  alerts_->tell({.kind = "certificate", .name = news.host, .state = state, .before = "", .why = news.text, .at = loop_.wall()});
}

}  // namespace evershore::app
