// This node's certificates from an ACME authority: one for each host, on disk, renewed in time, shared with other nodes if the
// settings say so. While renewal fails, the old one serves on. Control loop's own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/certificate.h"
#include "acme/renewal.h"
#include "acme/run/authority.h"
#include "acme/run/local_files.h"
#include "acme/run/shared_board.h"
#include "base/counter.h"
#include "base/log.h"
#include "model/settings.h"
#include "store/s3_store.h"

namespace evershore::acme {

struct CertificateNews {
  enum class What : uint8_t { kRenewed, kFailing, kExpiring } what = What::kRenewed;
  std::string host;
  std::string text;  // one line for people
};

struct CertificateStatus {
  std::string host;
  std::string issuer;  // "" = there is no certificate
  std::optional<Wall> not_after;
  Wall renew_at{};
  Expiry expiry = Expiry::kOver;
  uint32_t failures = 0;
  std::string problem;  // of the last failure
};

struct CertificateCounters {
  Counter ordered;   // certificates that came
  Counter failures;  // orders that failed
  Counter adopted;   // certificates that another node ordered
};

class Certificates {
 public:
  struct Hooks {
    std::function<void()> on_change;                                 // paths() has other content
    std::function<void(std::string thumbprint)> on_account;          // what http-01 questions are answered with; "" = not
    std::function<Result<void>(std::vector<DnsProof>)> publish_dns;  // all TXT records there are to be, from now on
    std::function<void(const CertificateNews&)> tell;
  };
  // What is wanted. `hosts`: lower case, each gets a certificate.
  struct Wanted {
    AcmeSettings settings;
    std::vector<std::string> hosts;
    std::map<std::string, RegionSettings> regions;  // of settings.shared
    bool operator==(const Wanted&) const = default;
  };

  // All outlive it. `tls`: for the regions.
  Certificates(io::Loop& loop, NodeSettings node, std::shared_ptr<io::TlsClientContext> tls, Hooks hooks, Log log);
  ~Certificates();  // after stop()

  // Reads what is on disk. After failure nothing is different. nullopt: no ACME.
  Result<void> configure(std::optional<Wanted> wanted);
  void start();
  Task<void> stop();

  // Files with a key and a chain each: of all hosts that have one, or of the placeholder. Empty without ACME.
  std::vector<std::string> paths() const;
  std::vector<CertificateStatus> status() const;
  const CertificateCounters& counters() const { return counters_; }

 private:
  struct Host {
    std::string name;
    CertificateState state{};
    std::string issuer;
    Progress progress{};
    bool told_expiring = false;
  };
  struct Trouble {
    std::optional<Duration> not_before{};
    bool order_stands = false;
  };
  // All that belongs to one Wanted; replaced as a whole.
  struct Setup;

  Result<std::shared_ptr<Setup>> make_setup(Wanted wanted);
  Result<void> load_host(Setup& setup, Host& host);
  Task<void> run();
  Task<void> one_round(std::shared_ptr<Setup> setup);
  Mono next_look(const Setup& setup) const;
  Host* due_host(Setup& setup) const;

  Task<bool> have_account(std::shared_ptr<Setup> setup);
  Task<bool> may_order(std::shared_ptr<Setup> setup);
  Task<void> order(std::shared_ptr<Setup> setup, Host& host);
  Task<Result<void>> place_order(std::shared_ptr<Setup> setup, Host& host, Trouble& trouble);
  Task<Result<void>> publish(std::shared_ptr<Setup> setup, std::vector<Proof> proofs);
  Task<void> withdraw(std::shared_ptr<Setup> setup);
  Result<void> keep_known(Setup& setup, Host& host, const Known& known);
  Result<void> take_bundle(Setup& setup, Host& host, const std::string& text);
  void note_failure(Setup& setup, Host& host, std::string why, const Trouble& trouble);
  void tell_expiring(Setup& setup);
  void use_account(Setup& setup, Account account);

  Task<void> share(std::shared_ptr<Setup> setup);
  Task<Result<void>> share_account(std::shared_ptr<Setup> setup, const std::map<std::string, std::string>& marks);
  Task<Result<void>> share_proofs(std::shared_ptr<Setup> setup, const std::map<std::string, std::string>& marks);
  Task<Result<void>> share_host(std::shared_ptr<Setup> setup, Host& host, const std::map<std::string, std::string>& marks);

  io::Loop& loop_;
  const NodeSettings node_;
  std::shared_ptr<io::TlsClientContext> tls_;
  Hooks hooks_;
  Log log_;
  CertificateCounters counters_;
  std::shared_ptr<Setup> setup_;  // null: no ACME
  std::string placeholder_;
  Signal changed_;
  bool stopping_ = false;
  TaskScope tasks_;
};

}  // namespace evershore::acme
