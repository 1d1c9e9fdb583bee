// certificates.cc's own: all that belongs to one state of the settings.
#pragma once

#include "acme/run/certificates.h"

namespace evershore::acme {

struct Certificates::Setup {
  Setup(io::Loop& loop, Wanted wanted_now, LocalFiles local, io::HttpClient::Options options, io::HttpClient::Options region_options)
      : wanted(std::move(wanted_now)),
        files(std::move(local)),
        client(loop, std::move(options)),
        region_client(loop, std::move(region_options)),
        authority(loop, client) {}

  const Wanted wanted;
  const LocalFiles files;
  std::optional<Key> account_key;
  Account account;
  bool account_is_new = false;  // other nodes may not have it yet
  std::vector<Host> hosts;
  io::HttpClient client;
  io::HttpClient region_client;
  Authority authority;
  std::vector<std::unique_ptr<store::S3Store>> stores;
  std::unique_ptr<SharedBoard> board;         // null: not shared
  std::map<std::string, std::string> seen{};  // marks of the documents that were taken
  std::optional<Mono> shared_at{};            // when they were looked at last
  bool share_failed = false;
  bool proofs_out = false;
  bool replaced = false;  // newer settings are there

  ChallengeKind kind() const {
    return wanted.settings.challenge == AcmeChallenge::kHttp01 ? ChallengeKind::kHttp01 : ChallengeKind::kDns01;
  }
  // How long until all nodes have seen what one of them wrote.
  Duration settle() const { return board ? wanted.settings.shared.interval * 3 / 2 : Duration::zero(); }
};

}  // namespace evershore::acme
