// The program's commands: each takes its options and returns the exit code. They construct and print; they decide nothing.
// 0 done, 1 the answer is no, 2 usage or settings, 3 failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/log.h"

namespace evershore::app {

inline constexpr int kDone = 0;
inline constexpr int kAnswerIsNo = 1;
inline constexpr int kUsage = 2;
inline constexpr int kFailed = 3;

struct GlobalOptions {
  std::string settings_path;  // -c FILE
  Level log_level = Level::kInfo;
  bool log_json = false;
  bool json = false;  // --json where a command has it
};

int command_run(const GlobalOptions& global);
int command_check(const GlobalOptions& global);
int command_settings_reference();  // check --help-settings

int command_alerts_test(const GlobalOptions& global);

struct SilenceOptions {
  std::string kind;  // "" = every kind
  std::string name;  // "" = every name
  std::string for_span;
  std::string reason;
  uint64_t id = 0;  // of the one to end
};
int command_alerts_silence(const GlobalOptions& global, const SilenceOptions& options);
int command_alerts_silences(const GlobalOptions& global);
int command_alerts_unsilence(const GlobalOptions& global, const SilenceOptions& options);

struct StatusOptions {
  bool watch = false;
};
int command_status(const GlobalOptions& global, const StatusOptions& options);

struct VerifyCommandOptions {
  std::string site;
  std::string depth = "listing";  // listing | identity | full
  std::string after;              // a key
};
int command_verify(const GlobalOptions& global, const VerifyCommandOptions& options);
int command_repair(const GlobalOptions& global, const VerifyCommandOptions& options);  // 1: something could not be put right
int command_sync(const GlobalOptions& global, const std::string& site);
int command_sync_dry_run(const GlobalOptions& global, const std::string& site);  // 1: there is something to do

struct ConflictsOptions {
  std::string site;
  std::string prefix;  // list
  std::string key;     // show, resolve: a key, or a conflict's name
  std::string keep;    // winner | loser
};
int command_conflicts_list(const GlobalOptions& global, const ConflictsOptions& options);
int command_conflicts_show(const GlobalOptions& global, const ConflictsOptions& options);     // 1: it has none
int command_conflicts_resolve(const GlobalOptions& global, const ConflictsOptions& options);  // 1: it has none

struct DrainOptions {
  std::string region;
  std::string reason;
  std::string for_span;  // "" = until undrained
};
int command_drain(const GlobalOptions& global, const DrainOptions& options);
int command_undrain(const GlobalOptions& global, const std::string& region);

struct FailoverOptions {
  std::string site;
  std::string region;
  bool release = false;  // --auto
};
int command_failover(const GlobalOptions& global, const FailoverOptions& options);

struct PurgeOptions {
  std::string site;
  std::string key;
  std::string prefix;
  std::string tag;
  bool all = false;
};
int command_purge(const GlobalOptions& global, const PurgeOptions& options);
int command_explain(const GlobalOptions& global, const std::string& subject);

struct PrefetchOptions {
  std::string site;
  std::string prefix;
  std::string list;  // a file with a key a line, "-" = standard input; "" = what the regions have
};
int command_prefetch(const GlobalOptions& global, const PrefetchOptions& options);

struct SignOptions {
  std::string site;
  std::string key;
  std::string for_span;
  std::string key_id;   // "" = the first one
  std::string network;  // "" = any
  bool prefix = false;  // --prefix: all keys that begin so
  bool cookie = false;  // --cookie: a Set-Cookie field instead of a link
};
int command_sign(const GlobalOptions& global, const SignOptions& options);

struct RegionOptions {
  std::string dir;
  std::string listen;
  std::string bucket;
  std::string access_key;
  std::string secret_key;
  std::string signing_region = "us-east-1";
  std::string webhook;
  bool public_read = false;
  uint32_t threads = 1;
};
int command_region(const GlobalOptions& global, const RegionOptions& options);

struct DrillOptions {
  std::string region;
  std::string fault;  // down | blackhole | error | slow | cut
  std::string for_span;
  std::vector<std::string> reports;  // files: *.html is a page, others JSON
  uint64_t failures_max = 5;         // more end it early
};
int command_drill(const GlobalOptions& global, const DrillOptions& options);

struct DrillsOptions {
  uint64_t id = 0;     // 0 = all of them
  std::string report;  // "" = printed
};
int command_drills(const GlobalOptions& global, const DrillsOptions& options);

struct DnsKeysOptions {
  std::string zone;
  bool split = false;         // --ksk-zsk: two keys instead of one
  std::string role;           // "" = the zone's usual
  bool ds_published = false;  // --ds-published
};
int command_dns_keys_list(const GlobalOptions& global, const DnsKeysOptions& options);
int command_dns_keys_make(const GlobalOptions& global, const DnsKeysOptions& options);
int command_dns_keys_roll(const GlobalOptions& global, const DnsKeysOptions& options);
int command_dns_keys_ds(const GlobalOptions& global, const DnsKeysOptions& options);

struct DnsExportOptions {
  std::string zone;
  bool as_signed = false;  // --signed
};
int command_dns_export(const GlobalOptions& global, const DnsExportOptions& options);

struct AwsOptions {
  bool yes = false;               // --yes
  bool take_over = false;         // --take-over
  bool delete_objects = false;    // --delete-objects
  std::string out;                // plan, import --out
  std::string plan_file;          // apply --plan
  std::string format;             // export --format
  std::string part = "primary";   // export --part: which stack
  std::string host;               // import HOST
  std::string zone;               // import --zone; "" = the host's parent
  std::string endpoint, profile;  // import: as in [aws]
  double stored_gb = 100;         // cost: the volumes
  double served_gb = 500;
  double written_gb = 20;
  uint64_t requests = 10'000'000;
  uint64_t writes = 100'000;
};
int command_aws_plan(const GlobalOptions& global, const AwsOptions& options);   // 1: something differs
int command_aws_apply(const GlobalOptions& global, const AwsOptions& options);  // 1: not agreed to, or stale
int command_aws_status(const GlobalOptions& global, const AwsOptions& options);
int command_aws_destroy(const GlobalOptions& global, const AwsOptions& options);
int command_aws_export(const GlobalOptions& global, const AwsOptions& options);
int command_aws_cost(const GlobalOptions& global, const AwsOptions& options);
int command_aws_import(const GlobalOptions& global, const AwsOptions& options);  // 1: there is nothing to import

}  // namespace evershore::app
